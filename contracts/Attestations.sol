// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ValidatorSet} from "./ValidatorSet.sol";
import {Vault} from "./Vault.sol";

/// What the validators attest beside batches: that they are alive in a quiet week, and that a request cannot be paid. Any
/// caller may relay an attestation, also during a pause.
abstract contract Attestations is Vault, ValidatorSet {
    event Heartbeat(uint64 indexed beat, uint64 height);
    event WithdrawalRefused(uint32 indexed number, uint256 held);

    error HeartbeatOutOfOrder(uint64 expected, uint64 found);
    error RequestPayable(uint256 number, uint256 held);

    bytes32 private constant HEARTBEAT_TYPE = keccak256("Heartbeat(uint32 setId,uint64 beat,uint64 height)");
    bytes32 private constant REFUSED_TYPE = keccak256("Refused(uint32 setId,uint32 number)");

    /// Two thirds of the validators are alive, and there is nothing to settle after this height.
    /// @param beat the number of heartbeats before this one
    /// @param certificate signatures over the beat and the settled height
    function heartbeat(uint64 beat, bytes calldata certificate) external {
        if (escaped) revert SettlementEscaped();
        if (beat != beats) revert HeartbeatOutOfOrder(beats, beat);
        uint64 height = _settledHeight();
        _checkCertificate(_digest(keccak256(abi.encode(HEARTBEAT_TYPE, setId, beat, height))), certificate);
        beats = beat + 1;
        aliveAt = uint64(block.timestamp);
        emit Heartbeat(beat, height);
    }

    /// End a request that its account cannot pay; one that the account can pay cannot be refused.
    /// @param number the number of the request
    /// @param certificate signatures over the number
    function refuseWithdrawal(uint32 number, bytes calldata certificate) external {
        Request storage request = _openRequest(number);
        uint256 held = balanceOf(request.account, request.token);
        if (held >= request.amount) revert RequestPayable(number, held);
        _checkCertificate(_digest(keccak256(abi.encode(REFUSED_TYPE, setId, number))), certificate);
        request.done = true;
        emit WithdrawalRefused(number, held);
    }

    function _settledHeight() internal view virtual returns (uint64);
}
