"""Double signing: two signatures of one validator on two results of the same blocks, which convict it.

The collector of signatures for certificates keeps what each validator signed for each block. An honest validator signs
one result (`Signer` in certificate.py refuses a second one), so two are evidence. Anybody who knows the address of the
validator can check it: nothing but digests and signatures takes part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from market_sim.blockchain.certificate import Batch, recovered
from market_sim.blockchain.keccak import keccak


class SignedResult(NamedTuple):
    """One result that a validator signed, with its digest and the signature."""

    batch: Batch
    digest: bytes
    signature: bytes


class SignedResults:
    """What each validator signed for each block, as the collector of signatures knows it."""

    def __init__(self, addresses: Sequence[bytes]) -> None:
        self.addresses = addresses
        self.convicted: list[tuple[int, int]] = []
        """Validator and first block of each pair that convicts, in the order in which it was seen."""
        self._by_block: dict[tuple[int, int], list[SignedResult]] = {}

    def add(self, validator: int, result: SignedResult) -> SignedResult | None:
        """Keep a result; returns an earlier one with which it convicts the validator, if there is one."""
        convicting = None
        header = result.batch.header
        for height in range(header.first, header.last + 1):
            known = self._by_block.setdefault((validator, height), [])
            if any(one.digest == result.digest for one in known):
                return None
            for earlier in known:
                if convicts(self.addresses[validator], (earlier, result)):
                    convicting = convicting or earlier
            known.append(result)
        if convicting is not None:
            self.convicted.append((validator, header.first))
        return convicting

    def of(self, validator: int, height: int) -> tuple[SignedResult, ...]:
        """The results of this block that a validator signed, in the order of their arrival."""
        return tuple(self._by_block.get((validator, height), ()))


def convicts(address: bytes, pair: tuple[SignedResult, SignedResult]) -> bool:
    """Whether the key with this address signed two results of a common block; the address zero has no key."""
    one, other = pair
    mine, theirs = one.batch.header, other.batch.header
    overlap = mine.first <= theirs.last and theirs.first <= mine.last
    return (
        overlap
        and one.digest != other.digest
        and any(address)
        and recovered(one.digest, one.signature) == recovered(other.digest, other.signature) == address
    )


def rival_of(batch: Batch) -> Batch:
    """Another result for the same place of the chain: a block that does not exist, and in which nothing moves."""
    block = keccak(b"market-sim/rival" + batch.header.block)
    return Batch(batch.header._replace(block=block, trades_root=bytes(32), trades=0), b"", b"")
