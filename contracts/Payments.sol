// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IToken} from "./interfaces/IToken.sol";

/// How every contract takes and pays tokens. A token that answers no is refused in both directions, and what comes in must
/// be what was asked for.
library Payments {
    error TokenTookFee(address token, uint256 expected, uint256 received);

    /// Take an amount that the caller has approved.
    /// @param token the token
    /// @param amount the amount that must arrive
    function take(IToken token, uint256 amount) internal {
        // The balance before the call is compared on purpose. A token that calls back meanwhile can only make the amount
        // that arrived another one than this, and then nothing has happened.
        // slither-disable-next-line reentrancy-balance
        uint256 before = token.balanceOf(address(this));
        SafeERC20.safeTransferFrom(IERC20(address(token)), msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert TokenTookFee(address(token), amount, received);
    }

    /// Pay an amount.
    /// @param token the token
    /// @param to the recipient
    /// @param amount the amount
    function pay(IToken token, address to, uint256 amount) internal {
        SafeERC20.safeTransfer(IERC20(address(token)), to, amount);
    }

    /// Let another contract take an amount.
    /// @param token the token
    /// @param spender the contract
    /// @param amount the amount
    function allow(IToken token, address spender, uint256 amount) internal {
        SafeERC20.forceApprove(IERC20(address(token)), spender, amount);
    }
}
