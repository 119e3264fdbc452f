// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The settlement as other contracts see it: its clock, its validators, and the domain of what they sign.
interface IValidators {
    /// @return the epoch of the last settled block
    function epoch() external view returns (uint64);

    /// @return the separator of the domain, which names the chain, the settlement and the run
    function domain() external view returns (bytes32);

    /// @return the number of validators in the current set
    function validatorCount() external view returns (uint8);

    /// @param place the place in the set, below the number of validators
    /// @return the address of the validator there
    function validator(uint256 place) external view returns (address);
}
