"""Proof of reserves: what is owed is the fold of the journal, what is held is what the chain says, a hole is found."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim import Options, simulate
from market_sim.analysis.alerts import alerts
from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.reserves import holes, last_of_each, reserves, verdict
from market_sim.analysis.words import Words
from market_sim.blockchain.in_memory import InMemorySettlement
from market_sim.blockchain.settlement import Moment, Statement
from market_sim.core.data import archive
from market_sim.core.data.finished_journal import FinishedJournal
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Entry
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, VaultShort
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.wallet_and_vault import WalletAndVault
from market_sim.ui.cli.main import main
from tests.unit.blockchain.town import Town


class LosingVault(InMemorySettlement):
    """A vault from which a thief takes seven cents after its first block."""

    def statement(self, at: Moment = "latest") -> Statement:
        balances, (cash, *rest), claimable = super().statement(at)
        return Statement(balances, (cash - 7 * (self.head().height > 1), *rest), claimable)


@dataclass
class Life:
    """A town whose accounts bring in, trade, take out and claim, and the naive sums at each comparison."""

    town: Town = field(default_factory=Town)
    waiting: list[Entry] = field(default_factory=list)
    """Entries that are in no block yet."""

    def play(self, steps: list[tuple[str, int]]) -> None:
        for step, amount in steps:
            if step == "in":
                self.waiting.append(self.town.deposit("alice", "USD", amount))
            elif step == "out":
                self.waiting.append(self.town.withdraw("bob", "ACME", 1))
            elif step == "deal":
                self.waiting.append(self.town.trade(amount, 1, taker_fee=1))
            elif step == "claim" and self.town.service.settlement.claimable(3, 1):
                self.town.service.vault.claim("bob", "ACME")
            elif step == "block":
                self.town.finalize(self.town.block(*self.waiting))
                self.waiting = []

    def naive(self) -> dict[str, int]:
        """What every account is owed by all entries, token by token, with a fold of everything."""
        fold = Fold()
        for event in (*self.town.opening, *self.town.entries.values()):
            fold.add(event)
        sums = dict.fromkeys(("USD", "ACME"), 0)
        for assets in fold.balances.values():
            for asset, amount in assets.items():
                sums[asset] += amount
        return sums


STEPS = st.lists(st.tuples(st.sampled_from(["in", "out", "deal", "claim", "block"]), st.integers(1, 20)), max_size=8)


@given(STEPS)
def test_what_is_owed_is_the_fold_and_what_is_held_is_what_the_vault_says(steps: list[tuple[str, int]]) -> None:
    life = Life()
    life.play([*steps, ("block", 1)])
    life.town.service.reconcile()  # a block without entries is not settled alone, and a claim may come after the last
    found = reserves(recorded(life.town))
    assert not holes(found) and all(one.beyond == 0 for one in found)
    stated, owed = life.town.service.settlement.statement(), life.naive()
    for number, one in enumerate(last_of_each(found)):
        assert (one.held, one.owed, one.claimable) == (stated.held[number], owed[one.token], stated.claimable[number])


def recorded(town: Town) -> Journal:
    """The journal of a town with its entries, which the exchange would have recorded: before what the vault did."""
    journal, told = Journal(), set[int]()
    for event in town.journal:
        number = getattr(event, "trade", 0)
        if number in town.entries and number not in told:
            told.add(number)
            journal.record(town.entries[number])
        journal.record(event)
    return journal


def test_a_life_reaches_a_withdrawal_that_waits_for_its_claim_and_a_deposit_before_its_block() -> None:
    """The canary of the test above."""
    life = Life()
    life.play([("in", 500), ("out", 1), ("deal", 7), ("block", 1), ("in", 3)])
    life.town.service.reconcile()
    _, shares = last_of_each(reserves(recorded(life.town)))
    assert (shares.owed, shares.claimable, shares.held) == (9, 1, 10)
    cash, _ = last_of_each(reserves(recorded(life.town)))
    assert (cash.owed, cash.held, cash.block) == (1_503, 1_503, 1)
    life.play([("claim", 1), ("block", 1)])
    _, shares = last_of_each(reserves(recorded(life.town)))
    assert (shares.owed, shares.claimable, shares.held) == (9, 0, 9)


def test_a_hole_ends_the_run_and_is_found_to_the_cent_at_its_block() -> None:
    town = Town(settlement=LosingVault())
    town.finalize(town.block(town.trade(100, 2)))
    with pytest.raises(InvariantBroken, match="the vault holds 993 USD and owes 1000"):
        town.finalize(town.block(town.trade(100, 1)))
    found = reserves(town.journal)
    (hole,) = holes(found)
    assert (hole.block, hole.token, hole.held, hole.owed, hole.beyond) == (2, "USD", 993, 1_000, -7)
    assert [one.beyond for one in found if one is not hole] == [0] * 4
    words = Words(town.journal)
    assert verdict(found, words) == "a hole of 0.07 USD at block 2: the vault holds 9.93 USD and owes 10.00 USD"
    (event,) = town.of(VaultShort)
    assert EventSentences(town.journal).sentence(event) == (
        "the vault holds 9.93 USD and owes 10.00 USD: a hole of 0.07 USD"
    )
    (alert,) = [one for one in alerts(town.journal) if one.code == "VAULT_SHORT"]
    assert alert.sentence == "the vault holds 9.93 USD and owes 10.00 USD" and alert.severity == "serious"


def with_hole(journal: Journal) -> Journal:
    """The same run, but its third comparison says that seven cents of the vault are gone, as if none had looked."""
    copy, seen = Journal(), 0
    for event in journal:
        seen += isinstance(event, Reconciled)
        changed: Event = event
        if isinstance(event, Reconciled) and seen == 3:
            cash, *rest = event.surplus
            changed = Reconciled(event.time, event.last, event.balances, event.totals, (cash - 7, *rest))
        copy.record(changed)
    return copy


def test_the_command_prints_the_reserves_and_finds_a_hole_that_the_run_did_not(tmp_path, capsys) -> None:
    journal = simulate(EscrowScenario(), Options(epochs=6, settlement="memory")).journal
    archive.save(journal, tmp_path / "whole")
    archive.save(with_hole(journal), tmp_path / "holed")
    archive.save(simulate(EscrowScenario(), Options(epochs=2, settlement="none")).journal, tmp_path / "none")
    assert main(["reserves", str(tmp_path / "whole"), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    compared = len(list(journal.of(Reconciled)))
    assert len(lines) == 2 + 2 * compared
    assert lines[-1] == (
        f"the vault was compared {compared} times, with 2 tokens, and held at least what it owed each time"
    )
    owed = sum(event.totals[0] for event in journal.of(Reconciled))
    told = [line.split() for line in lines if " USD " in line]
    assert sum(round(float(cells[3].replace(",", "")) * 100) for cells in told) == owed
    assert main(["reserves", str(tmp_path / "holed")]) == 1
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.endswith("-0.07")]
    assert row.split()[:2] == ["2", "USD"]
    assert main(["reserves", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == "this run settled on no chain, so there is no vault\n"


def test_a_batch_that_the_chain_has_and_nobody_was_told_of_yet_counts_where_the_chain_was_compared() -> None:
    """On a node a batch counts as settled after further blocks; a comparison before that is one with the batch."""
    told = simulate(WalletAndVault(), Options(epochs=10, settlement="memory")).journal
    early, moved = list(told), 0
    for place in range(1, len(early)):
        compared, settled = early[place], early[place - 1]
        if isinstance(compared, Reconciled) and isinstance(settled, BlockSettled):
            early[place - 1], early[place] = compared, settled
            moved += 1
    assert moved > 5
    right = [one._replace(event=0) for one in reserves(told)]
    assert any(one.claimable for one in right), "a withdrawal waits for its claim"
    assert [one._replace(event=0) for one in reserves(FinishedJournal(early))] == right
    assert not holes(right)
