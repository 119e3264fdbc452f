// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The part of ERC-20 that the vault needs.
interface IToken {
    /// @param owner whose tokens
    /// @return the units
    function balanceOf(address owner) external view returns (uint256);
    /// @param to who gets them
    /// @param amount the units
    /// @return whether it was done
    function transfer(address to, uint256 amount) external returns (bool);
    /// @param from the owner, who has allowed it
    /// @param to who gets them
    /// @param amount the units
    /// @return whether it was done
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}
