// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "../Payments.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Accounts} from "./Accounts.sol";

/// Deposits: a deposit is credited at once and has a number. The amount received must equal the amount credited.
abstract contract Deposits is Accounts {
    using Payments for IToken;

    event Deposited(uint64 indexed number, uint32 indexed account, uint32 indexed token, uint128 amount);

    error BadDepositsLength(uint256 length);

    uint64 public depositCount;

    /// Deposit units of the caller, who has approved them, into any account.
    /// @param account the number of the account
    /// @param token the number of the token
    /// @param amount the units
    function deposit(uint32 account, uint32 token, uint128 amount) external nonReentrant whenNotPaused {
        _credit(account, token, amount);
        tokenAt[token].take(amount);
    }

    /// Many deposits of one token from one payer: 20 bytes each, the account (4) and the amount (16).
    /// @param token the number of the token
    /// @param deposits the deposits, packed
    function depositMany(uint32 token, bytes calldata deposits) external nonReentrant whenNotPaused {
        uint256 total = 0;
        if (deposits.length % 20 != 0) revert BadDepositsLength(deposits.length);
        for (uint256 offset = 0; offset < deposits.length; offset += 20) {
            uint128 amount = uint128(bytes16(deposits[offset + 4:offset + 20]));
            _credit(uint32(bytes4(deposits[offset:offset + 4])), token, amount);
            total += amount;
        }
        tokenAt[token].take(total);
    }

    function _credit(uint32 account, uint32 token, uint128 amount) private {
        if (escaped) revert SettlementEscaped();
        if (token >= tokenCount) revert UnknownToken(token);
        if (account == 0 || account > accountCount) revert UnknownAccount(account);
        if (amount == 0) revert NothingToMove();
        _change(account, token, int256(uint256(amount)));
        depositCount += 1;
        emit Deposited(depositCount, account, token, amount);
    }
}
