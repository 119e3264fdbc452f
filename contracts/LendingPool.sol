// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Amm} from "./Amm.sol";
import {Debts} from "./Debts.sol";
import {Payments} from "./Payments.sol";
import {IFlashBorrower} from "./interfaces/IFlashBorrower.sol";
import {IToken} from "./interfaces/IToken.sol";

/// A lending pool: lenders supply money, borrowers pledge an asset for it and pay interest, and whoever repays the debt of
/// an account that owes too much gets its collateral at a discount. The asset is valued at the time-weighted price of an
/// automated market maker, which a single transaction cannot move. A flash loan needs no collateral, because it is repaid
/// in the same transaction or never happened. The guard is for flash loans, too: a borrower that came in again could repay
/// with a deposit, and own what it repaid.
contract LendingPool is Debts, ReentrancyGuardTransient {
    using Payments for IToken;

    event Supplied(address indexed owner, uint256 amount, uint256 claims);
    event Withdrawn(address indexed owner, uint256 amount, uint256 claims);
    event Pledged(address indexed owner, uint256 collateral);
    event Released(address indexed owner, uint256 collateral);
    event Borrowed(address indexed owner, uint256 amount);
    event Repaid(address indexed owner, uint256 amount);
    event Liquidated(address indexed owner, address indexed liquidator, uint256 amount, uint256 collateral);
    event FlashLent(address indexed owner, uint256 amount, uint256 fee);

    error ShortOfClaims(address owner, uint256 held, uint256 needed);
    error ShortOfCollateral(address owner, uint256 held, uint256 needed);
    error DebtTooLarge(uint256 debt, uint256 limit);
    error DebtInOrder(uint256 debt, uint256 limit);

    /// A new debt may reach this part of the value of the collateral.
    uint256 public constant BORROW_BPS = 5_000;
    /// Beyond this part an account can be liquidated.
    uint256 public constant LIQUIDATION_BPS = 7_500;
    /// How much more collateral than it repays a liquidator gets.
    uint256 public constant BONUS_BPS = 500;
    uint256 public constant FLASH_FEE_BPS = 9;
    /// What a claim is worth is counted with this many claims of nobody, and as much money that is not there. Otherwise the
    /// first lender could make its claim so dear, by fees that it pays to itself, that rounding takes from the next one.
    uint256 public constant VIRTUAL = 1_000;

    uint256 public totalClaims;
    uint256 public totalCollateral;
    mapping(address => uint256) public claimsOf;
    mapping(address => uint256) public collateralOf;

    /// @param market_ where asset and money trade, and where the asset gets its price
    /// @param rate_ the interest for each epoch, in millionths of the debt
    constructor(Amm market_, uint256 rate_) Debts(market_, rate_) {}

    /// Lend money to the pool.
    /// @param amount the money
    /// @return claims the part of the pool that the lender gets for it
    function supply(uint256 amount) external nonReentrant accrued returns (uint256 claims) {
        claims = amount * (totalClaims + VIRTUAL) / (assets() + VIRTUAL);
        if (claims == 0) revert NothingToLend();
        claimsOf[msg.sender] += claims;
        totalClaims += claims;
        cash += amount;
        emit Supplied(msg.sender, amount, claims);
        money.take(amount);
    }

    /// Take money out, with the interest on it.
    /// @param claims the claims to give back
    /// @return amount the money for them
    function withdraw(uint256 claims) external nonReentrant accrued returns (uint256 amount) {
        uint256 held = claimsOf[msg.sender];
        if (held < claims) revert ShortOfClaims(msg.sender, held, claims);
        if (claims == 0) revert NothingToLend();
        amount = claims * (assets() + VIRTUAL) / (totalClaims + VIRTUAL);
        claimsOf[msg.sender] = held - claims;
        totalClaims -= claims;
        emit Withdrawn(msg.sender, amount, claims);
        _lend(msg.sender, amount);
    }

    /// Pledge collateral.
    /// @param amount the units of the asset
    function pledge(uint256 amount) external nonReentrant accrued {
        if (amount == 0) revert NothingToLend();
        collateralOf[msg.sender] += amount;
        totalCollateral += amount;
        emit Pledged(msg.sender, amount);
        asset.take(amount);
    }

    /// Take collateral back that the debt does not need.
    /// @param amount the units of the asset
    function release(uint256 amount) external nonReentrant accrued {
        uint256 held = collateralOf[msg.sender];
        if (held < amount) revert ShortOfCollateral(msg.sender, held, amount);
        if (amount == 0) revert NothingToLend();
        collateralOf[msg.sender] = held - amount;
        totalCollateral -= amount;
        if (unitsOf[msg.sender] != 0) _checkLimit(msg.sender);
        emit Released(msg.sender, amount);
        asset.pay(msg.sender, amount);
    }

    /// Borrow money against the collateral.
    /// @param amount the money
    function borrow(uint256 amount) external nonReentrant accrued {
        if (amount == 0) revert NothingToLend();
        _owe(msg.sender, amount);
        _checkLimit(msg.sender);
        emit Borrowed(msg.sender, amount);
        _lend(msg.sender, amount);
    }

    /// Repay a part of one's debt, or all of it.
    /// @param amount the money
    function repay(uint256 amount) external nonReentrant accrued {
        _reduce(msg.sender, amount);
        emit Repaid(msg.sender, amount);
        money.take(amount);
    }

    /// Repay the debt of an account that owes too much, for its collateral at a discount. If the collateral is worth less
    /// than debt and discount, the liquidator gets its part of it: an account is never worse off for each unit that it owes.
    /// @param owner the account that owes
    /// @param amount what is repaid
    /// @return collateral what the liquidator gets
    function liquidate(address owner, uint256 amount) external nonReentrant accrued returns (uint256 collateral) {
        uint256 debt = debtOf(owner);
        uint256 limit = _limit(owner, LIQUIDATION_BPS);
        if (debt <= limit) revert DebtInOrder(debt, limit);
        if (price == 0) revert PriceUnknown();
        _reduce(owner, amount);
        collateral = amount * (BPS + BONUS_BPS) * MILLION / (BPS * price);
        uint256 held = collateralOf[owner];
        uint256 part = held - Math.ceilDiv(held * debtOf(owner), debt);
        if (part < collateral) collateral = part;
        collateralOf[owner] = held - collateral;
        totalCollateral -= collateral;
        emit Liquidated(owner, msg.sender, amount, collateral);
        money.take(amount);
        asset.pay(msg.sender, collateral);
    }

    /// Lend money for the time of this call, to the caller.
    /// @param amount the money
    /// @param data handed to the borrower
    function flash(uint256 amount, bytes calldata data) external nonReentrant accrued {
        if (amount == 0) revert NothingToLend();
        if (amount > cash) revert ShortOfCash(cash, amount);
        uint256 fee = Math.ceilDiv(amount * FLASH_FEE_BPS, BPS);
        cash += fee; // in the end it is paid, or none of this happened
        emit FlashLent(msg.sender, amount, fee);
        money.pay(msg.sender, amount);
        IFlashBorrower(msg.sender).onFlashLoan(amount, fee, data);
        money.take(amount + fee);
    }

    /// Count the interest and the price up to now; everything else does so, too.
    function accrue() external nonReentrant accrued {}

    /// What the lenders own: money here, and money that is owed.
    /// @return the money
    function assets() public view returns (uint256) {
        return cash + totalUnits * index / UNIT;
    }

    function _limit(address owner, uint256 partBps) private view returns (uint256) {
        return collateralOf[owner] * price * partBps / (BPS * MILLION);
    }

    function _checkLimit(address owner) private view {
        if (price == 0) revert PriceUnknown();
        uint256 debt = debtOf(owner);
        uint256 limit = _limit(owner, BORROW_BPS);
        if (debt > limit) revert DebtTooLarge(debt, limit);
    }

    function _lend(address to, uint256 amount) private {
        _spend(amount);
        money.pay(to, amount);
    }
}
