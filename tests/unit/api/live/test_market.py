"""The live market: one thread steps it, many reach it through one door, and what they did replays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from threading import Thread

import pytest

from market_sim.api.live.market import LiveMarket
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import InputReceived, ShockHappened
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session


def opened(epochs: int = 10_000, speed: float | None = None, settlement: str = "none") -> LiveMarket:
    market = LiveMarket(Session(FirstMarket(), Options(epochs=epochs, settlement=settlement)), speed)
    market.stop_clock()
    market.start()
    return market


@pytest.fixture
def market() -> Iterator[LiveMarket]:
    """A market whose clock stands still until somebody starts it."""
    made = opened()
    yield made
    made.end()


def replayed(market: LiveMarket) -> None:
    """The journal replays: with the same inputs everything comes again."""
    events = market.end().journal.since(0)
    again = Session.replay(events, at=len(events) - 2).journal.since(0)
    assert again[: len(events) - 1] == events[:-1]


@pytest.mark.thorough
def test_eight_threads_hand_in_a_thousand_orders_each_and_each_is_acknowledged_once(market: LiveMarket) -> None:
    market.start_clock()
    market.run_at(2)
    numbers: list[int] = []

    def trade(number: int) -> None:
        name, chance = f"bot-{number}", Random(number)
        market.join(name, {"USD": 10**9}, {"ACME": 10_000})
        for _ in range(1_000):
            side = chance.choice([Buy, Sell])
            [answer] = market.submit(name, side("ACME", 1, 10_000 + chance.randrange(-40, 40)))
            assert answer.order is not None
            numbers.append(answer.order)

    threads = [Thread(target=trade, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == len(numbers) == 8_000
    accepted = [event.order for event in market.journal.of(OrderAccepted)]
    assert accepted == list(range(1, len(accepted) + 1)), "order numbers are dense"
    assert sum(event.kind == "PlaceOrder" for event in market.journal.of(InputReceived)) == 8_000
    market.ask(lambda session: session.world.check(), seconds=60)
    replayed(market)


def test_while_the_clock_stands_still_inputs_are_taken_at_that_instant(market: LiveMarket) -> None:
    market.join("ann", {"USD": 10_000_000})
    before = market.now
    [answer] = market.submit("ann", Buy("ACME", 1, 9_000))
    assert (answer.status, market.now) == ("open", before)
    assert market.submit("ann", Cancel(answer.order or 0))[0].status == "cancelled"
    replayed(market)


def test_a_halted_market_refuses_orders_and_accepts_cancels(market: LiveMarket) -> None:
    market.join("ann", {"USD": 10_000_000})
    [resting] = market.submit("ann", Buy("ACME", 1, 9_000))
    market.halt()
    assert market.submit("ann", Buy("ACME", 1, 9_000))[0].reason == "PAUSED"
    assert market.submit("ann", Cancel(resting.order or 0))[0].status == "cancelled"
    market.reopen("ACME")
    assert market.submit("ann", Buy("ACME", 1, 9_000))[0].status == "open", "the call collects orders"
    replayed(market)


def test_a_pause_of_the_clock_changes_nothing() -> None:
    plain = Session(FirstMarket(), Options(epochs=4, settlement="none")).run().fingerprint
    market = opened(epochs=4)
    assert not market.wait(seen=len(market.journal), seconds=0.2), "nothing happens while the clock stands still"
    market.start_clock()
    while not market.is_over:
        market.wait(seen=len(market.journal), seconds=5)
    assert market.end().fingerprint == plain


@pytest.mark.thorough
def test_who_joins_during_a_run_is_paid_on_the_chain() -> None:
    market = opened(epochs=4, settlement="eth-tester")
    market.join("ann", {"USD": 10_000_000}, {"ACME": 50})
    market.submit("ann", Buy("ACME", 3))
    market.shock("ACME", -2.5)
    market.start_clock()
    while not market.is_over:
        market.wait(seen=len(market.journal), seconds=5)
    result = market.end()
    assert result.complete
    assert sum(event.trades for event in result.journal.of(BlockSettled)) > 0
    assert [event.what for event in result.journal.of(ShockHappened)] == ["ACME -2.5 %"]
    assert Session.replay(result.journal).run().fingerprint == result.fingerprint


@pytest.mark.parametrize(
    ("name", "cash", "holdings", "said"),
    [
        ("maker-0", {"USD": 1}, {}, "there is already an account named 'maker-0'"),
        ("", {"USD": 1}, {}, "a name has 1 to 64 printable characters, found ''"),
        ("a\nb", {"USD": 1}, {}, "printable characters"),
        ("ann", {"EUR": 1}, {}, "cash is in USD, found 'EUR'"),
        ("ann", {"USD": 1}, {"NOPE": 1}, "holdings are of ACME, found 'NOPE'"),
        ("ann", {"USD": -1}, {}, "whole number from 1 to"),
        ("ann", {"USD": True}, {}, "found True"),
    ],
)
def test_who_cannot_join_is_told_why_and_leaves_no_trace(
    market: LiveMarket, name: str, cash: dict[str, int], holdings: dict[str, int], said: str
) -> None:
    before = len(market.journal)
    with pytest.raises(InputError, match=said):
        market.join(name, cash, holdings)
    assert len(market.journal) == before


def test_what_cannot_be_kept_is_refused_and_leaves_no_trace(market: LiveMarket) -> None:
    market.join("ann", {"USD": 10_000_000})
    kept: list[InputReceived] = []

    def keep(inputs: Sequence[InputReceived]) -> None:
        if len(kept) == 1:
            raise InputError("the disk is full")
        kept.extend(inputs)

    market.ask(lambda session: setattr(session.intake, "keep", keep))
    assert market.submit("ann", Buy("ACME", 1, 9_000))[0].status == "open"
    before = len(market.journal)
    with pytest.raises(InputError, match="the disk is full"):
        market.submit("ann", Buy("ACME", 1, 9_000))
    assert len(market.journal) == before
    assert kept == list(market.journal.of(InputReceived))[-1:]


def test_a_market_that_has_ended_says_so() -> None:
    market = opened(epochs=2)
    market.end()
    with pytest.raises(InputError, match="this market has ended"):
        market.submit("noise-0", Buy("ACME", 1))
    assert market.ask(lambda session: session.now) == market.now, "what it was like can still be looked at"
