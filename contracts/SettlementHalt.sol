// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A pause of limited length: only the guardian may begin it, it ends by itself, and a cool-down must pass before the
/// next one. The inheriting contract decides what a pause stops; claims are never stopped.
abstract contract SettlementHalt {
    event Paused(uint64 until);
    event Resumed();

    error NotGuardian(address caller);
    error SettlementPaused(uint64 until);
    error CoolingDown(uint64 until);

    uint64 public constant LONGEST_PAUSE = 1 days;
    uint64 public constant COOL_DOWN = 3 days;

    address public immutable guardian;
    uint64 public pausedUntil;
    uint64 public nextPauseFrom;

    modifier whenNotPaused() {
        if (block.timestamp < pausedUntil) revert SettlementPaused(pausedUntil);
        _;
    }

    /// @param guardian_ who may pause
    constructor(address guardian_) {
        guardian = guardian_;
    }

    /// Begin a pause, which ends by itself and is followed by a time in which there is none.
    function pause() external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        if (block.timestamp < nextPauseFrom) revert CoolingDown(nextPauseFrom);
        pausedUntil = uint64(block.timestamp) + LONGEST_PAUSE;
        nextPauseFrom = pausedUntil + COOL_DOWN;
        emit Paused(pausedUntil);
    }

    /// End the pause early.
    function resume() external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        pausedUntil = 0;
        emit Resumed();
    }
}
