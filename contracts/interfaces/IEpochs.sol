// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The clock of contracts: the epoch of the last settled block. Blocks of the chain advance by one second each, whatever
/// the time of the run, so their time measures nothing here.
interface IEpochs {
    /// @return the epoch of the last settled block
    function epoch() external view returns (uint64);
}
