"""The Merkle tree over the trades of a batch: its root on the chain proves that a trade is in the batch.

Leaf = Keccak of Keccak of (index in the batch as 8 bytes, trade record): hashed twice, so that no inner node can pass
as a leaf. Inner node = Keccak of its two children, the smaller first, so that a proof needs no left and right. An odd
node moves up unchanged; duplicating it would give two batches the same root.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.blockchain.keccak import keccak

EMPTY_ROOT = bytes(32)


def leaf(place: int, record: bytes) -> bytes:
    """The leaf of the trade with this index, counted from 0."""
    return keccak(keccak(place.to_bytes(8, "big") + record))


def inner(one: bytes, other: bytes) -> bytes:
    """The node above two nodes."""
    return keccak(one + other if one < other else other + one)


def level_above(nodes: Sequence[bytes]) -> list[bytes]:
    """The next level of the tree: pairs joined, an odd last node moved up."""
    above = [inner(nodes[place], nodes[place + 1]) for place in range(0, len(nodes) - 1, 2)]
    if len(nodes) % 2:
        above.append(nodes[-1])
    return above


def merkle_root(records: Sequence[bytes]) -> bytes:
    """The root over these records; 32 zero bytes when there is none."""
    nodes = [leaf(place, record) for place, record in enumerate(records)]
    while len(nodes) > 1:
        nodes = level_above(nodes)
    return nodes[0] if nodes else EMPTY_ROOT


def merkle_proof(records: Sequence[bytes], place: int) -> list[bytes]:
    """The sibling nodes on the path from the leaf with this index to the root."""
    nodes = [leaf(number, record) for number, record in enumerate(records)]
    proof = []
    while len(nodes) > 1:
        neighbour = place ^ 1
        if neighbour < len(nodes):
            proof.append(nodes[neighbour])
        nodes = level_above(nodes)
        place //= 2
    return proof


def proven(root: bytes, place: int, record: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the batch with this root has this record at this index."""
    node = leaf(place, record)
    for neighbour in proof:
        node = inner(node, neighbour)
    return node == root
