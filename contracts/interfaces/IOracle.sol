// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The price of an asset at an epoch, once it is final.
interface IOracle {
    enum State {
        Unknown,
        Proposed,
        Disputed,
        Final
    }

    /// @param epoch the epoch
    /// @return whether a price is proposed, disputed or final
    function stateOf(uint256 epoch) external view returns (State);

    /// @param epoch the epoch
    /// @return the price of a unit
    function finalPrice(uint256 epoch) external view returns (uint256);
}
