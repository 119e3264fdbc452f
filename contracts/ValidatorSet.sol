// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// The validator set and the check of its certificates: signatures of at least two thirds of the validators, each once,
/// over an EIP-712 digest that names this chain, this contract and this run. The set changes at an epoch that the old set signed:
/// from that epoch on only the new set counts, before it only the old one. Plans are numbered, and a later plan ends the
/// earlier one for good; the next set takes over after a notice, so that owners who do not trust it can leave before.
abstract contract ValidatorSet {
    event HandoverPlanned(
        uint32 indexed setId, uint64 indexed nonce, uint64 fromEpoch, uint64 notBefore, address[] validators
    );
    event HandoverDone(uint32 indexed setId, uint64 epoch);

    error BadValidators();
    error HandoverTooEarly(uint64 reached, uint64 found);
    error HandoverSuperseded(uint64 expected, uint64 found);
    error HandoverNotDue(uint64 from);
    error BadCertificateLength(uint256 length);
    error TooFewSignatures(uint256 found, uint256 validators);
    error WrongValidatorSet(uint32 expected, uint32 found);
    error SignersNotAscending(uint256 signer);
    error UnknownSigner(uint256 signer);
    error HighS(uint256 signer);
    error ZeroSignature(uint256 signer);
    error WrongSigner(uint256 signer, address recovered);

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant HANDOVER_TYPE =
        keccak256("Handover(uint32 setId,uint64 nonce,uint64 fromEpoch,bytes32 validators)");
    uint256 private constant SIGNATURE_SIZE = 65;
    uint256 private constant LARGEST_SET = 128;
    /// The chain time between the plan of a handover and the first batch of the next set.
    uint64 public constant HANDOVER_NOTICE = 2 days;

    bytes32 private immutable deployedDomain;
    uint256 private immutable deployedChain;
    /// The identity of the run, the salt of the domain: runs with one seed have equal keys and often equal addresses.
    bytes32 public immutable runId;

    address[128] internal validators;
    /// The number of plans so far, which the next plan must name.
    uint64 public handoverNonce;
    uint64 public handoverNotBefore;
    address[] internal nextValidators;
    /// These share a slot with the height and the epoch of the settlement, so that a batch reads and writes it once.
    uint32 public setId = 1;
    uint8 public validatorCount;
    uint64 public handoverEpoch;

    /// @param first the first set
    /// @param run the identity of the run whose certificates count
    constructor(address[] memory first, bytes32 run) {
        runId = run;
        deployedDomain = _newDomain();
        deployedChain = block.chainid;
        _seat(first);
    }

    /// Plan the next set; an earlier plan that was not carried out is dead.
    /// @param next the validators of the next set
    /// @param fromEpoch the first epoch whose batches the next set signs
    /// @param nonce the number of plans before this one
    /// @param certificate signatures of the old set over all of these
    function planHandover(address[] calldata next, uint64 fromEpoch, uint64 nonce, bytes calldata certificate)
        external
    {
        if (nonce != handoverNonce) revert HandoverSuperseded(handoverNonce, nonce);
        if (fromEpoch <= _settledEpoch()) revert HandoverTooEarly(_settledEpoch(), fromEpoch);
        _checkValidators(next);
        bytes32 content = keccak256(abi.encode(HANDOVER_TYPE, setId, nonce, fromEpoch, keccak256(abi.encode(next))));
        _checkCertificate(_digest(content), certificate);
        nextValidators = next;
        handoverEpoch = fromEpoch;
        handoverNonce = nonce + 1;
        handoverNotBefore = uint64(block.timestamp) + HANDOVER_NOTICE;
        emit HandoverPlanned(setId + 1, nonce, fromEpoch, handoverNotBefore, next);
    }

    /// @param place a place in the present set, from 0
    /// @return the validator who has it
    function validator(uint256 place) external view returns (address) {
        return validators[place];
    }

    /// @return the EIP-712 domain: this chain, this contract and this run
    function domain() public view returns (bytes32) {
        return block.chainid == deployedChain ? deployedDomain : _newDomain();
    }

    function _settledEpoch() internal view virtual returns (uint64);

    /// Activate the next set from its planned epoch on. Which set counts follows from the epoch alone; a batch that comes
    /// before the notice has passed waits.
    function _handOver(uint64 epoch) internal {
        if (handoverEpoch == 0 || epoch < handoverEpoch) return;
        if (block.timestamp < handoverNotBefore) revert HandoverNotDue(handoverNotBefore);
        _seat(nextValidators);
        setId += 1;
        handoverEpoch = 0;
        emit HandoverDone(setId, epoch);
    }

    function _digest(bytes32 content) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domain(), content);
    }

    /// A signature is one byte (index of the signer times two plus the parity of the point), then r, then s.
    function _checkCertificate(bytes32 digest, bytes calldata certificate) internal view {
        // The division is exact, or the certificate is refused in the line after the next.
        // slither-disable-next-line divide-before-multiply
        uint256 count = certificate.length / SIGNATURE_SIZE;
        uint256 seats = validatorCount;
        if (count * SIGNATURE_SIZE != certificate.length) revert BadCertificateLength(certificate.length);
        if (3 * count < 2 * seats) revert TooFewSignatures(count, seats);
        uint256 nextSigner = 0;
        for (uint256 offset = 0; offset < certificate.length; offset += SIGNATURE_SIZE) {
            uint256 first = uint8(certificate[offset]);
            uint256 signer = first >> 1;
            bytes32 s = bytes32(certificate[offset + 33:offset + 65]);
            if (signer < nextSigner) revert SignersNotAscending(signer);
            if (signer >= seats) revert UnknownSigner(signer);
            // The third value is the argument of the error, which we have already.
            // slither-disable-next-line unused-return
            (address found, ECDSA.RecoverError failed,) = ECDSA.tryRecover(
                digest, uint8(27 + (first & 1)), bytes32(certificate[offset + 1:offset + 33]), s
            );
            // Of s and n - s only the smaller is valid; otherwise any signature would have a second valid form.
            if (failed == ECDSA.RecoverError.InvalidSignatureS) revert HighS(signer);
            if (failed != ECDSA.RecoverError.NoError) revert ZeroSignature(signer);
            if (found != validators[signer]) revert WrongSigner(signer, found);
            nextSigner = signer + 1;
        }
    }

    function _seat(address[] memory set) private {
        _checkValidators(set);
        for (uint256 place = 0; place < set.length; place++) validators[place] = set[place];
        validatorCount = uint8(set.length);
    }

    function _checkValidators(address[] memory set) private pure {
        if (set.length == 0 || set.length > LARGEST_SET) revert BadValidators();
        for (uint256 place = 0; place < set.length; place++) {
            if (set[place] == address(0)) revert BadValidators();
            for (uint256 other = 0; other < place; other++) {
                if (set[place] == set[other]) revert BadValidators();
            }
        }
    }

    function _newDomain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPE, keccak256("Market Sandbox Settlement"), keccak256("1"), block.chainid, address(this), runId
            )
        );
    }
}
