"""Each invariant of the exchange holds after each operation, and each of them finds the breach made for it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import (
    AccountOpened,
    AuctionHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    PhaseChanged,
    Trade,
)
from market_sim.market.exchange.audit import Audit, audit, rebuilt
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.invariants import OF_ALL_VENUES, STATE, Violation, check, compare, require
from tests.reference.duel import Duel
from tests.reference.operations import Operations, setting


class Clock:
    now = 0


def an_exchange() -> tuple[Exchange, Journal]:
    """Orders 1 to 5 wait: ann buys 10 at 90 and 4 at 85, ben sells 10 at 100 (7 left), an iceberg and a hidden one."""
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME", tick=5, lot=1), FeeSchedule(1_000, 20_000, 0))
    for name in ("ann", "ben"):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 100_000)
        exchange.ledger.deposit(name, "ACME", 1_000)
    exchange.submit("ann", Buy("ACME", 10, 90))
    exchange.submit("ann", Buy("ACME", 4, 85))
    exchange.submit("ben", Sell("ACME", 10, 100))
    exchange.submit("ben", Sell("ACME", 20, 105, display=5))
    exchange.submit("ben", Sell("ACME", 6, 105, hidden=True))
    exchange.submit("ann", Buy("ACME", 3, 100))
    return exchange, journal


def found_in(exchange: Exchange) -> set[str]:
    return {violation.invariant for violation in check(exchange)}


def test_a_sound_exchange_has_no_violation():
    exchange, journal = an_exchange()
    assert check(exchange) == compare(exchange, journal) == audit(journal) == []
    require(check(exchange))


@pytest.mark.parametrize("seed", range(6))
def test_every_invariant_holds_after_each_operation(seed):
    chance = Random(1_000 + seed)
    duel = Duel(setting(chance))
    source, reader, seen = Operations(chance, duel), Audit(), 0
    for _ in range(400):
        duel.perform(source.next()[1])
        for event in duel.journal.since(seen):
            reader.add(event)
        seen = len(duel.journal)
        assert check(duel.exchange) == reader.violations == rebuilt(duel.exchange, reader) == []
    assert compare(duel.exchange, duel.journal) == reader.finish() == []


# State: one corruption for each function


def crossed(exchange):
    book = exchange.listings["ACME"].book
    order = exchange.orders[1]
    book.remove(order)
    order.limit = order.key = 100
    book.rest(order)


def owing(exchange):
    exchange.accounts["ann"].balances["USD"].total = 5


def negative(exchange):
    exchange.accounts["ben"].balances["USD"].total = -1


def reserved_too_much(exchange):
    exchange.accounts["ann"].balances["USD"].reserved += 1


def reservation_lost(exchange):
    exchange.accounts["ben"].balances["ACME"].reserved = 0


def used_up(exchange):
    exchange.listings["ACME"].book.reduce(exchange.orders[1], 10)


def grown(exchange):
    exchange.orders[2].quantity = 3


def foreign_name(exchange):
    exchange.accounts["ann"].client_ids["mine"] = exchange.orders[3]


def off_the_tick(exchange):
    exchange.orders[1].limit = 91


def in_halves(exchange):
    exchange.orders[2].remaining = 1.5


def true_left(exchange):
    exchange.orders[2].remaining = True


def foreign_order(exchange):
    exchange.accounts["ann"].open[3] = exchange.accounts["ben"].open.pop(3)


def forgotten_order(exchange):
    del exchange.accounts["ben"].open[3]


def waiting_for_now(exchange):
    order = exchange.orders[1]
    order.intent = Buy("ACME", 10, 90, "ioc")


def id_from_nowhere(exchange):
    order = exchange.orders[2]
    order.id = 99


def volume_off(exchange):
    exchange.listings["ACME"].book.bids.levels[90].volume += 1


def empty_level(exchange):
    exchange.listings["ACME"].book.bids.levels[90].orders.clear()


def key_left(exchange):
    exchange.listings["ACME"].book.bids.keys.insert(0, 70)


def slice_too_large(exchange):
    order = exchange.orders[4]
    order.shown += 2
    exchange.listings["ACME"].book.asks.levels[-105].volume += 2


def book_forgets(exchange):
    exchange.listings["ACME"].book.remove(exchange.orders[5])


def unseen_off(exchange):
    exchange.listings["ACME"].book.asks.levels[-105].unseen -= 1


def forgotten_peg(exchange):
    exchange.submit("ann", Buy("ACME", 1, 100, peg="mid"))
    exchange.listings["ACME"].pegs.orders.clear()


def forgotten_stop(exchange):
    exchange.submit("ann", Buy("ACME", 1, 100, stop=200))
    exchange.listings["ACME"].stops.remove(1, 200, 7, "ann")


def forgotten_market_order(exchange):
    exchange.phases.call("ACME")
    exchange.submit("ann", Buy("ACME", 1))
    exchange.listings["ACME"].collected.clear()


def market_order_after_the_call(exchange):
    exchange.phases.call("ACME")
    exchange.submit("ann", Buy("ACME", 1))
    exchange.listings["ACME"].phase = "continuous"


def peg_in_a_halt(exchange):
    exchange.submit("ann", Buy("ACME", 1, 100, peg="mid"))
    exchange.listings["ACME"].phase = "halted"


def market_order_in_the_book(exchange):
    order = exchange.orders[1]
    order.intent = Buy("ACME", 10)


CORRUPTIONS: list[tuple[Callable[[Exchange], None], str]] = [
    (crossed, "X1"), (owing, "X6"), (negative, "X6"), (reserved_too_much, "X6"), (reservation_lost, "X6"),
    (used_up, "X7"), (grown, "X7"), (foreign_name, "X9"), (off_the_tick, "X11"), (in_halves, "X11"),
    (true_left, "X11"), (foreign_order, "X12"), (forgotten_order, "X18"), (waiting_for_now, "X15"),
    (id_from_nowhere, "X17"), (volume_off, "X18"), (empty_level, "X18"), (key_left, "X18"), (slice_too_large, "X18"),
    (book_forgets, "X18"), (unseen_off, "X18"), (forgotten_peg, "X18"), (forgotten_stop, "X18"),
    (forgotten_market_order, "X18"), (market_order_after_the_call, "X19"), (peg_in_a_halt, "X19"),
    (market_order_in_the_book, "X15"),
]  # fmt: skip


@pytest.mark.parametrize(("corrupt", "invariant"), CORRUPTIONS, ids=lambda value: getattr(value, "__name__", value))
def test_a_corrupted_state_is_reported(corrupt, invariant):
    exchange, _ = an_exchange()
    corrupt(exchange)
    assert invariant in found_in(exchange)


def test_each_state_invariant_has_its_corruption():
    assert {invariant for _, invariant in CORRUPTIONS} == {*STATE, *OF_ALL_VENUES}


# Exchange against journal


@pytest.mark.parametrize(
    ("account", "asset", "invariants"),
    [("ann", "USD", {"X4"}), ("ben", "ACME", {"X5", "X4"}), ("fees", "USD", {"X4", "X20"})],
)
def test_money_from_nowhere_is_reported(account, asset, invariants):
    exchange, journal = an_exchange()
    exchange.accounts[account].balances[asset].total += 1
    assert {violation.invariant for violation in compare(exchange, journal)} == invariants


def test_money_that_went_to_the_wrong_account_is_reported():
    exchange, journal = an_exchange()
    exchange.accounts["ann"].balances["USD"].total -= 1
    exchange.accounts["fees"].balances["USD"].total += 1
    assert {violation.invariant for violation in compare(exchange, journal)} == {"X4", "X20"}


def test_a_book_that_differs_from_its_events_is_reported():
    exchange, journal = an_exchange()
    reader = Audit()
    for event in journal:
        reader.add(event)
    assert rebuilt(exchange, reader) == []
    exchange.listings["ACME"].book.reduce(exchange.orders[1], 1)
    assert [violation.invariant for violation in rebuilt(exchange, reader)] == ["X21"]


def test_a_broken_promise_stops_the_run():
    with pytest.raises(InvariantBroken, match="X1: too much; X2: too late"):
        require([Violation("X1", "too much"), Violation("X2", "too late")])


# Events: one wrong history for each judgement

NAMES = [AccountOpened(0, "ann", 2, "ann"), AccountOpened(0, "ben", 3, "ben"), AccountOpened(0, "bob", 4, "ben")]


def placed(number: int, account: str, terms, time: int = 0) -> OrderAccepted:
    return OrderAccepted(time, number, account, terms)


def fill(trade: int, maker: int, taker: int, quantity: int = 5, price: int = 100, names=("ann", "ben"), time: int = 0):
    return Trade(time, trade, "ACME", price, quantity, -1, maker, taker, *names, 0, 0)


BID = placed(1, "ann", Buy("ACME", 5, 100))
LATER = placed(2, "ann", Buy("ACME", 5, 100))
HALT = PhaseChanged(0, "ACME", "halted", "OPERATOR", {})
CALL = PhaseChanged(0, "ACME", "call", "SCHEDULE", {})
STOP = placed(1, "ann", Buy("ACME", 5, 100, stop=120))
UNSEEN = placed(1, "ann", Buy("ACME", 5, 100, hidden=True))
HISTORIES = {
    "later order served first": ("X2", [BID, LATER, placed(3, "ben", Sell("ACME", 5, 100)), fill(1, 2, 3)]),
    "worse price served first": (
        "X2",
        [placed(1, "ann", Buy("ACME", 5, 105)), LATER, placed(3, "ben", Sell("ACME", 5, 100)), fill(1, 2, 3)],
    ),
    "hidden before shown": (
        "X2",
        [UNSEEN, LATER, placed(3, "ben", Sell("ACME", 5, 100)), fill(1, 1, 3)],
    ),
    "place kept by a larger order": (
        "X2",
        [BID, LATER, OrderAmended(0, 1, 9, 100, False), placed(3, "ben", Sell("ACME", 5, 100)), fill(1, 1, 3)],
    ),
    "taker's price": ("X3", [BID, placed(2, "ben", Sell("ACME", 5, 95)), fill(1, 1, 2, price=95)]),
    "beyond the taker's limit": ("X3", [BID, placed(2, "ben", Sell("ACME", 5, 105)), fill(1, 1, 2)]),
    "more than was left": ("X7", [BID, placed(2, "ben", Sell("ACME", 9, 100)), fill(1, 1, 2, quantity=6)]),
    "an order filled twice": ("X7", [BID, placed(2, "ben", Sell("ACME", 9, 100)), fill(1, 1, 2), fill(2, 1, 2)]),
    "two buyers": ("X7", [BID, LATER, fill(1, 1, 2)]),
    "cancelled more than was left": ("X7", [BID, OrderCancelled(0, 1, 6, "CANCELLED")]),
    "cancelled twice": ("X7", [BID, OrderCancelled(0, 1, 5, "CANCELLED"), OrderCancelled(0, 1, 5, "CANCELLED")]),
    "amended after its end": ("X7", [BID, OrderCancelled(0, 1, 5, "CANCELLED"), OrderAmended(0, 1, 3, 100, True)]),
    "larger and kept its place": ("X13", [BID, OrderAmended(0, 1, 6, 100, True)]),
    "dearer and kept its place": ("X13", [BID, OrderAmended(0, 1, 5, 105, True)]),
    "smaller and lost its place": ("X13", [BID, OrderAmended(0, 1, 4, 100, False)]),
    "more than the slice": (
        "X14",
        [placed(1, "ann", Buy("ACME", 9, 100, display=2)), placed(2, "ben", Sell("ACME", 9, 100)), fill(1, 1, 2)],
    ),
    "the next slice in the old place": (
        "X2",
        [
            placed(1, "ann", Buy("ACME", 9, 100, display=2)),
            LATER,
            placed(3, "ben", Sell("ACME", 9, 100)),
            fill(1, 1, 3, quantity=2),
            fill(2, 1, 3, quantity=2),
        ],
    ),
    "immediate order waits": ("X15", [placed(1, "ann", Buy("ACME", 5, 100, "ioc")), LATER]),
    "half a fill-or-kill": (
        "X15",
        [BID, placed(2, "ben", Sell("ACME", 9, 100, "fok")), fill(1, 1, 2), OrderCancelled(0, 2, 4, "REMAINDER")],
    ),
    "post-only takes": ("X15", [BID, placed(2, "ben", Sell("ACME", 5, 100, post_only="reject")), fill(1, 1, 2)]),
    "one owner on both sides": (
        "X16",
        [placed(1, "bob", BID.terms), placed(2, "ben", Sell("ACME", 5, 100)), fill(1, 1, 2, names=("bob", "ben"))],
    ),
    "a gap in the orders": ("X17", [placed(2, "ann", Buy("ACME", 5, 100))]),
    "a gap in the trades": ("X17", [BID, placed(2, "ben", Sell("ACME", 5, 100)), fill(2, 1, 2)]),
    "a fill in a halt": ("X19", [BID, HALT, placed(2, "ben", Sell("ACME", 5, 100)), fill(1, 1, 2)]),
    "a fill in a call": ("X19", [BID, CALL, placed(2, "ben", Sell("ACME", 5, 100)), fill(1, 1, 2)]),
    "a stop triggers in a halt": ("X19", [STOP, HALT, OrderTriggered(0, 1, 120)]),
    "a stop triggers twice": ("X19", [STOP, OrderTriggered(0, 1, 120), OrderTriggered(0, 1, 120)]),
    "a stop trades before it triggers": ("X19", [STOP, placed(2, "ben", Sell("ACME", 5, 100)), fill(1, 1, 2)]),
    "an auction without a call": ("X19", [AuctionHeld(0, "ACME", 100, 5, 0)]),
    "another price than the auction's": (
        "X3",
        [CALL, BID, placed(2, "ben", Sell("ACME", 5, 90)), AuctionHeld(0, "ACME", 95, 5, 0), fill(1, 1, 2)],
    ),
    "a limit broken by the auction": (
        "X3",
        [CALL, BID, placed(2, "ben", Sell("ACME", 5, 105)), AuctionHeld(0, "ACME", 100, 5, 0), fill(1, 1, 2)],
    ),
    "time goes back": ("X17", [placed(1, "ann", Buy("ACME", 5, 100), time=5), placed(2, "ann", Buy("ACME", 5, 90))]),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_a_wrong_history_is_reported(name):
    invariant, events = HISTORIES[name]
    assert invariant in {violation.invariant for violation in audit([*NAMES, *events])}


def test_a_right_history_is_not():
    events = [
        placed(1, "ann", Buy("ACME", 9, 100, display=2)),
        LATER,
        placed(3, "ben", Sell("ACME", 9, 100, "ioc")),
        fill(1, 1, 3, quantity=2),
        fill(2, 2, 3, quantity=5),
        fill(3, 1, 3, quantity=2),
        OrderAmended(1, 1, 8, 100, True),
        OrderCancelled(2, 1, 4, "CANCELLED"),
    ]
    assert audit([*NAMES, *events]) == []


def test_an_amendment_and_a_cancel_of_the_real_exchange_are_right():
    exchange, journal = an_exchange()
    exchange.submit("ann", Amend(1, 5))
    exchange.submit("ann", Amend(2, 8, 100))
    exchange.submit("ben", Cancel(5))
    assert audit(journal) == check(exchange) == []
