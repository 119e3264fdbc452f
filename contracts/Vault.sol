// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "./vault/Accounts.sol";
import {Deposits} from "./vault/Deposits.sol";
import {Escape} from "./vault/Escape.sol";

/// The vault: accounts, deposits in, withdrawals and the escape out. For every token it holds at least the sum of all
/// accounts and all claims.
abstract contract Vault is Deposits, Escape {
    /// @param tokens the tokens, cash first
    constructor(address[] memory tokens) Accounts(tokens) {}

    /// @return accounts the number of accounts
    /// @return tokens the number of tokens
    /// @return withdrawals the number of withdrawal requests
    function counts() external view returns (uint256 accounts, uint256 tokens, uint256 withdrawals) {
        return (accountCount, tokenCount, requests.length);
    }

    /// All balances in one call: the slots of the accounts `first` to `last`, and for each token the balance of the vault
    /// and the total of the open claims.
    /// @param first the first account
    /// @param last the last account
    /// @return slots two balances in each, those of one account beside each other
    /// @return held what the vault holds of each token
    /// @return owed what it owes in claims of each token
    function statement(uint256 first, uint256 last)
        external
        view
        returns (uint256[] memory slots, uint256[] memory held, uint256[] memory owed)
    {
        // Half the tokens, rounded up, is the number of slots of an account: the division is meant to come first.
        // slither-disable-next-line divide-before-multiply
        uint256 each = (uint256(tokenCount) + 1) / 2;
        slots = new uint256[]((last + 1 - first) * each);
        unchecked {
            uint256 next = 0;
            for (uint256 account = first; account <= last; account++) {
                for (uint256 pair = account << 31; pair < (account << 31) + each; pair++) {
                    uint256 packed = _read(_placeOf(pair));
                    assembly {
                        mstore(add(add(slots, 32), shl(5, next)), packed) // slots[next] without its check
                    }
                    next++;
                }
            }
        }
        held = new uint256[](tokenCount);
        owed = new uint256[](tokenCount);
        for (uint256 token = 0; token < tokenCount; token++) {
            held[token] = tokenAt[token].balanceOf(address(this));
            owed[token] = claimableTotal[token];
        }
    }
}
