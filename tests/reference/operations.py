"""What is done to both exchanges: a seeded stream of operations of every class, aimed at where things go wrong.

Prices are near the touch, quantities small, accounts nearly empty, several accounts have one owner, and a share of all
operations is wrong in exactly one way. `CLASSES` is the list of classes with their weights; tests demand that each of
them makes up at least one operation in a hundred.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random

import msgspec

from market_sim.core.models.intents import Amend, Cancel, CancelAll, Conditions, PlaceOrder
from tests.reference.duel import Duel, Market, Operation, Setting
from tests.reference.naive_exchange import SELF_TRADE_MODES

FEES = [(0, 0, 0), (20, 150, 0), (-20, 250, 0), (0, 1000, 0), (1500, 3700, 3), (30_000, 70_000, 0), (100, 300, 25)]
BAD_CONDITIONS: tuple[dict, ...] = (
    {"display": 0}, {"display": True}, {"display": 10**6}, {"display": 1.5}, {"hidden": 1}, {"hidden": None},
    {"peg": "best"}, {"post_only": "yes"}, {"self_trade": ""}, {"expires": 10**9}, {"hidden": True, "display": 10},
    {"peg": "mid", "post_only": "reject"}, {"peg": "mid", "hidden": True}, {"peg": "mid", "stop": 100},
    {"stop": 100, "post_only": "slide"},
)  # fmt: skip
OWNERS = tuple(
    (name, name.partition("-")[0]) for name in ("ann", "ben", "cid-1", "cid-2", "dot-1", "dot-2", "eve", "fay")
)
MANY_OPEN = 60


def setting(chance: Random) -> Setting:
    """A market with three instruments of different steps and fees; some accounts are rich, some nearly empty."""
    outlier = chance.choice((None, None, (3, 30, 20, 50)))
    markets = (
        Market("ACME", 1, 1, "USD", 1, *chance.choice(FEES), outlier),
        Market("BOLT", 5, 10, "USD", 1, *chance.choice(FEES)),
        Market("CORN", 25, 1, "EUR", 50, *chance.choice(FEES)),
    )
    deposits = []
    for name, _ in OWNERS:
        wealth = chance.choice((3, 20, 100))
        for market in markets:
            price = 100 * market.tick * market.lot * market.multiplier
            deposits.append((name, market.quote, chance.randrange(1, 1 + wealth * 10 * price)))
            deposits.append((name, market.symbol, chance.randrange(1, 1 + wealth * 10) * market.lot))
    return Setting(markets, OWNERS, tuple(deposits))


def changed(operation: Operation, **fields: object) -> Operation:
    """The same order with some of its fields replaced."""
    return replace(operation, intent=msgspec.structs.replace(operation.intent, **fields))


class Operations:
    """An endless source of operations; it looks at the model to aim them."""

    def __init__(self, chance: Random, duel: Duel) -> None:
        self.chance = chance
        self.duel = duel
        self.model = duel.model
        self.number = 0
        self.classes = [*CLASSES]
        self.weights = [weight for weight, _ in CLASSES.values()]

    def next(self) -> tuple[str, Operation]:
        """The next operation, and its class."""
        self.number += 1
        chance = self.chance
        resting = [terms for terms in self.model.terms.values() if terms.phase != "continuous"]
        if resting and chance.random() < 0.12 * len(resting):
            return "phase", self.leave(chance.choice(resting))
        crowded = len(self.model.open) > MANY_OPEN and chance.random() < 0.5
        name = "cancel" if crowded else chance.choices(self.classes, self.weights)[0]
        return name, CLASSES[name][1](self)

    # --- parts

    def account(self) -> str:
        return self.chance.choice(OWNERS)[0]

    def market(self) -> Market:
        return self.chance.choice(self.duel.setting.markets)

    def calls(self) -> list[Market]:
        return [market for market in self.duel.setting.markets if self.model.terms[market.symbol].phase == "call"]

    def quantity(self, market: Market) -> int:
        chance = self.chance
        lots = chance.randrange(1, 8) if chance.random() < 0.9 else chance.randrange(8, 60)
        return lots * market.lot

    def price(self, market: Market) -> int:
        """Near the middle of what is shown, or near the last trade."""
        bid, ask = self.model.best(market.symbol, 1), self.model.best(market.symbol, -1)
        last = self.model.terms[market.symbol].last or 100 * market.tick
        middle = (bid + ask) // 2 if bid and ask else bid or ask or last
        middle += (100 * market.tick - middle) // 20
        steps = middle // market.tick + self.chance.randrange(-3, 4)
        return max(1, steps) * market.tick

    def order(self, market: Market | None = None, limit: int | None = 0, tif: str = "gtc", **more) -> Operation:
        """An order; a limit of 0 asks for one near the market, None is a market order."""
        market = market or self.market()
        chance = self.chance
        conditions = dict(more)
        if chance.random() < 0.3:
            conditions["self_trade"] = chance.choice(SELF_TRADE_MODES)
        side = chance.choice((1, -1))
        price = self.price(market) if limit == 0 else limit
        if limit == 0 and chance.random() < 0.25:
            price = max(market.tick, price + 3 * side * market.tick)
        intent = PlaceOrder(
            market.symbol,
            side,
            self.quantity(market),
            price,
            tif,
            None,
            Conditions(**conditions) if conditions else None,
        )
        return Operation(self.number, "submit", self.account(), intent)

    def of_open(self, make: Callable[..., object], own: bool = True) -> Operation:
        """Something that an open order's account (or another one) asks for this order."""
        if not self.model.open:
            return self.order()
        order = self.chance.choice(self.model.open)
        account = order.account
        if not own:
            account = self.chance.choice([name for name, _ in OWNERS if name != order.account])
        return Operation(self.number, "submit", account, make(order), self.duel.placed_by[order.id])

    # --- classes

    def limit(self) -> Operation:
        return self.order()

    def market_order(self) -> Operation:
        return self.order(limit=None)

    def ioc(self) -> Operation:
        return self.order(tif="ioc")

    def fok(self) -> Operation:
        return self.order(tif="fok", limit=None if self.chance.random() < 0.2 else 0)

    def day(self) -> Operation:
        return self.order(tif="day")

    def gtd(self) -> Operation:
        return self.order(tif="gtd", expires=self.model.now + self.chance.randrange(1, 5_000))

    def stop(self) -> Operation:
        """A stop order; often in a call, where it waits although the last trade is through it."""
        calls = self.calls()
        market = self.chance.choice(calls) if calls and self.chance.random() < 0.5 else self.market()
        limit = None if self.chance.random() < 0.5 else self.price(market)
        tif = self.chance.choice(("gtc", "gtc", "day", "ioc"))
        return self.order(market, limit, tif, stop=self.price(market))

    def post_only(self) -> Operation:
        return self.order(post_only=self.chance.choice(("reject", "slide")))

    def peg(self) -> Operation:
        return self.order(peg="mid")

    def client_id(self) -> Operation:
        """A new name, or an old one with the same order or with another."""
        chance = self.chance
        known = [
            (name, client_id, intent)
            for name, account in self.model.accounts.items()
            for client_id, (intent, _) in account.client_ids.items()
        ]
        if not known or chance.random() < 0.3:
            return changed(self.order(), client_id=f"my order {self.number}")
        name, client_id, intent = chance.choice(known[-20:])
        if chance.random() < 0.5:
            return Operation(self.number, "submit", name, intent)
        return replace(changed(self.order(), client_id=client_id), account=name)

    def auction(self) -> Operation:
        """An order for an auction only, sometimes when there is none; often the call that it needs."""
        calls = self.calls()
        if not calls:
            return self.begin_call() if self.chance.random() < 0.5 else self.order(tif="auction")
        tif = self.chance.choice(("auction", "auction", "gtc"))
        return self.order(self.chance.choice(calls), self.chance.choice((0, None)), tif)

    def begin_call(self) -> Operation:
        market = self.market()
        reference = self.price(market) if self.chance.random() < 0.7 else 0
        return Operation(self.number, "call", intent=market.symbol, amount=reference)

    def phase(self) -> Operation:
        """Halts, calls and nights, also where they are not allowed."""
        kind = self.chance.choice(("halt", "halt", "call", "call", "close", "resume", "uncross"))
        if kind == "call":
            return self.begin_call()
        return Operation(self.number, kind, intent=self.market().symbol)

    def leave(self, terms) -> Operation:
        """Let an instrument trade again."""
        kinds = ("uncross", "uncross", "uncross", "halt") if terms.phase == "call" else ("resume", "resume", "call")
        kind = self.chance.choice(kinds)
        return Operation(self.number, kind, intent=terms.symbol)

    def close_day(self) -> Operation:
        return Operation(self.number, "close_day")

    def cancel_all(self) -> Operation:
        symbol = self.chance.choice((None, "ACME", "BOLT", "CORN", "NONE", 3))
        return Operation(self.number, "submit", self.account(), CancelAll(symbol))

    def iceberg(self) -> Operation:
        market = self.market()
        operation = self.order(market, display=market.lot * self.chance.randrange(1, 4))
        return changed(operation, quantity=operation.intent.quantity + 3 * market.lot)

    def hidden(self) -> Operation:
        return self.order(hidden=True)

    def cancel(self) -> Operation:
        return self.of_open(lambda order: Cancel(0))

    def amend_down(self) -> Operation:
        def smaller(order) -> Amend:
            less = self.lots(order, order.quantity)
            return Amend(0, order.filled or order.quantity - less)

        return self.of_open(smaller)

    def amend_up(self) -> Operation:
        return self.of_open(lambda order: Amend(0, order.quantity + self.lots(order, 5 * self.lot(order))))

    def amend_price(self) -> Operation:
        quantity = self.chance.random() < 0.3
        return self.of_open(
            lambda order: Amend(
                0,
                order.quantity + self.lots(order, 3 * self.lot(order)) if quantity else None,
                self.price(next(each for each in self.duel.setting.markets if each.symbol == order.symbol)),
            )
        )

    def lot(self, order) -> int:
        return self.model.terms[order.symbol].lot

    def lots(self, order, most: int) -> int:
        lot = self.lot(order)
        return self.chance.randrange(max(1, most // lot)) * lot

    def wrong(self) -> Operation:
        return self.chance.choice(WRONG)(self)

    def deposit(self) -> Operation:
        market = self.market()
        asset = self.chance.choice((market.symbol, market.quote))
        most = market.lot * 5 if asset == market.symbol else 300 * market.tick * market.lot * market.multiplier
        name = self.account()
        if self.model.total(name, asset) > 4 * most:
            return self.order()
        return Operation(self.number, "deposit", name, asset, None, self.chance.randrange(1, most + 1))

    def wait(self) -> Operation:
        return Operation(self.number, "wait", amount=self.chance.randrange(1, 1000))

    # --- wrong in one way

    def changed(self, **fields) -> Operation:
        """An ordinary order with some of its fields replaced by wrong ones."""
        return changed(self.order(), **fields)

    def unknown_account(self) -> Operation:
        return Operation(self.number, "submit", self.chance.choice(("nobody", "", "ANN")), self.order().intent)

    def bad_intent(self) -> Operation:
        return Operation(self.number, "submit", self.account(), self.chance.choice((None, "buy", 3, Cancel, [])))

    def unknown_instrument(self) -> Operation:
        return self.changed(symbol=self.chance.choice(("NONE", "", "acme", None, 4)))

    def bad_side(self) -> Operation:
        return self.changed(side=self.chance.choice((0, 2, -2, None, "buy", True, 1.0)))

    def bad_quantity(self) -> Operation:
        return self.changed(quantity=self.chance.choice((0, -1, True, 1.7, 10.0, "12", None, math.nan, 2**63)))

    def bad_lot(self) -> Operation:
        operation = self.order(self.duel.setting.markets[1])
        intent = operation.intent
        wrong = PlaceOrder(intent.symbol, intent.side, intent.quantity + self.chance.randrange(1, 10), intent.limit)
        return Operation(self.number, "submit", operation.account, wrong)

    def bad_time_in_force(self) -> Operation:
        return self.changed(time_in_force=self.chance.choice(("", "GTC", "forever", None, 1)))

    def bad_price(self) -> Operation:
        return self.changed(limit=self.chance.choice((0, -5, True, 99.5, 100.0, "100", math.inf, 2**63)))

    def bad_tick(self) -> Operation:
        operation = self.order(self.duel.setting.markets[self.chance.choice((1, 2))])
        intent = operation.intent
        wrong = PlaceOrder(intent.symbol, intent.side, intent.quantity, intent.limit + self.chance.randrange(1, 5))
        return Operation(self.number, "submit", operation.account, wrong)

    def bad_conditions(self) -> Operation:
        chance = self.chance
        if chance.random() < 0.3:
            fields = ({"time_in_force": "gtd"}, {"client_id": ""}, {"client_id": 7}, {"conditions": "hidden"})
            return changed(self.order(), **chance.choice(fields))
        return changed(self.order(), conditions=Conditions(**chance.choice(BAD_CONDITIONS)))

    def not_at_once(self) -> Operation:
        """Terms that make no sense together with this time in force, or without a limit."""
        chance = self.chance
        if chance.random() < 0.5:
            tif = chance.choice(("ioc", "fok", "auction"))
            return self.order(tif=tif, **chance.choice(({"post_only": "reject"}, {"peg": "mid"})))
        return self.order(limit=None, **chance.choice(({"hidden": True}, {"peg": "mid"}, {"post_only": "slide"})))

    def gone_by(self) -> Operation:
        return self.order(tif="gtd", expires=self.chance.choice((0, self.model.now, self.model.now - 1, -5, True)))

    def bad_stop(self) -> Operation:
        return self.order(self.duel.setting.markets[1], stop=self.chance.choice((0, -5, True, 99.5, 501, 2**63)))

    def fat_finger(self) -> Operation:
        market = self.duel.setting.markets[0]
        return changed(self.order(market), side=1, limit=self.chance.randrange(110, 140), quantity=1)

    def too_large(self) -> Operation:
        market = self.market()
        most = 2**63 // (market.tick * market.lot * market.multiplier)
        steps = 2 ** self.chance.randrange(1, most.bit_length())
        lots = most // steps + 1
        return self.changed(symbol=market.symbol, limit=steps * market.tick, quantity=lots * market.lot)

    def unaffordable(self) -> Operation:
        market = self.market()
        return self.changed(symbol=market.symbol, quantity=10_000 * market.lot, limit=100 * market.tick)

    def unknown_order(self) -> Operation:
        gone = self.chance.randrange(self.number)
        intent = self.chance.choice((Cancel(0), Amend(0, 10)))
        return Operation(self.number, "submit", self.account(), intent, gone)

    def foreign_order(self) -> Operation:
        return self.of_open(lambda order: self.chance.choice((Cancel(0), Amend(0, order.quantity))), own=False)

    def nothing_to_amend(self) -> Operation:
        return self.of_open(lambda order: Amend(0))


WRONG = [
    Operations.unknown_account, Operations.bad_intent, Operations.unknown_instrument, Operations.bad_side,
    Operations.bad_quantity, Operations.bad_lot, Operations.bad_time_in_force, Operations.bad_price,
    Operations.bad_tick, Operations.too_large, Operations.unaffordable, Operations.unknown_order,
    Operations.foreign_order, Operations.nothing_to_amend, Operations.bad_conditions, Operations.not_at_once,
    Operations.gone_by, Operations.bad_stop, Operations.fat_finger,
]  # fmt: skip

CLASSES: dict[str, tuple[float, Callable[[Operations], Operation]]] = {
    "limit": (36, Operations.limit),
    "market": (5, Operations.market_order),
    "ioc": (3, Operations.ioc),
    "fok": (3, Operations.fok),
    "iceberg": (5, Operations.iceberg),
    "hidden": (3, Operations.hidden),
    "stop": (5, Operations.stop),
    "post-only": (4, Operations.post_only),
    "peg": (2, Operations.peg),
    "day": (2, Operations.day),
    "gtd": (2, Operations.gtd),
    "client id": (3, Operations.client_id),
    "auction": (4, Operations.auction),
    "phase": (2, Operations.phase),
    "close day": (1.5, Operations.close_day),
    "cancel": (5, Operations.cancel),
    "cancel all": (1.5, Operations.cancel_all),
    "amend down": (2, Operations.amend_down),
    "amend up": (2, Operations.amend_up),
    "amend price": (3, Operations.amend_price),
    "wrong": (9, Operations.wrong),
    "deposit": (3, Operations.deposit),
    "wait": (2, Operations.wait),
}
