"""Batches that a settlement contract refuses: forged, repeated, incomplete, or signed for something else.

Four validators settle the trades of ann and bob on a chain inside the program. Somebody brings more than that: old
batches with their certificates, changed ones, and some that two thirds of the validators signed although they are
wrong. Each time the contract answers with the name of its error and its numbers (contracts/BatchSettlement.sol), and
no balance changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from market_sim.blockchain.certificate import CURVE_ORDER, Batch, Domain, Header, Wallet, certificate, quorum
from market_sim.blockchain.ethereum.ways_out import ANN, BOB, CASH, START, TRADE, VALIDATORS, Vault
from market_sim.blockchain.execution import Row, packed_rows
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.money import dollars
from market_sim.core.randomness import Randomness

SIGNERS: Final = tuple(range(quorum(VALIDATORS)))
NOBODY: Final = 9
"""The number of no account."""


class Brought(NamedTuple):
    """What was brought, and the answer of the contract: the error with its numbers, or none."""

    what: str
    error: str
    numbers: Numbers


class Forger:
    """A settlement of its own, the keys of its validators, and what is made with them."""

    def __init__(self) -> None:
        self.vault = Vault()
        self._settlement, self._keys = self.vault.settlement, self.vault.validators

    def play(self) -> Iterator[Brought]:
        """Everything that is brought, in order."""
        first = self._batch()
        whole = self._signed(first)
        yield self._bring("block 1, signed by three of four", first, whole)
        yield self._bring("the same batch again", first, whole)
        batch = self._batch()
        digest = batch.digest(self._settlement.domain)
        third = {number: self._keys[number].sign(digest) for number in SIGNERS}
        stranger = Wallet.of(Randomness(1), "stranger").sign(digest)
        yield self._bring("signed by two of four", batch, certificate({number: third[number] for number in (0, 1)}))
        yield self._bring("one signature three times", batch, certificate({0: third[0]}) * 3)
        backwards = b"".join(certificate({number: third[number]}) for number in reversed(SIGNERS))
        yield self._bring("the signatures in another order", batch, backwards)
        yield self._bring("a certificate that was cut", batch, certificate(third)[:-1])
        yield self._bring("with a stranger's signature as the third", batch, certificate({**third, 2: stranger}))
        yield self._bring("with a fifth validator of four", batch, certificate({0: third[0], 1: third[1], 4: stranger}))
        yield self._bring("with a signature of zeros", batch, certificate({**third, 2: bytes(65)}))
        yield self._bring("with the other form of a signature", batch, certificate({**third, 1: _other_form(third[1])}))
        more = batch._replace(rows=_rows((ANN, -TRADE - 1), (BOB, TRADE + 1)))
        yield self._bring("one cent more for bob, after it was signed", more, certificate(third))
        for what, domain in self._elsewhere():
            yield self._bring(f"signed for another {what}", batch, self._signed(batch, domain))
        for what, changed in self._signed_all_the_same(batch):
            yield self._bring(what, changed, self._signed(changed))
        yield self._bring("block 2, unchanged", batch, certificate(third))

    def balances(self) -> dict[int, int]:
        """What the accounts hold on the chain."""
        balances = self._settlement.statement().balances
        return {account: balances[account, CASH] for account in START}

    def _elsewhere(self) -> list[tuple[str, Domain]]:
        domain = self._settlement.domain
        return [
            ("chain", domain._replace(chain_id=domain.chain_id + 1)),
            ("contract", domain._replace(contract=bytes(20))),
            ("run", domain._replace(run=bytes(32))),
        ]

    def _signed_all_the_same(self, batch: Batch) -> list[tuple[str, Batch]]:
        """Batches that two thirds of the validators signed, and that are wrong all the same."""
        header = batch.header
        return [
            ("with a block left out", batch._replace(header=header._replace(first=3, last=3))),
            ("after another block than the last one", batch._replace(header=header._replace(parent=bytes(32)))),
            ("of an epoch that is settled", batch._replace(header=header._replace(epoch=header.epoch - 1))),
            ("of another set of validators", batch._replace(header=header._replace(set_id=2))),
            ("a cent out of nothing", batch._replace(rows=_rows((ANN, -TRADE), (BOB, TRADE + 1)))),
            ("more than ann has", batch._replace(rows=_rows((ANN, -dollars(300)), (BOB, dollars(300))))),
            ("for an account that is none", batch._replace(rows=_rows((ANN, -TRADE), (NOBODY, TRADE)))),
            ("two rows for one account", batch._replace(rows=_rows((ANN, -TRADE), (ANN, TRADE)))),
        ]

    def _batch(self) -> Batch:
        """The batch that may come next: ann pays bob."""
        head = self._settlement.head()
        place = head.height + 1
        header = Header(1, place, place, head.epoch + 1, head.block, bytes([place]) * 32, bytes(32), 1)
        return Batch(header, _rows((ANN, -TRADE), (BOB, TRADE)), b"")

    def _signed(self, batch: Batch, domain: Domain | None = None) -> bytes:
        digest = batch.digest(domain or self._settlement.domain)
        return certificate({number: self._keys[number].sign(digest) for number in SIGNERS})

    def _bring(self, what: str, batch: Batch, signed: bytes) -> Brought:
        try:
            self.vault.relay(batch, signed)
        except ChainReverted as refused:
            return Brought(what, refused.error, refused.arguments)
        return Brought(what, "", {})


def _rows(*changes: tuple[int, int]) -> bytes:
    return packed_rows(Row(account, CASH, change) for account, change in changes)


def _other_form(signature: bytes) -> bytes:
    """The signature that is valid, too: with n - s in place of s, and the other parity."""
    larger = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + larger.to_bytes(32, "big") + bytes([1 - signature[64]])
