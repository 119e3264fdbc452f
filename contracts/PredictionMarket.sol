// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IToken} from "./interfaces/IToken.sol";

/// A question with two answers: is the price at the end of an epoch at least the strike? A payout of money is split into
/// a yes and a no, which together always pay it, so the money for every answer is here from the beginning. The oracle's
/// price answers; a question for which nobody proposes a price in time is void, and pays half to each side.
contract PredictionMarket {
    using Payments for IToken;

    event Split(address indexed owner, uint256 quantity, uint256 collateral);
    event Merged(address indexed owner, uint256 quantity, uint256 collateral);
    event YesGiven(address indexed owner, address indexed to, uint256 quantity);
    event NoGiven(address indexed owner, address indexed to, uint256 quantity);
    event Resolved(uint256 price, uint256 yesPays);
    event Voided(uint256 settled, uint256 yesPays);
    event Redeemed(address indexed owner, uint256 yes, uint256 no, uint256 amount);

    error BadQuestion(uint256 payout, uint256 patience);
    error NothingToSplit();
    error NothingToGive();
    error ShortOfOutcomes(address owner, uint256 held, uint256 needed);
    error ResolvedBefore();
    error NotResolved();
    error StillAnswerable(uint256 until, uint256 settled);
    error PriceProposed(uint256 epoch);
    error NothingToRedeem();

    IToken public immutable token;
    IOracle public immutable oracle;
    IEpochs public immutable clock;
    uint256 public immutable strike;
    /// What a yes and a no pay together.
    uint256 public immutable payout;
    /// The epoch whose price answers.
    uint256 public immutable expiry;
    /// The epochs after it in which somebody has to propose the price.
    uint256 public immutable patience;
    /// The payouts of all pairs, less what was redeemed.
    uint256 public held;
    bool public isResolved;
    /// What a yes pays, once the question is resolved; a no pays the rest of the payout.
    uint256 public yesPays;
    mapping(address => uint256) public yesOf;
    mapping(address => uint256) public noOf;

    /// @param token_ the money
    /// @param oracle_ the oracle of the asset's price
    /// @param clock_ the contract that knows the epoch
    /// @param strike_ the least price for which the answer is yes
    /// @param payout_ what a yes and a no pay together
    /// @param expiry_ the epoch of the price that answers
    /// @param patience_ the epochs after it in which somebody has to propose that price
    constructor(
        IToken token_,
        IOracle oracle_,
        IEpochs clock_,
        uint256 strike_,
        uint256 payout_,
        uint256 expiry_,
        uint256 patience_
    ) {
        if (payout_ == 0 || patience_ == 0) revert BadQuestion(payout_, patience_);
        token = token_;
        oracle = oracle_;
        clock = clock_;
        strike = strike_;
        payout = payout_;
        expiry = expiry_;
        patience = patience_;
    }

    /// Split money into pairs of a yes and a no.
    /// @param quantity the number of pairs
    function split(uint256 quantity) external {
        _check(quantity);
        uint256 collateral = quantity * payout;
        yesOf[msg.sender] += quantity;
        noOf[msg.sender] += quantity;
        held += collateral;
        emit Split(msg.sender, quantity, collateral);
        token.take(collateral);
    }

    /// Merge pairs back into money, before the answer.
    /// @param quantity the number of pairs
    function merge(uint256 quantity) external {
        _check(quantity);
        uint256 collateral = quantity * payout;
        _less(yesOf, quantity);
        _less(noOf, quantity);
        held -= collateral;
        emit Merged(msg.sender, quantity, collateral);
        token.pay(msg.sender, collateral);
    }

    /// Give yes to another owner; the no of the same pairs stay where they are.
    /// @param to the owner that gets them
    /// @param quantity the number of yes
    function giveYes(address to, uint256 quantity) external {
        if (quantity == 0) revert NothingToGive();
        _less(yesOf, quantity);
        yesOf[to] += quantity;
        emit YesGiven(msg.sender, to, quantity);
    }

    /// Give no to another owner; the yes of the same pairs stay where they are.
    /// @param to the owner that gets them
    /// @param quantity the number of no
    function giveNo(address to, uint256 quantity) external {
        if (quantity == 0) revert NothingToGive();
        _less(noOf, quantity);
        noOf[to] += quantity;
        emit NoGiven(msg.sender, to, quantity);
    }

    /// Answer by the oracle's final price, whoever calls.
    function resolve() external {
        if (isResolved) revert ResolvedBefore();
        uint256 price = oracle.finalPrice(expiry);
        isResolved = true;
        if (price >= strike) yesPays = payout;
        emit Resolved(price, yesPays);
    }

    /// Give up a question for which nobody proposed a price in time. A proposal that is open or disputed is waited for:
    /// otherwise the side that is wrong would dispute it until the question is void.
    function giveUp() external {
        if (isResolved) revert ResolvedBefore();
        uint256 settled = clock.epoch();
        if (settled < expiry + patience) revert StillAnswerable(expiry + patience, settled);
        if (oracle.stateOf(expiry) != IOracle.State.Unknown) revert PriceProposed(expiry);
        isResolved = true;
        yesPays = payout / 2;
        emit Voided(settled, yesPays);
    }

    /// Pay the caller for both sides.
    function redeem() external {
        if (!isResolved) revert NotResolved();
        uint256 yes = yesOf[msg.sender];
        uint256 no = noOf[msg.sender];
        if (yes + no == 0) revert NothingToRedeem();
        uint256 amount = yes * yesPays + no * (payout - yesPays);
        (yesOf[msg.sender], noOf[msg.sender]) = (0, 0);
        held -= amount;
        emit Redeemed(msg.sender, yes, no, amount);
        token.pay(msg.sender, amount);
    }

    function _check(uint256 quantity) private view {
        if (quantity == 0) revert NothingToSplit();
        if (isResolved) revert ResolvedBefore();
    }

    /// Take a side from the caller.
    function _less(mapping(address => uint256) storage side, uint256 quantity) private {
        uint256 owned = side[msg.sender];
        if (owned < quantity) revert ShortOfOutcomes(msg.sender, owned, quantity);
        side[msg.sender] = owned - quantity;
    }
}
