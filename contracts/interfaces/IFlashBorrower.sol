// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Who takes a flash loan: it has the money during this call, and owes it with the fee at its end.
interface IFlashBorrower {
    /// @param amount the money that was lent
    /// @param fee what is to be repaid on top of it
    /// @param data what the borrower asked to be handed
    function onFlashLoan(uint256 amount, uint256 fee, bytes calldata data) external;
}
