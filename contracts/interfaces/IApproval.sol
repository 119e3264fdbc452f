// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The part of ERC-20 that a contract needs to let another one take its tokens.
interface IApproval {
    /// @param spender who may take them
    /// @param amount how many in all
    /// @return whether it was done
    function approve(address spender, uint256 amount) external returns (bool);
}
