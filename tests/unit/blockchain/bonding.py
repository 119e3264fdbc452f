"""A stage for tests of bonds: a rig whose validators sign by hand, and Alice and Bob, who pay bonds and report."""

from __future__ import annotations

from typing import Any

from market_sim.blockchain.bond_evidence import Statement, statement_of
from market_sim.blockchain.bond_model import BondTerms
from market_sim.blockchain.bonds import Bonds
from market_sim.blockchain.certificate import Batch, Domain, Wallet
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.double_signing import SignedResult, SignedResults, rival_of
from market_sim.core.models.event import Numbers
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, RUN, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER

BOND, WINDOW, NOTICE, MONEY = 1_001, 2, 3, 5_000
TERMS = BondTerms(BOND, 2_500, WINDOW, NOTICE)
PEOPLE = ("alice", "bob", "fees")


class Bonding:
    """Bonds with the account of the fees as their treasury, and the signatures that a collector has."""

    def __init__(self, rig: Rig, terms: BondTerms = TERMS) -> None:
        self.rig = rig
        self.domain: Domain = rig.settlement.domain
        self.owners = dict(zip((FEES, ALICE, BOB), rig.owners, strict=True))
        self.results = SignedResults([validator.address for validator in rig.validators])
        self.context = ChainContext(
            rig.settlement.host(), REGISTER, self.owners.__getitem__, validators=rig.validators, run=RUN,
            settled_epoch=lambda: rig.settlement.head().epoch, results=self.results, domain=self.domain.separator,
        )  # fmt: skip
        for owner in (ALICE, BOB):
            self.context.host.give(self.owners[owner].address, CASH, MONEY)
        self.bonds = Bonds(terms, "fees")
        self.bonds.deploy(self.context)
        self.calls = 0

    def pass_epochs(self, number: int) -> None:
        for _ in range(number):
            self.rig.settle(self.rig.batch())

    def signs(self, validator: int, batch: Batch, twice: bool = False) -> None:
        """The collector gets a signature of a validator, or two on two results."""
        for each in (batch, rival_of(batch)) if twice else (batch,):
            self.results.add(validator, self.result(self.rig.validators[validator], each))

    def result(self, key: Wallet, batch: Batch, domain: Domain | None = None) -> SignedResult:
        digest = batch.digest(domain or self.domain)
        return SignedResult(batch, digest, key.sign(digest))

    def statement(self, key: Wallet, batch: Batch, domain: Domain | None = None) -> Statement:
        """What this key says of this batch, under the domain of the settlement or another one."""
        return statement_of(self.result(key, batch, domain), (domain or self.domain).separator)

    def call(self, account: str, function: str, *arguments: int) -> Numbers:
        self.calls += 1
        return called(self.bonds, self.context, self.calls, account, function, *arguments)

    def shows(self, one: Any, other: Any) -> Numbers:
        """Bob shows the contract two statements of his own making."""
        shown = tuple(one), tuple(other)
        return self.context.host.invoke(self.owners[BOB], self.bonds.place, "report", *shown).numbers

    def wallets(self) -> tuple[int, ...]:
        numbers = map(REGISTER.accounts.__getitem__, PEOPLE)
        return tuple(self.context.host.in_wallet(self.owners[number].address, CASH) for number in numbers)

    def held(self) -> int:
        return int(self.bonds.reconcile(self.context)["held"])
