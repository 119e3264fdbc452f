"""Evidence of double signing as `Bonds.sol` takes it: two statements, and the contract's checks, in its order."""

from __future__ import annotations

from typing import NamedTuple

from market_sim.blockchain.certificate import LARGEST_S, SIGNATURE_SIZE, Header, finalized_digest, recovered
from market_sim.blockchain.double_signing import SignedResult
from market_sim.blockchain.execution import net_hash
from market_sim.blockchain.settlement import ChainReverted


class Statement(NamedTuple):
    """A result of a range of blocks with the signature of one validator, as the contract's function takes it."""

    domain: bytes
    header: Header
    net_hash: bytes
    signature: bytes


def statement_of(result: SignedResult, domain: bytes) -> Statement:
    """What a reporter shows of a signed result; its digest can be computed again from it."""
    batch = result.batch
    return Statement(domain, batch.header, net_hash(batch.rows, batch.exits), result.signature)


def convicted(domain: bytes, window: int, settled: int, one: Statement, other: Statement) -> str:
    """The address of the validator that signed both; ChainReverted with the contract's error if they prove nothing."""
    mine, theirs = _digest(domain, one), _digest(domain, other)
    if mine == theirs:
        raise ChainReverted("SameDigest", {"digest": mine.hex()})
    for earlier, later in ((one.header, other.header), (other.header, one.header)):
        if earlier.last < later.first:
            raise ChainReverted("OtherHeight", {"last": earlier.last, "first": later.first})
    until = max(one.header.epoch, other.header.epoch) + window
    if settled > until:
        raise ChainReverted("ReportTooLate", {"until": until, "settled": settled})
    signer, second = _signer(mine, one.signature), _signer(theirs, other.signature)
    if signer != second:
        raise ChainReverted("OtherSigner", {"one": signer, "other": second})
    return signer


def _digest(domain: bytes, statement: Statement) -> bytes:
    if statement.domain != domain:
        raise ChainReverted("WrongDomain", {"expected": domain.hex(), "found": statement.domain.hex()})
    return finalized_digest(domain, Header(*statement.header), statement.net_hash)


def _signer(digest: bytes, signature: bytes) -> str:
    is_canonical = (
        len(signature) == SIGNATURE_SIZE and signature[-1] < 2 and int.from_bytes(signature[32:64], "big") <= LARGEST_S
    )
    found = recovered(digest, signature) if is_canonical else bytes(20)
    if not any(found):
        raise ChainReverted("BadEvidence")
    return "0x" + found.hex()
