// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "../Payments.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Withdrawals} from "./Withdrawals.sol";

/// The escape: settlement ends for good, and owners take out their balances. There are two causes: neither a batch nor a
/// heartbeat came for a week, or a request passed its deadline although the account can pay it, even while batches go
/// on. The escape is planned first and opens after a notice, in which every batch that is final can still be relayed,
/// and the cause can still be removed. The notice is longer than the longest pause.
abstract contract Escape is Withdrawals {
    using Payments for IToken;

    event EscapePlanned(uint256 indexed cause, uint64 from);
    event Escaped(uint256 indexed cause, uint64 time);

    error TooEarlyToEscape(uint64 from);
    error EscapePlannedBefore(uint64 from);
    error EscapeNotPlanned(uint256 cause);
    error NotEscaped();

    uint64 public constant ESCAPE_AFTER = 7 days;
    uint64 public constant ESCAPE_NOTICE = 2 days;
    /// The cause that is no request: silence.
    uint256 public constant SILENCE = type(uint256).max;

    /// The time of the plan for each cause: a request, or silence.
    mapping(uint256 => uint64) public escapePlannedAt;
    /// The number of heartbeats so far, which the next one must name.
    uint64 public beats;

    /// Plan the escape, which opens after the notice if the cause lasts.
    /// @param cause the number of an overdue request, or `SILENCE`
    function planEscape(uint256 cause) external {
        _checkCause(cause);
        if (_isPlanned(cause)) revert EscapePlannedBefore(escapePlannedAt[cause] + ESCAPE_NOTICE);
        escapePlannedAt[cause] = uint64(block.timestamp);
        emit EscapePlanned(cause, uint64(block.timestamp) + ESCAPE_NOTICE);
    }

    /// End settlement for good.
    /// @param cause the cause of the plan, which must still last
    function escape(uint256 cause) external {
        _checkCause(cause);
        if (!_isPlanned(cause)) revert EscapeNotPlanned(cause);
        uint64 from = escapePlannedAt[cause] + ESCAPE_NOTICE;
        if (block.timestamp < from) revert TooEarlyToEscape(from);
        escaped = true;
        emit Escaped(cause, uint64(block.timestamp));
    }

    /// Take a balance out after the escape.
    /// @param account an account of the caller
    /// @param token the number of the token
    function escapeWithdraw(uint32 account, uint32 token) external nonReentrant onlyOwner(account) {
        if (!escaped) revert NotEscaped();
        uint256 amount = balanceOf(account, token);
        if (amount == 0) revert NothingToMove();
        _change(account, token, -int256(amount));
        emit Claimed(account, token, amount);
        tokenAt[token].pay(msg.sender, amount);
    }

    /// A plan for silence is dead as soon as a batch or a heartbeat comes; that for a request as soon as it is done.
    function _isPlanned(uint256 cause) private view returns (bool) {
        uint64 planned = escapePlannedAt[cause];
        return cause == SILENCE ? planned > aliveAt : planned != 0;
    }

    /// Revert unless the cause exists now.
    function _checkCause(uint256 cause) private view {
        if (escaped) revert SettlementEscaped();
        uint64 from = aliveAt + ESCAPE_AFTER;
        if (cause != SILENCE) {
            Request storage request = _openRequest(cause);
            from = request.deadline;
            uint256 held = balanceOf(request.account, request.token);
            if (held < request.amount) {
                revert Insolvent(request.account, request.token, held, -int256(uint256(request.amount)));
            }
        }
        if (block.timestamp <= from) revert TooEarlyToEscape(from);
    }
}
