// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {FINALIZED_TYPE, Header} from "./Finalized.sol";
import {Payments} from "./Payments.sol";
import {IToken} from "./interfaces/IToken.sol";
import {IValidators} from "./interfaces/IValidators.sol";

/// The bonds of validators. Whoever shows two results that a validator signed for one block of this chain, this settlement
/// and this run takes its bond away: a share for the reporter, the rest for the treasury. A bond can be withdrawn after a
/// notice that is longer than the time in which a signature can be reported.
contract Bonds {
    using Payments for IToken;

    event Bonded(address indexed validator, address indexed owner, uint256 amount);
    event NoticeGiven(address indexed validator, uint256 settled, uint256 until);
    event Withdrawn(address indexed validator, address indexed owner, uint256 amount, uint256 settled);
    event Slashed(address indexed validator, address indexed reporter, uint256 reward, uint256 rest, uint256 settled);

    error BadBondTerms();
    error UnknownPlace(uint256 place, uint256 validators);
    error BondedBefore(address validator);
    error NotBonded(address signer);
    error NotBondOwner(address owner, address caller);
    error NoticeGivenBefore(uint256 until);
    error NoticeNotGiven(address validator);
    error NoticeRuns(uint256 until, uint256 settled);
    error SlashedBefore(address validator);
    error WrongDomain(bytes32 expected, bytes32 found);
    error SameDigest(bytes32 digest);
    error OtherHeight(uint64 last, uint64 first);
    error ReportTooLate(uint256 until, uint256 settled);
    error BadEvidence();
    error OtherSigner(address one, address other);

    enum State {
        None,
        Bonded,
        Leaving,
        Slashed
    }

    struct Bond {
        address owner;
        State state;
        uint64 until;
    }

    /// A result of a range of blocks with the signature of one validator: r, s and the parity of the point.
    struct Statement {
        bytes32 domain;
        Header header;
        bytes32 netHash;
        bytes signature;
    }

    uint256 private constant ALL = 10_000;

    IToken public immutable token;
    IValidators public immutable settlement;
    address public immutable treasury;
    uint256 public immutable bond;
    /// The reporter's share in basis points.
    uint256 public immutable shareBps;
    /// The settled epochs in which a signature can be reported.
    uint64 public immutable window;
    /// The settled epochs between the notice and the withdrawal.
    uint64 public immutable notice;
    /// All bonds together.
    uint256 public held;
    mapping(address => Bond) private bonds;

    /// @param token_ the money of the bonds
    /// @param settlement_ the settlement whose validators are bonded
    /// @param treasury_ who gets what the reporter does not
    /// @param bond_ the bond of each validator
    /// @param shareBps_ the reporter's share; the whole would let a validator report itself and lose nothing
    /// @param window_ the settled epochs in which a signature can be reported
    /// @param notice_ the settled epochs before a withdrawal, which must be more than the window
    constructor(
        IToken token_,
        IValidators settlement_,
        address treasury_,
        uint256 bond_,
        uint256 shareBps_,
        uint64 window_,
        uint64 notice_
    ) {
        if (treasury_ == address(0) || bond_ == 0 || shareBps_ >= ALL || window_ == 0 || notice_ <= window_) {
            revert BadBondTerms();
        }
        token = token_;
        settlement = settlement_;
        treasury = treasury_;
        bond = bond_;
        shareBps = shareBps_;
        window = window_;
        notice = notice_;
    }

    /// Pay the bond of a validator of the current set, whose owner is the caller.
    /// @param place the place of the validator in the set
    function deposit(uint256 place) external {
        uint256 validators = settlement.validatorCount();
        if (place >= validators) revert UnknownPlace(place, validators);
        address validator = settlement.validator(place);
        State state = bonds[validator].state;
        if (state == State.Slashed) revert SlashedBefore(validator);
        if (state != State.None) revert BondedBefore(validator);
        bonds[validator] = Bond(msg.sender, State.Bonded, 0);
        held += bond;
        emit Bonded(validator, msg.sender, bond);
        token.take(bond);
    }

    /// Give notice: the bond stays, and can be taken away, until the notice is over.
    /// @param validator the address of the validator
    function giveNotice(address validator) external {
        Bond storage found = _owned(validator);
        if (found.state == State.Leaving) revert NoticeGivenBefore(found.until);
        uint64 settled = settlement.epoch();
        (found.state, found.until) = (State.Leaving, settled + notice);
        emit NoticeGiven(validator, settled, found.until);
    }

    /// Withdraw the bond after the notice.
    /// @param validator the address of the validator
    function withdraw(address validator) external {
        Bond storage found = _owned(validator);
        if (found.state != State.Leaving) revert NoticeNotGiven(validator);
        uint64 settled = settlement.epoch();
        if (settled < found.until) revert NoticeRuns(found.until, settled);
        delete bonds[validator];
        held -= bond;
        emit Withdrawn(validator, msg.sender, bond, settled);
        token.pay(msg.sender, bond);
    }

    /// Take the bond of a validator that signed two results of one block.
    /// @param one a result with its signature
    /// @param other another result of at least one common block, signed by the same validator
    function report(Statement calldata one, Statement calldata other) external {
        bytes32 mine = _digest(one);
        bytes32 theirs = _digest(other);
        if (mine == theirs) revert SameDigest(mine);
        if (one.header.last < other.header.first) revert OtherHeight(one.header.last, other.header.first);
        if (other.header.last < one.header.first) revert OtherHeight(other.header.last, one.header.first);
        uint64 signed = one.header.epoch > other.header.epoch ? one.header.epoch : other.header.epoch;
        uint256 until = uint256(signed) + window;
        uint64 settled = settlement.epoch();
        if (settled > until) revert ReportTooLate(until, settled);
        address validator = _signer(mine, one.signature);
        address second = _signer(theirs, other.signature);
        if (validator != second) revert OtherSigner(validator, second);
        State state = bonds[validator].state;
        if (state == State.None) revert NotBonded(validator);
        if (state == State.Slashed) revert SlashedBefore(validator);
        bonds[validator].state = State.Slashed;
        held -= bond;
        uint256 reward = bond * shareBps / ALL;
        emit Slashed(validator, msg.sender, reward, bond - reward, settled);
        token.pay(msg.sender, reward);
        token.pay(treasury, bond - reward);
    }

    /// @param validator the address of a validator
    /// @return 0 without a bond, 1 bonded, 2 leaving, 3 slashed
    function stateOf(address validator) external view returns (State) {
        return bonds[validator].state;
    }

    /// @param validator the address of a validator
    /// @return the epoch from which its bond can be withdrawn; 0 without a notice
    function untilOf(address validator) external view returns (uint256) {
        return bonds[validator].until;
    }

    function _owned(address validator) private view returns (Bond storage found) {
        found = bonds[validator];
        if (found.state == State.None) revert NotBonded(validator);
        if (found.state == State.Slashed) revert SlashedBefore(validator);
        if (found.owner != msg.sender) revert NotBondOwner(found.owner, msg.sender);
    }

    function _digest(Statement calldata statement) private view returns (bytes32) {
        bytes32 expected = settlement.domain();
        if (statement.domain != expected) revert WrongDomain(expected, statement.domain);
        bytes32 content = keccak256(abi.encode(FINALIZED_TYPE, statement.header, statement.netHash));
        return MessageHashUtils.toTypedDataHash(expected, content);
    }

    function _signer(bytes32 digest, bytes calldata signature) private pure returns (address) {
        if (signature.length != 65 || uint8(signature[64]) > 1) revert BadEvidence();
        // The third value is the argument of the error, which says no more than the error of this contract.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError failed,) = ECDSA.tryRecover(
            digest, 27 + uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        if (failed != ECDSA.RecoverError.NoError) revert BadEvidence();
        return signer;
    }
}
