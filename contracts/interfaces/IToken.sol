// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What the vault needs of a token.
interface IToken {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}
