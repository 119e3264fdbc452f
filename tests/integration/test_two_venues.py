"""Two venues in one run: a book each, one account for both, one count of entries, one settlement that is reconciled."""

from __future__ import annotations

import re
from itertools import product

import pytest

from market_sim.analysis.history.book_history import books, markets_of
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Buy, Cancel
from market_sim.core.models.market_events import Deposited, PhaseChanged, Trade, Transferred, Withdrawn
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, TradeRefused
from market_sim.market.agents.reports import Filled
from market_sim.market.exchange.invariants import check
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.two_venues import FAST, SLOW, WATCHER, TwoVenues
from market_sim.simulation.session import Session

EPOCHS = 6


@pytest.fixture(scope="module", params=["memory", "eth-tester"])
def ran(request: pytest.FixtureRequest) -> Session:
    """The scenario, played with all checks, on a twin of the contracts and on the contracts."""
    session = Session(TwoVenues(), Options(epochs=EPOCHS, settlement=request.param, paranoid=True))
    session.run()
    return session


def test_the_trades_of_both_venues_have_one_count_and_are_paid_out_in_it(ran):
    journal = ran.journal
    entries = [event for event in journal.since(0) if isinstance(event, (Trade, Transferred, Withdrawn))]
    assert [entry.trade for entry in entries] == [*range(1, len(entries) + 1)]
    settled = [*journal.of(BlockSettled)]
    paid = entries[: sum(block.trades for block in settled)]
    assert len(paid) > 50
    assert {trade.venue for trade in paid if isinstance(trade, Trade)} == {FAST, SLOW}
    assert not [*journal.of(TradeRefused)]


def test_what_the_chain_holds_is_the_one_journal_of_both_venues_added_up(ran):
    settled, reconciled = [*ran.journal.of(BlockSettled)], [*ran.journal.of(Reconciled)]
    assert reconciled[-1].last == settled[-1].last
    brought = [0, 0]
    for event in ran.journal.of(Deposited):
        brought[event.asset == "ACME"] += event.amount
    assert reconciled[-1].totals == tuple(brought)  # one token of cash, one of the share


def test_nothing_is_made_or_lost_and_both_books_are_sound(ran):
    ran.world.check()
    venues = [*ran.world.venues.by_name.values()]
    assert [venue.name for venue in venues] == [FAST, SLOW]
    assert check(*venues) == []
    for asset in ("USD", "ACME"):
        brought = sum(event.amount for event in ran.journal.of(Deposited) if event.asset == asset)
        assert sum(account.balance(asset).total for account in ran.world.ledger.accounts.values()) == brought


def test_each_book_is_drawn_for_itself_and_ends_as_the_venue_has_it(ran):
    journal = ran.journal
    assert {listed.book for listed in books(journal)} == {f"ACME on {FAST}", f"ACME on {SLOW}"}
    markets, _ = markets_of(journal, TimeAxis.of(journal))
    for market in markets:
        bids, asks = ran.world.venues.by_name[market.venue].listings["ACME"].book.depth(1_000)
        assert (market.ended.bids, market.ended.asks) == (dict(bids), dict(asks))
        assert {trade.venue for trade in market.trades} == {market.venue}


def test_one_account_trades_on_both(ran):
    mine = [trade.venue for trade in ran.journal.of(Trade) if trade.taker == WATCHER]
    assert {*mine} == {FAST, SLOW}


def test_a_run_with_two_venues_is_played_again_from_its_journal_with_what_came_from_outside():
    session = Session(TwoVenues(), Options(epochs=4, settlement="none"))
    session.step(epoch=1)
    [order] = session.submit(WATCHER, Buy("ACME", 1, 5_000, venue=SLOW))
    session.phase("pause")
    assert [*session.world.venues.by_name[SLOW].accounts[WATCHER].open] == [order.order]
    session.step(epoch=2)
    session.submit(WATCHER, Cancel(order.order))
    session.phase("resume")
    result = session.run()
    halted = {(event.venue, event.phase) for event in result.journal.of(PhaseChanged)}
    assert halted == set(product((FAST, SLOW), ("halted", "call", "continuous")))
    assert Session.replay(result.journal).run().fingerprint == result.fingerprint


def number(pattern: str, said: str) -> int:
    """The one number in a part of the sentence; an amount in its smallest unit."""
    [found] = re.findall(pattern, said)
    return int(found.replace(",", "").replace(".", ""))


def counted_again(journal: Journal) -> tuple[dict[str, int], int]:
    """Trades by venue, and how far the last prices of the two ever were apart."""
    trades = [*journal.of(Trade)]
    counts = {venue: len([trade for trade in trades if trade.venue == venue]) for venue in (FAST, SLOW)}
    apart = 0
    for place in range(len(trades)):
        lasts = [[each.price for each in trades[: place + 1] if each.venue == venue][-1:] for venue in (FAST, SLOW)]
        if all(lasts):
            apart = max(apart, abs(lasts[0][0] - lasts[1][0]))
    return counts, apart


@pytest.mark.parametrize(
    "scenario",
    [
        TwoVenues(traders=traders, slow_ms=slow, shock_percent=shock)
        for traders, slow, shock in product((0, 5), (1, 1_000, 100_000), (-80.0, 0.0, 500.0))
    ],
    ids=lambda scenario: f"{scenario.traders}-{scenario.slow_ms}-{scenario.shock_percent:g}",
)
def test_the_conclusion_is_true_whatever_the_parameters_are(scenario):
    journal = simulate(scenario, Options(epochs=EPOCHS, settlement="none")).journal
    said = scenario.conclusion(journal)
    counts, apart = counted_again(journal)
    assert number(rf"([\d,]+) trades? on {FAST}", said) == counts[FAST]
    assert number(rf"([\d,]+) on {SLOW}", said) == counts[SLOW]
    if all(counts.values()):
        assert number(r"at most ([\d,.]+) apart", said) == apart
    else:
        assert "apart" not in said
    mine = [trade for trade in journal.of(Trade) if trade.taker == WATCHER]
    if not mine:
        assert said.endswith("the arbitrageur never found a bid above an ask of the other venue.")
        return
    for side, word in ((1, "bought"), (-1, "sold")):
        chosen = [trade for trade in mine if trade.side == side]
        assert number(rf"{word} ([\d,]+) shares", said) == sum(trade.quantity for trade in chosen)
        assert number(rf"{word} [\d,]+ shares for ([\d,.]+\d)", said) == sum(t.quantity * t.price for t in chosen)
    assert number(r"before fees of ([\d,.]+\d)", said) == sum(trade.taker_fee for trade in mine)


def test_a_participant_is_told_the_venue_of_its_orders_and_of_its_fills():
    session = Session(TwoVenues(), Options(epochs=2, settlement="none"))
    session.step(epoch=1)
    agents = session.world.agents
    for venue in (FAST, SLOW):
        assert {order.venue for order in agents[f"maker-{venue}"].view.orders} == {venue}
    told = {report.order: report.venue for report in agents[WATCHER].view.reports if isinstance(report, Filled)}
    assert told == {trade.taker_order: trade.venue for trade in session.journal.of(Trade) if trade.taker == WATCHER}
    assert set(told.values()) == {FAST, SLOW}


def test_pausing_one_instrument_pauses_it_on_every_venue():
    session = Session(TwoVenues(), Options(epochs=2, settlement="none"))
    session.phase("pause", "ACME")
    assert {venue.listings["ACME"].phase for venue in session.world.venues.by_name.values()} == {"halted"}
