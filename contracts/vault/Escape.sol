// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Withdrawals} from "./Withdrawals.sol";

/// The escape: if no batch comes any more, settlement ends for good, and owners take out their balances.
abstract contract Escape is Withdrawals {
    event Escaped(uint64 time);

    error TooEarlyToEscape(uint64 from);
    error NotEscaped();

    uint64 public constant ESCAPE_AFTER = 7 days;

    function escape() external {
        if (escaped) revert SettlementEscaped();
        if (block.timestamp <= settledAt + ESCAPE_AFTER) revert TooEarlyToEscape(settledAt + ESCAPE_AFTER);
        escaped = true;
        emit Escaped(uint64(block.timestamp));
    }

    function escapeWithdraw(uint32 account, uint32 token) external once onlyOwner(account) {
        if (!escaped) revert NotEscaped();
        uint256 amount = balanceOf(account, token);
        if (amount == 0) revert NothingToMove();
        _change(account, token, -int256(amount));
        emit Claimed(account, token, amount);
        _pay(token, msg.sender, amount);
    }
}
