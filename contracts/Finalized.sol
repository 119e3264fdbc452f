// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What validators sign about a range of final blocks; its net changes enter the signature as a hash.
struct Header {
    uint32 setId;
    uint64 first;
    uint64 last;
    uint64 epoch;
    bytes32 parent;
    bytes32 blockHash;
    bytes32 tradesRoot;
    uint64 trades;
}

bytes32 constant FINALIZED_TYPE = keccak256(
    "Finalized(uint32 setId,uint64 first,uint64 last,uint64 epoch,bytes32 parent,bytes32 blockHash,bytes32 tradesRoot,uint64 trades,bytes32 netHash)"
);
