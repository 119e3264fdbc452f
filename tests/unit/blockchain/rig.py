"""A rig for settlement tests: four validators, three accounts, two tokens, and batches written by hand.

The same rig stands on the in-memory settlement and on contracts, so that a test can ask both.
"""

from __future__ import annotations

from typing import Any

from market_sim.blockchain.certificate import Batch, Domain, Header, Wallet, attested, certificate
from market_sim.blockchain.contracts import ChainContext, ComparesRefusals, ContractAdapter
from market_sim.blockchain.execution import Row, packed_exits, packed_rows
from market_sim.blockchain.in_memory import InMemorySettlement
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import ChainReverted, Genesis, Receipt
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted
from market_sim.core.randomness import Randomness

GENESIS = bytes([7]) * 32
RUN = bytes([8]) * 32
CASH, SHARES = 0, 1
FEES, ALICE, BOB = 1, 2, 3
DEPOSITS = (
    Balance(FEES, CASH, 5),
    Balance(ALICE, CASH, 1_000),
    Balance(ALICE, SHARES, 2),
    Balance(BOB, CASH, 300),
    Balance(BOB, SHARES, 10),
)


def wallet(who: str) -> Wallet:
    return Wallet.of(Randomness(1), who)


def attestation(rig: Rig, kind: bytes, *values: int) -> bytes:
    """The certificate of what validators attest beside batches."""
    digest = attested(rig.settlement.domain, kind, *values)
    return certificate({signer: rig.validators[signer].sign(digest) for signer in (0, 1, 2)})


def travel(rig: Rig, seconds: int) -> None:
    """Let time pass on the chain of a rig; the one in memory has a number for it."""
    chain = getattr(rig.settlement, "chain", None)
    if chain is None:
        rig.settlement.time += seconds
    else:
        chain.travel(seconds)


class Rig:
    """An opened settlement and the keys to it."""

    def __init__(self, settlement: Any = None, validators: int = 4, run: bytes = RUN) -> None:
        self.settlement = settlement or InMemorySettlement()
        self.validators = [wallet(f"validator/{number}") for number in range(validators)]
        self.owners = [wallet(f"account/{number}") for number in (FEES, ALICE, BOB)]
        self.settlement.open(
            Genesis(
                GENESIS,
                tuple(validator.address for validator in self.validators),
                (Token(CASH, "USD", 2), Token(SHARES, "ACME", 0)),
                tuple(owner.address for owner in self.owners),
                DEPOSITS,
                run,
            )
        )

    def batch(self, *rows: tuple[int, int, int], exits: tuple[int, ...] = (), **changes: Any) -> Batch:
        """The batch that may come next, with these rows; `changes` falsifies its header."""
        head = self.settlement.head()
        first = head.height + 1
        header = Header(1, first, first, head.epoch + 1, head.block, bytes([first]) * 32, bytes([99]) * 32, 1)
        return Batch(header._replace(**changes), packed_rows(Row(*row) for row in rows), packed_exits(exits))

    def sale(self, shares: int = 1, cash: int = 100, **changes: Any) -> Batch:
        """Alice buys shares from Bob."""
        rows = (ALICE, CASH, -cash), (ALICE, SHARES, shares), (BOB, CASH, cash), (BOB, SHARES, -shares)
        return self.batch(*rows, **changes)

    def signatures(
        self, batch: Batch, signers: tuple[int, ...] = (0, 1, 2), domain: Domain | None = None
    ) -> dict[int, bytes]:
        digest = batch.digest(domain or self.settlement.domain)
        return {signer: self.validators[signer].sign(digest) for signer in signers}

    def certified(self, batch: Batch, signers: tuple[int, ...] = (0, 1, 2), domain: Domain | None = None) -> bytes:
        return certificate(self.signatures(batch, signers, domain))

    def settle(self, batch: Batch, signed: bytes | None = None) -> Receipt:
        """Relay a batch; raises what the settlement answers."""
        signed = self.certified(batch) if signed is None else signed
        prepared = self.settlement.prepare(batch, signed, self.settlement.next_nonce(), attempt=0)
        if self.settlement.send(prepared.raw) != "sent":
            raise AssertionError("the transaction was not taken")
        receipt = self.settlement.receipt(prepared.transaction)
        if not receipt.succeeded:
            raise ChainReverted(receipt.error, receipt.arguments)
        return receipt


def called(
    contract: ContractAdapter, context: ChainContext, number: int, account: str, function: str, *arguments: int | str
) -> Numbers:
    """Make a call as a run does: one that is made is counted, and a refusal is compared with that of the twin."""
    what = 0, number, account, contract.name, function
    submitted = CallSubmitted(*what, arguments)
    owner = context.wallet(context.register.accounts[account])
    contract.check(account, function, arguments, context.register)
    try:
        done = contract.execute(context, owner, function, arguments)
    except ChainReverted as refused:
        if isinstance(contract, ComparesRefusals):
            contract.refused(submitted, refused, context)
        raise
    contract.count(submitted, CallExecuted(*what, True, "", done.numbers, done.transaction, done.gas), context)
    return done.numbers
