"""A duel: the exchange and the reference model get the same operations, and the first difference ends it.

An operation names an order by the number of the operation that placed it, not by its id. So an operation can be left
out of a list and the others keep their meaning, which is what shrinking a failure needs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models import market_events as events
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Stock
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.outlier import OutlierRule
from tests.reference.naive_exchange import NaiveExchange, NotNow

NOBODYS_ORDER = 10**12
BOOK_EVERY = 50


class Disagreement(AssertionError):
    """The exchange and the model differ: after which operation, in what."""


@dataclass(frozen=True)
class Market:
    """One instrument of the setting, with its fees in millionths."""

    symbol: str
    tick: int
    lot: int
    quote: str
    multiplier: int
    maker: int
    taker: int
    minimum: int
    outlier: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Setting:
    """Where a duel takes place: the instruments, and who has what."""

    markets: tuple[Market, ...]
    owners: tuple[tuple[str, str], ...]
    deposits: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Operation:
    """One thing that is done to both: who does what; `target` is the number of the operation whose order is meant."""

    number: int
    kind: str
    account: Any = ""
    intent: Any = None
    target: int | None = None
    amount: int = 0


class Clock:
    """The time of a duel."""

    now = 0


class Duel:
    """Both exchanges side by side."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.clock = Clock()
        self.journal = Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.model = NaiveExchange()
        self.placed: dict[int, int] = {}
        """From the number of an operation to the id of the order that it placed."""
        self.placed_by: dict[int, int] = {}
        self.done = 0
        self.counts: Counter[str] = Counter()
        self.expected: dict[str, list[tuple[int, int]]] = {}
        for market in setting.markets:
            instrument = Stock(market.symbol, market.tick, market.lot, market.quote, market.multiplier)
            fees = FeeSchedule(market.maker, market.taker, market.minimum)
            self.exchange.list(instrument, fees, OutlierRule(*market.outlier) if market.outlier else None)
            self.model.list(**vars(market))
        for name, owner in setting.owners:
            self.exchange.ledger.open_account(name, owner)
            self.model.open_account(name, owner)
        for name, asset, amount in setting.deposits:
            self.exchange.ledger.deposit(name, asset, amount)
            self.model.deposit(name, asset, amount)
        self.seen = len(self.journal)
        self.names = [*self.exchange.accounts]
        self.assets = sorted({asset for market in setting.markets for asset in (market.symbol, market.quote)})
        self.compare_everything(None)

    def perform(self, operation: Operation) -> list[tuple]:
        """Do it to both and compare; returns what happened."""
        actual, expected = self.do(operation)
        if actual != expected:
            raise Disagreement(f"{operation}\n  exchange: {actual}\n  model:    {expected}")
        self.done += 1
        self.count(operation, actual)
        if self.done % BOOK_EVERY:
            self.expect(self.touched(operation, actual))
            self.compare_balances(operation)
        else:
            self.compare_everything(operation)
        return actual

    def do(self, operation: Operation) -> tuple[list[tuple], list[tuple]]:
        """What happened on the exchange and in the model."""
        exchange, model = self.exchange, self.model
        first, model.events = len(model.ever), []
        kind = operation.kind
        if kind == "submit":
            intent = self.resolved(operation)
            exchange.submit(operation.account, intent)
            model.submit(operation.account, intent)
        elif kind == "wait":
            self.clock.now += operation.amount
            model.now += operation.amount
        elif kind == "deposit":
            exchange.ledger.deposit(operation.account, operation.intent, operation.amount)
            model.deposit(operation.account, operation.intent, operation.amount)
        else:
            self.operate(kind, operation)
        happened = [told(event) for event in self.journal.since(self.seen)]
        self.seen = len(self.journal)
        for order in model.ever[first:]:
            self.placed[operation.number] = order.id
            self.placed_by[order.id] = operation.number
        return [event for event in happened if event], model.events

    def operate(self, kind: str, operation: Operation) -> None:
        """What the operator does to an instrument; what the phase does not allow is refused by both or by neither."""
        arguments = () if kind == "close_day" else (operation.intent,)
        if kind == "call":
            arguments = (operation.intent, operation.amount or None)
        refused = []
        for side, refusal in ((self.exchange.phases, InputError), (self.model, NotNow)):
            try:
                getattr(side, kind)(*arguments)
                refused.append(False)
            except refusal:
                refused.append(True)
        if refused[0] != refused[1]:
            raise Disagreement(f"{operation}\n  refused by exchange and model: {refused}")

    def resolved(self, operation: Operation) -> Any:
        """The intent with the id of the order that it means."""
        if operation.target is None:
            return operation.intent
        return msgspec.structs.replace(operation.intent, order=self.placed.get(operation.target, NOBODYS_ORDER))

    def count(self, operation: Operation, happened: list[tuple]) -> None:
        """Remember what was reached, so that a harness that reaches nothing is not green."""
        counts = self.counts
        traded = False
        for event in happened:
            counts[event[0]] += 1
            if event[0] == "trade":
                traded = True
                counts["fees differ"] += event[10] != event[11]
            elif event[0] == "rejected":
                counts[event[2]] += 1
            elif event[0] == "cancelled":
                counts[event[3]] += 1
            elif event[0] == "amended":
                counts["kept place" if event[4] else "lost place"] += 1
            elif event[0] == "accepted":
                counts.update(features(event[3]))
            elif event[0] == "auction":
                counts["auction with a price"] += event[2] is not None
        counts["filling operations"] += traded

    def expect(self, names: set[str]) -> None:
        """Work out again what these accounts own and hold back in the model."""
        model, held = self.model, {}
        for order in model.open:
            if order.account in names:
                asset, amount = model.reserve(order)
                place = order.account, asset
                held[place] = held.get(place, 0) + amount
        for name in names & model.accounts.keys():
            totals = model.accounts[name].totals
            self.expected[name] = [(totals.get(asset, 0), held.get((name, asset), 0)) for asset in self.assets]

    def touched(self, operation: Operation, happened: list[tuple]) -> set[str]:
        """The accounts that the events name; every other one must be what it was before."""
        names = {"fees", str(operation.account)}
        for event in happened:
            if event[0] == "trade":
                names |= {event[8], event[9]}
            elif event[0] in ("accepted", "cancelled", "amended", "triggered"):
                names.add(self.model.ever[event[1] - 1].account)
        return names

    def compare_balances(self, operation: Operation | None) -> None:
        """Totals and reservations of all accounts."""
        for name, account in self.exchange.accounts.items():
            balances = map(account.balances.__getitem__, self.assets)
            actual = [(balance.total, balance.reserved) for balance in balances]
            if actual != self.expected[name]:
                raise Disagreement(
                    f"{operation}\n  {name}: (total, reserved) of {self.assets}\n"
                    f"  exchange: {actual}\n  model:    {self.expected[name]}"
                )

    def compare_everything(self, operation: Operation | None) -> None:
        """Balances, what each book shows, and every open order."""
        self.expect({*self.model.accounts})
        self.compare_balances(operation)
        for symbol, listing in self.exchange.listings.items():
            actual = listing.book.depth(10**6)
            expected = (self.model.depth(symbol, 1), self.model.depth(symbol, -1))
            if actual != expected:
                raise Disagreement(f"{operation}\n  book {symbol}\n  exchange: {actual}\n  model:    {expected}")
        found = sorted((order.id, order.limit, order.quantity, order.remaining) for order in open_orders(self.exchange))
        wanted = sorted((order.id, order.limit, order.quantity, order.remaining) for order in self.model.open)
        if found != wanted:
            raise Disagreement(f"{operation}\n  open orders\n  exchange: {found}\n  model:    {wanted}")


def open_orders(exchange: Exchange) -> list[Any]:
    return [order for account in exchange.accounts.values() for order in account.open.values()]


def features(intent: Any) -> list[str]:
    """What is special about an accepted order."""
    found = [f"accepted {intent.time_in_force}", *(["accepted market"] if intent.limit is None else [])]
    conditions = intent.conditions
    if conditions is not None:
        names = ("stop", "display", "hidden", "post_only", "peg")
        found += [f"accepted {name} {conditions.post_only if name == 'post_only' else ''}".strip()
                  for name in names if getattr(conditions, name)]  # fmt: skip
        if conditions.stop and intent.limit is not None:
            found.append("accepted stop-limit")
    return found


def told(event: Event) -> tuple:
    """An event of the exchange in the words of the model; empty for what the model does not tell."""
    kind = type(event)
    if kind is events.Trade:
        return ("trade", event.trade, event.symbol, event.price, event.quantity, event.side, event.maker_order,
                event.taker_order, event.maker, event.taker, event.maker_fee, event.taker_fee)  # fmt: skip
    if kind is events.OrderAccepted:
        return ("accepted", event.order, event.account, event.terms)
    if kind is events.OrderRejected:
        return ("rejected", event.account, event.reason)
    if kind is events.OrderCancelled:
        return ("cancelled", event.order, event.quantity, event.reason)
    if kind is events.OrderAmended:
        return ("amended", event.order, event.quantity, event.limit, event.kept_place)
    if kind is events.OrderRepeated:
        return ("repeated", event.order, event.account, event.client_id)
    if kind is events.OrderTriggered:
        return ("triggered", event.order, event.price)
    if kind is events.PhaseChanged:
        return ("phase", event.symbol, event.phase)
    if kind is events.IndicativePrice:
        return ("indicative", event.symbol, event.price, event.volume, event.surplus)
    if kind is events.AuctionHeld:
        return ("auction", event.symbol, event.price, event.volume, event.surplus)
    if kind in (events.Deposited, events.AccountOpened, events.InstrumentListed, events.FeesSet):
        return ()
    raise Disagreement(f"an event that the model does not know: {event}")


def play(setting: Setting, operations: list[Operation]) -> Disagreement | None:
    """Perform these operations from the beginning; the first disagreement, if there is one."""
    try:
        duel = Duel(setting)
        for operation in operations:
            duel.perform(operation)
        duel.compare_everything(operations[-1] if operations else None)
    except Disagreement as difference:
        return difference
    except Exception as crash:
        return Disagreement(f"the exchange or the model crashed: {crash!r}")
    return None


def shrink(setting: Setting, operations: list[Operation]) -> list[Operation]:
    """Leave out whatever the disagreement does not need: ever smaller pieces, until nothing more can go."""
    size = len(operations) // 2
    while size:
        start = 0
        while start < len(operations):
            fewer = operations[:start] + operations[start + size :]
            if play(setting, fewer) is not None:
                operations = fewer
            else:
                start += size
        size //= 2
    return operations


def report(setting: Setting, operations: list[Operation], command: str) -> str:
    """A disagreement as people can read it: the fewest operations that show it, and how to see it again."""
    fewest = shrink(setting, operations)
    used = {operation.account for operation in fewest}
    smaller = replace(setting, deposits=tuple(each for each in setting.deposits if each[0] in used))
    if play(smaller, fewest) is not None:
        setting = smaller
    lines = [
        "the exchange and the reference model disagree",
        *(f"  {market}" for market in setting.markets),
        *(f"  deposit {each}" for each in setting.deposits),
        *(f"  {operation}" for operation in fewest),
        str(play(setting, fewest)),
        f"see it again: {command}",
    ]
    return "\n".join(lines)
