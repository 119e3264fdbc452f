"""The three clocks of accounts: what differs in a split and agrees after it, whom an undoing hurts, and lost blocks."""

from __future__ import annotations

from collections import Counter

import pytest

from market_sim import Options, Session, simulate
from market_sim.analysis.accounts_by_clock import EXCESS, TRADING, as_of, epochs_of
from market_sim.analysis.clock_tables import clock_rows, entries_sentence, lost_sentence, undone_sentence
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, EpochStarted
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.core.models.mechanism_events import MarginCalled
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.streamlet_faults import Partition


@pytest.fixture(scope="module")
def split() -> Journal:
    return simulate(Partition(), Options(settlement="memory")).journal


def naive(journal: Journal, epoch: int) -> tuple[list[int], dict[str, list[int]]]:
    """The number of trades and the shares of each account at each clock, from events alone; only trades are entries."""
    ends = next((event.time for event in journal.of(EpochStarted) if event.epoch > epoch), None)
    events = [event for event in journal if ends is None or event.time < ends]
    held = {one.block: one.trades for one in events if isinstance(one, BlockProposed)}
    final = {one.height: held[one.block] for one in events if isinstance(one, BlockFinalized)}
    paid = sum(one.trades for one in events if isinstance(one, BlockSettled))
    trades = [one for one in events if isinstance(one, Trade)]
    counts = [len(trades), sum(final.values()), paid]
    shares: list[Counter[str]] = []
    for count in counts:
        brought = (one for one in events if isinstance(one, Deposited) and one.asset == "ACME")
        found = Counter({one.account: one.amount for one in brought})
        for trade in trades[:count]:
            found[trade.taker] += trade.side * trade.quantity
            found[trade.maker] -= trade.side * trade.quantity
        shares.append(found)
    return counts, {account: [one[account] for one in shares] for account in shares[0]}


def test_positions_at_each_clock_are_those_of_a_naive_count(split: Journal) -> None:
    for epoch in epochs_of(split):
        counts, shares = naive(split, epoch)
        found = as_of(split, epoch)
        assert list(found.entries) == counts
        positions = [row for row in found.rows if row.figure == "ACME"]
        assert {row.account: list(row[3:]) for row in positions} == shares
        assert {row.account: row.undone for row in positions} == {
            one: held[1] - held[0] for one, held in shares.items()
        }


def test_the_columns_differ_in_the_split_and_agree_to_the_cent_when_all_is_paid() -> None:
    session = Session(Partition(), Options(settlement="memory"))
    session.step(epoch=9)
    session.phase("pause")  # nobody trades any more, so the chain can catch up
    journal = session.run().journal
    for epoch in (4, 5, 6):
        found = as_of(journal, epoch)
        assert found.entries[0] > found.entries[1] == found.entries[2] == as_of(journal, 4).entries[1]
        assert any(row.matched != row.finalized for row in found.rows if row.figure == TRADING)
        assert any(row.matched != row.finalized for row in found.rows if row.figure == "ACME")
    at_the_end, words = as_of(journal, epochs_of(journal)[-1]), Words(journal)
    assert at_the_end.entries[0] == at_the_end.entries[1] == at_the_end.entries[2] > as_of(journal, 6).entries[0]
    assert all(row.matched == row.finalized == row.settled for row in at_the_end.rows)
    assert any(row.matched for row in at_the_end.rows if row.figure == TRADING)
    assert undone_sentence(at_the_end, words) == "all of them are final, so nothing can be undone"


def test_an_undoing_gives_what_it_takes_and_the_sentence_names_who_is_hurt(split: Journal) -> None:
    words, hurt = Words(split), 0
    for epoch in epochs_of(split):
        found = as_of(split, epoch)
        for figure in (TRADING, "ACME"):
            assert sum(row.undone or 0 for row in found.rows if row.figure == figure) == 0
        told = undone_sentence(found, words)
        cost, _, spared = told.partition(" and spare ")
        for change, account, currency in found.changes():
            assert f"{account} {words.amount(currency, abs(change))}" in (cost if change < 0 else spared)
            hurt += change < 0
    assert hurt > 10


def test_a_block_that_lost_its_place_undoes_nothing(split: Journal) -> None:
    assert not as_of(split, 6).lost  # nothing is final at their heights yet
    found = as_of(split, epochs_of(split)[-1])
    final = {one.block for one in split.of(BlockFinalized)}
    during = [one for one in split.of(BlockProposed) if one.epoch in (4, 5, 6)]
    assert [one.block for one in found.lost] == [one.block for one in during]
    assert not final & {one.block for one in during}
    assert [one.entries for one in found.lost] == [one.final for one in found.lost] == [one.trades for one in during]
    total = sum(one.trades for one in during)
    names = ", ".join(Words(split).block(one.block) for one in during[:2])
    assert lost_sentence(found, Words(split)) == (
        f"{names} and {Words(split).block(during[2].block)} can never become final, because others are final at their "
        f"heights; of {total} trades there, all came again and are final in other blocks"
    )


def test_a_margin_account_has_its_excess_at_each_clock() -> None:
    journal = simulate(MarginCall(), Options(settlement="memory")).journal
    called = next(journal.of(MarginCalled))
    early = Journal()
    for event in journal:  # the account as the broker saw it when it called
        early.record(event)
        if event is called:
            break
    excess = {one.account: one.matched for one in as_of(early, epochs_of(early)[-1]).rows if one.figure == EXCESS}
    assert excess[called.account] == called.equity - called.requirement < 0
    rows = [one for epoch in epochs_of(journal) for one in as_of(journal, epoch).rows if one.figure == EXCESS]
    assert any(one.matched != one.finalized for one in rows)


def test_a_run_without_a_chain_has_two_clocks_and_one_without_validators_none() -> None:
    journal = simulate(Partition(), Options(epochs=4, settlement="none")).journal
    found, words = as_of(journal, 4), Words(journal)
    assert found.entries[2] is None and {row.settled for row in found.rows} == {None}
    assert {row[4] for row in clock_rows(found, words)} == {"–"}
    matched, final, _ = found.entries
    assert entries_sentence(found, words) == f"{matched} trades were matched by then, {final} were final"
    with pytest.raises(InputError, match="this run has the epochs 1 to 4, there is no epoch 5"):
        as_of(journal, 5)
    with pytest.raises(InputError, match="no validators"):
        epochs_of(Journal())
