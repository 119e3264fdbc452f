// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {ValidatorSet} from "./ValidatorSet.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IToken} from "./interfaces/IToken.sol";

/// The price of one asset at the end of an epoch. Whoever proposes it locks a bond, and whoever disputes it within the
/// window locks as much. A proposal that nobody disputes stands; a disputed one is decided by two thirds of the
/// validators, and the side that was right gets both bonds.
contract Oracle is ValidatorSet, IOracle {
    using Payments for IToken;

    event Proposed(uint256 indexed epoch, address indexed proposer, uint256 price, uint256 settled, uint256 until);
    event Disputed(uint256 indexed epoch, address indexed disputer, uint256 settled);
    event Stood(uint256 indexed epoch, uint256 price, address winner, uint256 amount, uint256 settled);
    event Decided(uint256 indexed epoch, uint256 price, address winner, uint256 amount);

    error BadTerms();
    error TooEarly(uint256 epoch, uint256 settled);
    error ProposedBefore(uint256 epoch);
    error NotProposed(uint256 epoch);
    error NotDisputed(uint256 epoch);
    error OwnProposal(uint256 epoch);
    error WindowOpen(uint256 until, uint256 settled);
    error WindowOver(uint256 until, uint256 settled);
    error NotFinal(uint256 epoch);

    struct Answer {
        address proposer;
        address disputer;
        uint256 price;
        uint256 until;
        State state;
    }

    bytes32 private constant PRICE_TYPE = keccak256("Price(uint256 epoch,uint256 price)");

    IToken public immutable token;
    IEpochs public immutable clock;
    uint256 public immutable bond;
    uint256 public immutable window;
    /// The bonds of all questions that are open.
    uint256 public held;
    mapping(uint256 => Answer) private answers;

    /// @param token_ the money of the bonds
    /// @param clock_ the contract that knows the epoch
    /// @param bond_ what a proposal and a dispute lock
    /// @param window_ the epochs in which a proposal can be disputed
    /// @param validators_ the validators that decide
    /// @param run the identity of the run
    constructor(
        IToken token_,
        IEpochs clock_,
        uint256 bond_,
        uint256 window_,
        address[] memory validators_,
        bytes32 run
    ) ValidatorSet(validators_, run) {
        if (bond_ == 0 || window_ == 0) revert BadTerms();
        token = token_;
        clock = clock_;
        bond = bond_;
        window = window_;
    }

    /// Propose the price at the end of an epoch that is settled.
    /// @param epoch the epoch
    /// @param price the price
    function propose(uint256 epoch, uint256 price) external {
        uint256 settled = clock.epoch();
        if (settled < epoch) revert TooEarly(epoch, settled);
        if (answers[epoch].state != State.Unknown) revert ProposedBefore(epoch);
        uint256 until = settled + window;
        answers[epoch] = Answer(msg.sender, address(0), price, until, State.Proposed);
        emit Proposed(epoch, msg.sender, price, settled, until);
        _lock();
    }

    /// Dispute a proposal of somebody else while its window is open.
    /// @param epoch the epoch whose price it proposes
    function dispute(uint256 epoch) external {
        Answer storage answer = answers[epoch];
        if (answer.state != State.Proposed) revert NotProposed(epoch);
        if (answer.proposer == msg.sender) revert OwnProposal(epoch);
        uint256 settled = clock.epoch();
        if (settled >= answer.until) revert WindowOver(answer.until, settled);
        (answer.disputer, answer.state) = (msg.sender, State.Disputed);
        emit Disputed(epoch, msg.sender, settled);
        _lock();
    }

    /// Let a proposal stand that nobody disputed in its window, and give the bond back.
    /// @param epoch the epoch whose price it proposes
    function finish(uint256 epoch) external {
        Answer storage answer = answers[epoch];
        if (answer.state != State.Proposed) revert NotProposed(epoch);
        uint256 settled = clock.epoch();
        if (settled < answer.until) revert WindowOpen(answer.until, settled);
        answer.state = State.Final;
        emit Stood(epoch, answer.price, answer.proposer, bond, settled);
        _pay(answer.proposer, bond);
    }

    /// Decide a dispute by the price that validators signed, whoever brings it.
    /// @param epoch the epoch of the disputed proposal
    /// @param price the price at its end, on the final chain
    /// @param certificate signatures of two thirds of the validators on both
    function decide(uint256 epoch, uint256 price, bytes calldata certificate) external {
        Answer storage answer = answers[epoch];
        if (answer.state != State.Disputed) revert NotDisputed(epoch);
        if (handoverEpoch != 0 && block.timestamp >= handoverNotBefore) _handOver(_settledEpoch());
        _checkCertificate(_digest(keccak256(abi.encode(PRICE_TYPE, epoch, price))), certificate);
        address winner = price == answer.price ? answer.proposer : answer.disputer;
        (answer.price, answer.state) = (price, State.Final);
        emit Decided(epoch, price, winner, 2 * bond);
        _pay(winner, 2 * bond);
    }

    /// @param epoch an epoch
    /// @return the price at its end, which nobody can change any more
    function finalPrice(uint256 epoch) external view returns (uint256) {
        if (answers[epoch].state != State.Final) revert NotFinal(epoch);
        return answers[epoch].price;
    }

    /// @param epoch an epoch
    /// @return the proposed or final price at its end
    function priceOf(uint256 epoch) external view returns (uint256) {
        return answers[epoch].price;
    }

    /// @param epoch an epoch
    /// @return the epoch from which its proposal stands
    function untilOf(uint256 epoch) external view returns (uint256) {
        return answers[epoch].until;
    }

    /// @param epoch an epoch
    /// @return 0 without a proposal, 1 proposed, 2 disputed, 3 final
    function stateOf(uint256 epoch) external view returns (State) {
        return answers[epoch].state;
    }

    function _lock() private {
        held += bond;
        token.take(bond);
    }

    function _pay(address to, uint256 amount) private {
        held -= amount;
        token.pay(to, amount);
    }

    function _settledEpoch() internal view override returns (uint64) {
        return clock.epoch();
    }
}
