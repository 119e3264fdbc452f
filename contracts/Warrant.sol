// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IToken} from "./interfaces/IToken.sol";

/// Warrants of a company on its own new shares. The company locks the shares of every warrant when it issues them, so each
/// is covered. At the expiry the oracle's price opens them, if it is above the strike, or lets them lapse. A holder pays
/// the strike to the company and gets new shares; so all shares outstanding stand for a smaller part of the company, and
/// the contract counts by how much. What nobody exercises in time goes back to the company.
contract Warrant {
    using Payments for IToken;

    event Issued(address indexed owner, uint256 quantity, uint256 shares, uint256 settled);
    event Given(address indexed owner, address indexed to, uint256 quantity);
    event Opened(uint256 price, uint256 settled, uint256 until);
    event Lapsed(uint256 price, uint256 settled);
    event Exercised(
        address indexed owner,
        uint256 quantity,
        uint256 shares,
        uint256 cash,
        uint256 outstanding,
        uint256 diluted,
        uint256 settled
    );
    event Reclaimed(address indexed owner, uint256 shares, uint256 settled);

    error BadWarrant(uint256 strike, uint256 ratio, uint256 outstanding, uint256 window);
    error NotIssuer(address caller);
    error IsIssuer(address caller);
    error NothingToIssue();
    error WarrantExpired(uint256 expiry, uint256 settled);
    error ShortOfWarrants(address owner, uint256 held, uint256 needed);
    error OpenedBefore();
    error NotOpened();
    error NotExercisable(uint256 until, uint256 settled);
    error StillExercisable(uint256 until, uint256 settled);
    error NothingToReclaim();

    IToken public immutable money;
    IToken public immutable asset;
    IOracle public immutable oracle;
    IEpochs public immutable clock;
    /// The company: it gets the strike.
    address public immutable issuer;
    /// What a new share costs.
    uint256 public immutable strike;
    /// The new shares of one warrant.
    uint256 public immutable ratio;
    /// The epoch whose price decides; warrants are issued before it.
    uint256 public immutable expiry;
    /// The epochs in which they can be exercised, once they are open.
    uint256 public immutable window;
    /// The shares outstanding before any exercise.
    uint256 public immutable sharesBefore;
    /// The locked shares that are not issued.
    uint256 public treasury;
    /// All shares outstanding.
    uint256 public outstanding;
    /// What the company got for new shares.
    uint256 public proceeds;
    bool public isOpened;
    /// The oracle's price at the expiry.
    uint256 public price;
    /// The epoch from which nothing can be exercised.
    uint256 public until;
    mapping(address => uint256) public warrantsOf;

    /// @param money_ the money of the strike
    /// @param asset_ the share
    /// @param oracle_ the oracle of the share's price
    /// @param clock_ the contract that knows the epoch
    /// @param issuer_ the company
    /// @param strike_ what a new share costs
    /// @param ratio_ the new shares of one warrant
    /// @param expiry_ the epoch of the price that decides
    /// @param window_ the epochs in which they can be exercised
    /// @param outstanding_ the shares outstanding before any exercise
    constructor(
        IToken money_,
        IToken asset_,
        IOracle oracle_,
        IEpochs clock_,
        address issuer_,
        uint256 strike_,
        uint256 ratio_,
        uint256 expiry_,
        uint256 window_,
        uint256 outstanding_
    ) {
        if (strike_ == 0 || ratio_ == 0 || outstanding_ == 0 || window_ == 0) {
            revert BadWarrant(strike_, ratio_, outstanding_, window_);
        }
        money = money_;
        asset = asset_;
        oracle = oracle_;
        clock = clock_;
        issuer = issuer_;
        strike = strike_;
        ratio = ratio_;
        expiry = expiry_;
        window = window_;
        outstanding = sharesBefore = outstanding_;
    }

    /// Issue warrants before the expiry: lock their shares.
    /// @param quantity the number of warrants
    function issue(uint256 quantity) external {
        if (msg.sender != issuer) revert NotIssuer(msg.sender);
        if (quantity == 0) revert NothingToIssue();
        uint256 settled = clock.epoch();
        if (settled >= expiry) revert WarrantExpired(expiry, settled);
        uint256 shares = quantity * ratio;
        warrantsOf[msg.sender] += quantity;
        treasury += shares;
        emit Issued(msg.sender, quantity, shares, settled);
        asset.take(shares);
    }

    /// Give warrants to another owner.
    /// @param to the owner that gets them
    /// @param quantity the number of warrants
    function give(address to, uint256 quantity) external {
        _less(quantity);
        warrantsOf[to] += quantity;
        emit Given(msg.sender, to, quantity);
    }

    /// Open the warrants by the oracle's price at the expiry, or let them lapse, whoever calls.
    function open() external {
        if (isOpened) revert OpenedBefore();
        price = oracle.finalPrice(expiry);
        isOpened = true;
        uint256 settled = clock.epoch();
        if (price > strike) {
            until = settled + window;
            emit Opened(price, settled, until);
        } else {
            until = settled;
            emit Lapsed(price, settled);
        }
    }

    /// Exercise warrants in their window: the strike goes to the company, and new shares to the caller. The event says what
    /// a share is worth then, (N S + paid strikes) / all shares, where N shares stood at the price S before.
    /// @param quantity the number of warrants
    function exercise(uint256 quantity) external {
        if (!isOpened) revert NotOpened();
        uint256 settled = clock.epoch();
        if (settled >= until) revert NotExercisable(until, settled);
        if (msg.sender == issuer) revert IsIssuer(msg.sender);
        _less(quantity);
        uint256 shares = quantity * ratio;
        uint256 cash = shares * strike;
        treasury -= shares;
        outstanding += shares;
        proceeds += cash;
        uint256 diluted = (sharesBefore * price + proceeds) / outstanding;
        emit Exercised(msg.sender, quantity, shares, cash, outstanding, diluted, settled);
        money.take(cash);
        money.pay(issuer, cash);
        asset.pay(msg.sender, shares);
    }

    /// Give the shares that nobody took back to the company, once nothing can be exercised any more.
    function reclaim() external {
        if (msg.sender != issuer) revert NotIssuer(msg.sender);
        if (!isOpened) revert NotOpened();
        uint256 settled = clock.epoch();
        if (settled < until) revert StillExercisable(until, settled);
        uint256 shares = treasury;
        if (shares == 0) revert NothingToReclaim();
        treasury = 0;
        emit Reclaimed(msg.sender, shares, settled);
        asset.pay(msg.sender, shares);
    }

    /// Take warrants from the caller.
    function _less(uint256 quantity) private {
        if (quantity == 0) revert NothingToIssue();
        uint256 held = warrantsOf[msg.sender];
        if (held < quantity) revert ShortOfWarrants(msg.sender, held, quantity);
        warrantsOf[msg.sender] = held - quantity;
    }
}
