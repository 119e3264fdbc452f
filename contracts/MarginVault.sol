// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Amm} from "./Amm.sol";
import {Debts} from "./Debts.sol";
import {Payments} from "./Payments.sol";
import {IToken} from "./interfaces/IToken.sol";

/// Margin accounts: owners bring money, buy an asset with it and with a loan of the broker in the market that prices it,
/// and the asset stays here as security. Half of its value is the owner's when it is bought, a quarter as long as it is
/// held (Regulation T, FINRA rule 4210(c)). An account below that is sold in slices, and what is left after the fee and the
/// debt stays its own. When the market is halted nothing is bought, sold or liquidated here either.
contract MarginVault is Debts, ReentrancyGuardTransient {
    using Payments for IToken;

    event Funded(address indexed owner, uint256 amount);
    event Drawn(address indexed owner, uint256 amount);
    event Deposited(address indexed owner, uint256 amount, uint256 repaid);
    event Withdrawn(address indexed owner, uint256 amount);
    event Bought(address indexed owner, uint256 shares, uint256 cost, uint256 borrowed);
    event Sold(address indexed owner, uint256 shares, uint256 proceeds, uint256 repaid);
    event Liquidated(
        address indexed owner, uint256 shares, uint256 proceeds, uint256 fee, uint256 repaid, uint256 insured, uint256 lost
    );

    error NotBroker(address caller);
    error ShortOfMoney(address owner, uint256 held, uint256 needed);
    error ShortOfCollateral(address owner, uint256 held, uint256 needed);
    error MarginTooSmall(uint256 has, uint256 needs);
    error MarginInOrder(uint256 has, uint256 needs);
    error SliceTooLarge(uint256 most, uint256 found);

    /// The part of the value that must be the owner's when it is bought.
    uint256 public constant INITIAL_BPS = 5_000;
    /// The part that must be the owner's as long as it is held.
    uint256 public constant MAINTENANCE_BPS = 2_500;
    /// A sale brings at least this part of the price that counts, so that nobody can sell to a friend in an empty market.
    uint256 public constant FLOOR_BPS = 9_000;
    /// The part of a forced sale that goes to the insurance.
    uint256 public constant FEE_BPS = 50;

    /// Who lends.
    address public immutable broker;
    /// What pays the debts of accounts that have nothing left.
    uint256 public insurance;
    uint256 public totalMoney;
    uint256 public totalShares;
    /// The money of an account; an account with a debt has none.
    mapping(address => uint256) public moneyOf;
    mapping(address => uint256) public sharesOf;

    /// @param market_ where asset and money trade, and where the asset gets its price
    /// @param rate_ the interest for each epoch, in millionths of the debt
    /// @param broker_ who lends
    constructor(Amm market_, uint256 rate_, address broker_) Debts(market_, rate_) {
        broker = broker_;
    }

    /// Bring money that can be lent.
    /// @param amount the money
    function fund(uint256 amount) external nonReentrant accrued {
        _checkBroker(amount);
        cash += amount;
        emit Funded(msg.sender, amount);
        money.take(amount);
    }

    /// Take money out that is not lent.
    /// @param amount the money
    function draw(uint256 amount) external nonReentrant accrued {
        _checkBroker(amount);
        _spend(amount);
        emit Drawn(msg.sender, amount);
        money.pay(msg.sender, amount);
    }

    /// Bring money into one's account; it repays the debt first.
    /// @param amount the money
    function deposit(uint256 amount) external nonReentrant accrued {
        if (amount == 0) revert NothingToLend();
        uint256 repaid = _credit(msg.sender, amount);
        emit Deposited(msg.sender, amount, repaid);
        money.take(amount);
    }

    /// Take money out of one's account.
    /// @param amount the money
    function withdraw(uint256 amount) external nonReentrant accrued {
        if (amount == 0) revert NothingToLend();
        uint256 held = moneyOf[msg.sender];
        if (held < amount) revert ShortOfMoney(msg.sender, held, amount);
        moneyOf[msg.sender] = held - amount;
        totalMoney -= amount;
        emit Withdrawn(msg.sender, amount);
        money.pay(msg.sender, amount);
    }

    /// Buy in the market, with one's money and then with a loan.
    /// @param shares the units of the asset
    /// @param most the most money to pay for them
    function buy(uint256 shares, uint256 most) external nonReentrant accrued {
        money.allow(address(market), most);
        uint256 cost = market.buy(shares, most);
        money.allow(address(market), 0);
        uint256 own = Math.min(moneyOf[msg.sender], cost);
        moneyOf[msg.sender] -= own;
        totalMoney -= own;
        _spend(cost - own);
        _owe(msg.sender, cost - own);
        sharesOf[msg.sender] += shares;
        totalShares += shares;
        (uint256 has, uint256 needs) = _margin(msg.sender, INITIAL_BPS);
        if (has < needs) revert MarginTooSmall(has, needs);
        emit Bought(msg.sender, shares, cost, cost - own);
    }

    /// Sell in the market; the proceeds repay the debt first.
    /// @param shares the units of the asset
    /// @param least the least money to get for them
    function sell(uint256 shares, uint256 least) external nonReentrant accrued {
        uint256 held = sharesOf[msg.sender];
        if (held < shares) revert ShortOfCollateral(msg.sender, held, shares);
        uint256 proceeds = _sell(msg.sender, shares, Math.max(least, _floor(shares)));
        uint256 repaid = _credit(msg.sender, proceeds);
        emit Sold(msg.sender, shares, proceeds, repaid);
    }

    /// Sell for an account below its maintenance margin, at most half of what it holds; whoever calls. An account that has
    /// nothing left is helped by the insurance, and what that lacks is the loss of the broker.
    /// @param owner the account
    /// @param shares the units of the asset
    // What a sale brings is known after it only; the guard keeps everybody out meanwhile, and the views are read by no contract.
    // slither-disable-next-line reentrancy-no-eth
    function liquidate(address owner, uint256 shares) external nonReentrant accrued {
        (uint256 has, uint256 needs) = _margin(owner, MAINTENANCE_BPS);
        if (has >= needs) revert MarginInOrder(has, needs);
        uint256 most = Math.ceilDiv(sharesOf[owner], 2);
        if (shares > most) revert SliceTooLarge(most, shares);
        uint256 proceeds = most == 0 ? 0 : _sell(owner, shares, _floor(shares));
        uint256 fee = proceeds * FEE_BPS / BPS;
        insurance += fee;
        uint256 repaid = _credit(owner, proceeds - fee);
        (uint256 insured, uint256 lost) = sharesOf[owner] == 0 ? _writeOff(owner) : (0, 0);
        emit Liquidated(owner, shares, proceeds, fee, repaid, insured, lost);
    }

    /// Count the interest and the price up to now; everything else does so, too.
    function accrue() external nonReentrant accrued {}

    /// What an account has, money and shares at the price, and what it needs: its debt, and a part of the value.
    function _margin(address owner, uint256 partBps) private view returns (uint256 has, uint256 needs) {
        if (price == 0) revert PriceUnknown();
        // The value is whole cents, as on the exchange, and the margin is a part of those.
        // slither-disable-next-line divide-before-multiply
        uint256 value = sharesOf[owner] * price / MILLION;
        has = moneyOf[owner] + value;
        needs = debtOf(owner) + Math.ceilDiv(value * partBps, BPS);
    }

    function _floor(uint256 shares) private view returns (uint256) {
        return shares * price * FLOOR_BPS / (BPS * MILLION);
    }

    function _sell(address owner, uint256 shares, uint256 least) private returns (uint256 proceeds) {
        sharesOf[owner] -= shares;
        totalShares -= shares;
        asset.allow(address(market), shares);
        proceeds = market.sell(shares, least);
    }

    /// Money for an account repays its debt first; returns how much it repaid.
    function _credit(address owner, uint256 amount) private returns (uint256 repaid) {
        repaid = Math.min(debtOf(owner), amount);
        if (repaid > 0) _reduce(owner, repaid);
        moneyOf[owner] += amount - repaid;
        totalMoney += amount - repaid;
    }

    /// End a debt that nothing secures any more.
    function _writeOff(address owner) private returns (uint256 insured, uint256 lost) {
        uint256 debt = debtOf(owner);
        insured = Math.min(debt, insurance);
        lost = debt - insured;
        insurance -= insured;
        cash += insured;
        totalUnits -= unitsOf[owner];
        unitsOf[owner] = 0;
    }

    function _checkBroker(uint256 amount) private view {
        if (msg.sender != broker) revert NotBroker(msg.sender);
        if (amount == 0) revert NothingToLend();
    }
}
