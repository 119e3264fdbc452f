// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IToken} from "./interfaces/IToken.sol";

/// European options on one asset with one strike and one expiry, paid in money. A unit pays how far the price is beyond
/// the strike, at most the cap. Its writer locks the cap, so a unit is always covered, and gets back what its holder does
/// not get. A put whose cap is its strike is a plain put; a call is capped.
contract OptionSeries {
    using Payments for IToken;

    event Written(address indexed writer, uint256 quantity, uint256 collateral, uint256 settled);
    event Transferred(address indexed owner, address indexed to, uint256 quantity);
    event Exercised(uint256 price, uint256 payoff);
    event Lapsed(uint256 price);
    event Claimed(address indexed owner, uint256 long, uint256 short, uint256 amount);

    error BadTerms();
    error NothingToWrite();
    error SeriesExpired(uint256 expiry, uint256 settled);
    error ShortOfOptions(address owner, uint256 held, uint256 needed);
    error NothingToTransfer();
    error ExpiredBefore();
    error NotExpired();
    error NothingToClaim();

    IToken public immutable token;
    IOracle public immutable oracle;
    IEpochs public immutable clock;
    uint256 public immutable strike;
    uint256 public immutable cap;
    /// The epoch whose price decides; units are written before it.
    uint256 public immutable expiry;
    bool public immutable isPut;
    /// The collateral of all units, less what was claimed.
    uint256 public held;
    bool public isExpired;
    /// What a unit pays, once the series is expired.
    uint256 public payoff;
    mapping(address => uint256) public longOf;
    mapping(address => uint256) public shortOf;

    /// @param token_ the money
    /// @param oracle_ the oracle of the asset's price
    /// @param clock_ the contract that knows the epoch
    /// @param strike_ the strike of a unit
    /// @param cap_ the most that a unit pays
    /// @param expiry_ the epoch of the price that decides
    /// @param isPut_ whether it pays when the price is below the strike
    constructor(
        IToken token_,
        IOracle oracle_,
        IEpochs clock_,
        uint256 strike_,
        uint256 cap_,
        uint256 expiry_,
        bool isPut_
    ) {
        if (cap_ == 0 || (isPut_ && cap_ > strike_)) revert BadTerms();
        token = token_;
        oracle = oracle_;
        clock = clock_;
        strike = strike_;
        cap = cap_;
        expiry = expiry_;
        isPut = isPut_;
    }

    /// Write units before the expiry: lock the cap of each, and get both sides of it.
    /// @param quantity the number of units
    function write(uint256 quantity) external {
        if (quantity == 0) revert NothingToWrite();
        uint256 settled = clock.epoch();
        if (settled >= expiry) revert SeriesExpired(expiry, settled);
        uint256 collateral = quantity * cap;
        longOf[msg.sender] += quantity;
        shortOf[msg.sender] += quantity;
        held += collateral;
        emit Written(msg.sender, quantity, collateral, settled);
        token.take(collateral);
    }

    /// Give units, as what may pay, to another owner; the writer's side stays where it is.
    /// @param to the owner that gets them
    /// @param quantity the number of units
    // Units are no ERC-20 token: there is no allowance, and nobody relies on an answer.
    // slither-disable-next-line erc20-interface
    function transfer(address to, uint256 quantity) external {
        if (quantity == 0) revert NothingToTransfer();
        uint256 owned = longOf[msg.sender];
        if (owned < quantity) revert ShortOfOptions(msg.sender, owned, quantity);
        longOf[msg.sender] = owned - quantity;
        longOf[to] += quantity;
        emit Transferred(msg.sender, to, quantity);
    }

    /// Fix what a unit pays by the oracle's price at the expiry, whoever calls: it is exercised, or it lapses.
    function expire() external {
        if (isExpired) revert ExpiredBefore();
        uint256 price = oracle.finalPrice(expiry);
        uint256 gain = isPut ? _above(strike, price) : _above(price, strike);
        payoff = gain < cap ? gain : cap;
        isExpired = true;
        if (payoff > 0) emit Exercised(price, payoff);
        else emit Lapsed(price);
    }

    /// Pay the caller for both sides: the payoff of each unit that it holds, and the rest of each that it wrote.
    function claim() external {
        if (!isExpired) revert NotExpired();
        uint256 long = longOf[msg.sender];
        uint256 short = shortOf[msg.sender];
        if (long + short == 0) revert NothingToClaim();
        uint256 amount = long * payoff + short * (cap - payoff);
        (longOf[msg.sender], shortOf[msg.sender]) = (0, 0);
        held -= amount;
        emit Claimed(msg.sender, long, short, amount);
        token.pay(msg.sender, amount);
    }

    /// How far the first is above the second, which is never below zero.
    function _above(uint256 first, uint256 second) private pure returns (uint256) {
        return first > second ? first - second : 0;
    }
}
