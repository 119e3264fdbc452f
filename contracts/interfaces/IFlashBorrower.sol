// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Who takes a flash loan: it has the money during this call, and owes it with the fee at its end.
interface IFlashBorrower {
    function onFlashLoan(uint256 amount, uint256 fee, bytes calldata data) external;
}
