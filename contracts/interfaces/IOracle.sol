// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The price of an asset at an epoch, once it is final.
interface IOracle {
    /// @param epoch the epoch
    /// @return the price of a unit
    function finalPrice(uint256 epoch) external view returns (uint256);
}
