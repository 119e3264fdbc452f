"""A sandwich on the book: what reading an order on its way is worth, who pays it, and what cures it."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim import Options, simulate
from market_sim.analysis.extraction import extractions, lines, rows, sentence
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.page import timeline_page
from market_sim.analysis.words import Words
from market_sim.blockchain.extracted_value import NO_LEADER, extracted, extracted_by_leader
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockProposed, CallsOrdered
from market_sim.core.models.event import Event
from market_sim.core.models.intents import Buy, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderRead, OrderRejected, Trade
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.market.exchange.order_of_arrival import Resting, episodes, gains_by_reader, play
from market_sim.market.exchange.terms import shown
from market_sim.simulation.scenarios.book_sandwich import BUYER, READER, BookSandwich
from market_sim.simulation.scenarios.reckoning import trading_gain
from market_sim.simulation.scenarios.sandwich import SandwichScenario
from market_sim.ui.cli.main import main
from tests.integration.test_sandwich import run as at_the_pool

CLEAN = 1
"""A seed with which nobody else trades meanwhile, so that no shares are left."""


@cache
def result(way: str = "open", seed: int = 7, **fields: int) -> Result:
    return simulate(BookSandwich(way=way, **fields), Options(seed=seed, settlement="none", paranoid=True))


def accepted(order: int, account: str, terms: PlaceOrder) -> OrderAccepted:
    return OrderAccepted(0, order, account, terms)


ASKS = {1: Resting("maker", -1, 101, 10), 2: Resting("maker", -1, 103, 10), 3: Resting("other", -1, 106, 10)}


def test_the_price_of_an_order_that_somebody_else_is_before() -> None:
    """By hand: the reader buys the level at 101, and sells it to the buyer at 102, one tick below the next."""
    first = accepted(4, "reader", Buy("ACME", 10, 101, time_in_force="ioc"))
    second = accepted(5, "reader", Sell("ACME", 10, 102))
    read = accepted(6, "buyer", Buy("ACME", 15, 105))
    assert play(ASKS, [first, second, read]) == {
        "reader": (0, 10), "maker": (-15, 1_010 + 515), "buyer": (15, -1_020 - 515),
    }  # fmt: skip
    assert play(ASKS, [read, first, second]) == {"maker": (-15, 1_010 + 515), "buyer": (15, -1_525)}


def test_a_book_that_is_played_keeps_the_rules_of_orders() -> None:
    """All of it or nothing; no trade with oneself; an amended quantity counts what has traded."""
    assert play(ASKS, [accepted(4, "ann", Buy("ACME", 31, 110, time_in_force="fok"))]) == {}
    assert play(ASKS, [accepted(4, "ann", Buy("ACME", 30, 110, time_in_force="fok"))])["ann"] == (30, -3_100)
    assert play(ASKS, [accepted(4, "other", Buy("ACME", 25, 110))]) == {"other": (20, -2_040), "maker": (-20, 2_040)}
    steps = [accepted(4, "ann", Buy("ACME", 15, 101)), OrderAmended(0, 4, 12, 101, True), sells(5, 9)]
    assert play(ASKS, steps)["ann"] == (10 + 2, -1_010 - 202), "10 had traded, so 2 of the 12 wait"
    assert play(ASKS, [*steps[:1], OrderAmended(0, 4, 10, 101, True), sells(5, 9)])["ann"] == (10, -1_010)


def sells(order: int, quantity: int) -> OrderAccepted:
    return accepted(order, "bob", Sell("ACME", quantity, 101))


def told_of(*happened: tuple) -> list:
    """The episodes of a journal in which the maker asks 100 and these follow: at, account, terms, or an event."""
    journal = Journal()
    journal.record(OrderAccepted(0, 1, "maker", Sell("ACME", 10, 100)))
    for number, one in enumerate(happened, start=2):
        journal.record(one if isinstance(one, Event) else OrderAccepted(one[0], number, *one[1:]))
    return episodes(journal)


def test_an_episode_is_that_of_one_order_and_of_its_own_book() -> None:
    mine, read = Buy("ACME", 1, 100), Buy("ACME", 5, 100)
    seen = [OrderRead(1, "reader", "buyer", "ACME", 1, 5, 100, 9) for _ in range(2)]
    first, second = told_of(*seen, (2, "reader", mine), (9, "buyer", read), (9, "buyer", read))
    assert [step.order for step in first.steps] == [4, 5] and [step.order for step in second.steps] == [4, 5, 6]
    refused = OrderRejected(9, "buyer", shown(read), "INSUFFICIENT_CASH", {})
    assert told_of(seen[0], (2, "reader", mine), refused, (20, "buyer", read)) == [], "the second one was not read"
    for other in (Buy("ACME", 5), Buy("ACME", 5, 1_000), Buy("ACME", 50, 100)):
        refused = OrderRejected(9, "buyer", shown(other), "INSUFFICIENT_CASH", {})
        assert len(told_of(seen[0], (2, "reader", mine), refused, (20, "buyer", read))) == 1, "another was refused"
    elsewhere = PlaceOrder("ACME", 1, 1, 100, venue="SIM-B")
    assert told_of(seen[0], (2, "reader", elsewhere), (9, "buyer", read)) == [], "the reader was in another book"
    hidden = Buy("ACME", 1, 100, hidden=True)
    assert told_of(seen[0], (2, "reader", hidden), (9, "buyer", read)) == [], "what is hidden is not in this book"


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cid"]), st.sampled_from([1, -1]), st.integers(1, 20), st.integers(98, 108),
        st.sampled_from(["gtc", "ioc"]),
    ),
    max_size=8,
)  # fmt: skip


@given(ORDERS, st.randoms(use_true_random=False))
def test_in_every_order_what_some_gain_others_lose(orders, luck) -> None:
    steps = [
        accepted(10 + place, who, PlaceOrder("ACME", side, quantity, limit, force))
        for place, (who, side, quantity, limit, force) in enumerate(orders)
    ]
    for _ in range(2):
        moved = play(ASKS, steps)
        assert [sum(amounts) for amounts in zip(*moved.values(), strict=True)] in ([], [0, 0])
        luck.shuffle(steps)


@pytest.mark.parametrize("seed", [7, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2, 3))])
def test_played_as_it_was_an_episode_makes_the_trades_of_the_run(seed: int) -> None:
    """The model of the book is the exchange's: otherwise the difference of two orders would be that of two books."""
    journal = result(seed=seed).journal
    found = episodes(journal)
    assert len(found) >= 8
    for episode in found:
        orders = {step.order for step in episode.steps if isinstance(step, OrderAccepted)}
        traded: dict[str, tuple[int, int]] = {}
        for trade in journal.of(Trade):
            if trade.taker_order in orders:
                for account, side in ((trade.taker, trade.side), (trade.maker, -trade.side)):
                    shares, money = traded.get(account, (0, 0))
                    money -= side * trade.quantity * trade.price
                    traded[account] = shares + side * trade.quantity, money
        assert {name: each for name, each in play(episode.before, episode.steps).items()} == traded


def test_the_reader_gains_what_the_buyer_loses_and_its_own_trades_say_the_same() -> None:
    journal = result(seed=CLEAN).journal
    changed = gains_by_reader(journal)[READER]
    gain = changed[READER]
    assert gain[1] > 0 and gain[0] == 0
    assert [sum(amounts) for amounts in zip(*changed.values(), strict=True)] == [0, 0]
    assert changed[BUYER] == (0, -gain[1]), "the makers sell the same shares at the same prices"
    assert gain[1] == trading_gain(journal, READER), "what it gained at all it gained by being there first"
    assert BookSandwich().holds(journal)
    assert f"reader +{gain[1] / 100:.2f}, which sum to 0.00" in BookSandwich().conclusion(journal)


def test_nobody_reads_what_is_sealed_and_the_buyer_pays_less() -> None:
    scenario, journal = BookSandwich(way="sealed"), result("sealed").journal
    assert not list(journal.of(OrderRead)) and not gains_by_reader(journal) and not scenario.holds(journal)
    assert scenario.conclusion(journal).startswith("The reader was there before no order in continuous trading")
    assert trading_gain(journal, BUYER) > trading_gain(result().journal, BUYER)


def test_in_an_auction_the_reader_buys_at_the_price_of_the_buyer_and_loses() -> None:
    scenario, journal = BookSandwich(way="auction"), result("auction").journal
    assert list(journal.of(OrderRead)), "it reads the orders all the same"
    assert any(trade for trade in journal.of(Trade) if READER in (trade.maker, trade.taker)), "and it trades on them"
    assert trading_gain(journal, READER) < 0 and not gains_by_reader(journal) and not scenario.holds(journal)


def test_an_order_without_a_way_cannot_be_read() -> None:
    assert not list(result(latency_ms=0).journal.of(OrderRead))
    with pytest.raises(InputError, match="travel and trade open, sealed, auction, found 'fast'"):
        result("fast")


def test_summary_page_and_table_say_by_whom_and_from_whom(capsys, tmp_path) -> None:
    told = result()
    found, words = extractions(told.journal), Words(told.journal)
    assert {one.by for one in found} == {READER} and found[0].account == READER and found[-1].account == BUYER
    assert sum(one.quote for one in found) == sum(one.base for one in found) == sum(one.worth for one in found) == 0
    lost = f"{-found[-1].worth / 100:,.2f} USD"
    assert sentence(found, words).startswith(f"The order that reader chose took {lost} from buyer; what some have less")
    [*_, (by, at, account, _, _, worth)] = rows(found, words)
    assert (by, at, account, worth) == (READER, "ACME", BUYER, f"{found[-1].worth / 100:+,.2f} USD")
    assert [(one["account"], one["quote"], one["worth"]) for one in told.extracted] == [
        (one.account, one.quote, one.worth) for one in found
    ]
    page = timeline_page(told)
    assert "What the order gave and took" in page and worth in page
    assert main(["--scenario", "book-sandwich", "--headless", "--no-plot", "--no-settle", "--out", str(tmp_path)]) == 0
    assert f"extracted by the order of calls and orders\n{lines(found, words)[0]}\n" in capsys.readouterr().out


def test_the_extraction_at_a_pool_is_told_by_leader() -> None:
    journal = at_the_pool(SandwichScenario(order="front-run"))
    by_leader = extracted_by_leader(journal, "amm")
    total = extracted(journal, "amm")
    assert len(by_leader) > 1 and set(total) == {name for changed in by_leader.values() for name in changed}
    proposers = {event.block: event.proposer for event in journal.of(BlockProposed)}
    ordering = {proposers[event.block] for event in journal.of(CallsOrdered)}
    for leader, changed in by_leader.items():
        assert leader in ordering
        assert [sum(amounts) for amounts in zip(*changed.values(), strict=True)] == [0, 0]
    found = extractions(journal)
    for account, held in total.items():
        assert sum(one.quote for one in found if one.account == account) == held.quote
    assert all(one.by == "n0" for one in extractions(at_the_pool(SandwichScenario(), seed=7)))
    assert not extractions(at_the_pool(SandwichScenario(order="honest"))) and sentence([], Words(journal)) == ""
    lost = -sum(one.worth for one in found if one.worth < 0 and one.account == "shopper") / 100
    said = sentence(found, Words(journal))
    assert f" chose took {lost:,.2f} USD from shopper; what some have less others have more." in said
    assert said.startswith("The order that n")


def test_what_a_byzantine_leader_extracts_is_told_of_it_as_of_any_other() -> None:
    """It follows the protocol in all epochs but two, so its block may become final; its order of calls is on record."""
    journal = at_the_pool(SandwichScenario(), byzantine="n3:silent@6-7", seed=7)
    in_blocks = {call for event in journal.of(CallsOrdered) for call in event.calls}
    assert {event.call for event in journal.of(CallExecuted)} <= in_blocks
    found, total = extractions(journal), extracted(journal, "amm")
    assert {one.by for one in found} == {"n0", "n3"}
    assert sum(one.quote for one in found if one.account == "shopper") == total["shopper"].quote < 0
    assert NO_LEADER not in extracted_by_leader(journal, "amm")


@pytest.mark.parametrize("how", ["equivocate", "two-faced"])
def test_a_byzantine_leader_with_two_blocks_tells_the_calls_of_the_one_that_holds_some(how) -> None:
    journal = at_the_pool(SandwichScenario(), epochs=5, byzantine=f"n1:{how}@5", seed=7)
    groups = {event.block: event.group for event in journal.of(BlockProposed) if event.epoch == 5}
    honest = at_the_pool(SandwichScenario(), epochs=5, seed=7)
    [calls] = [event.calls for event in honest.of(CallsOrdered) if event.epoch == 5]
    assert sorted(groups.values()) == [1, 2] and len(calls) == 3
    assert {groups[e.block]: e.calls for e in journal.of(CallsOrdered) if e.epoch == 5} == {1: calls}
