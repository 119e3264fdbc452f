"""The smallest market that a test of the exchange needs: one stock, a few rich accounts, a clock to push."""

from __future__ import annotations

from random import Random

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Cancel, CancelAll, Intent, Sell
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.outlier import OutlierRule
from market_sim.simulation.engine.clock import Clock

NAMES = ("ann", "bob", "cid", "dot")


class Marketplace:
    """An exchange with one stock, ACME; ann and ann-too have one owner."""

    def __init__(
        self, fees: FeeSchedule | None = None, tick: int = 1, lot: int = 1, outlier: OutlierRule | None = None
    ) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.listing = self.exchange.list(Stock("ACME", tick=tick, lot=lot), fees, outlier)
        self.book = self.listing.book
        for name in (*NAMES, "ann-too"):
            self.exchange.ledger.open_account(name, owner=name.partition("-")[0])
            self.exchange.ledger.deposit(name, "USD", 10_000_000)
            self.exchange.ledger.deposit(name, "ACME", 100_000)

    def accepted(self, name: str, intent: Intent) -> Order:
        """The order of an intent that must not be refused."""
        answer = self.exchange.submit(name, intent)
        assert isinstance(answer, Order), answer
        return answer

    def refused(self, name: str, intent: Intent) -> OrderRejected:
        """The refusal of an intent that must be refused."""
        answer = self.exchange.submit(name, intent)
        assert isinstance(answer, OrderRejected), answer
        return answer

    def buy(self, name: str, quantity: int, limit: int | None = None, lives: str = "gtc", **rest: object) -> Order:
        return self.accepted(name, Buy("ACME", quantity, limit, lives, **rest))

    def sell(self, name: str, quantity: int, limit: int | None = None, lives: str = "gtc", **rest: object) -> Order:
        return self.accepted(name, Sell("ACME", quantity, limit, lives, **rest))

    @property
    def trades(self) -> list[tuple[int, int, int, int]]:
        """Maker order, taker order, price, quantity of every trade so far."""
        return [(one.maker_order, one.taker_order, one.price, one.quantity) for one in self.journal.of(Trade)]


def random_day(seed: int, messages: int, fees: FeeSchedule | None = None) -> Marketplace:
    """A day with every order type, phase and message, drawn from a seed."""
    draw = Random(seed)
    place = Marketplace(fees, tick=2, lot=5)
    for _ in range(messages):
        place.clock.now += draw.choice((0, 1, 1, 5))
        step(place, draw)
    return place


def step(place: Marketplace, draw: Random) -> None:
    """One message of a random day, from anybody, of any kind."""
    exchange, phase, kind = place.exchange, place.listing.phase, draw.random()
    name = draw.choice((*NAMES, "ann-too"))
    waiting = sorted(exchange.accounts[name].open)
    if kind < 0.03:
        if phase == "continuous":
            draw.choice((exchange.phases.halt, exchange.phases.call, exchange.phases.close))("ACME")
        elif phase == "call":
            exchange.phases.uncross("ACME")
        else:
            exchange.phases.call("ACME", reference=draw.choice((None, 200)))
    elif kind < 0.04:
        exchange.phases.close_day()
    elif kind < 0.05:
        exchange.submit(name, CancelAll())
    elif kind < 0.15 and waiting:
        exchange.submit(name, Cancel(draw.choice(waiting)))
    elif kind < 0.3 and waiting:
        quantity, limit = draw.choice((None, 5 * draw.randint(1, 20))), draw.choice((None, 2 * draw.randint(90, 110)))
        exchange.submit(name, Amend(draw.choice(waiting), quantity, limit))
    else:
        exchange.submit(name, _order(draw, place.clock.now))


def _order(draw: Random, now: int) -> Intent:
    quantity, limit = 5 * draw.randint(1, 20), 2 * draw.randint(90, 110)
    lives, terms = draw.choice(
        [
            ("gtc", {}),
            ("gtc", {"display": 5 * draw.randint(1, quantity // 5)}),
            ("gtc", {"hidden": True}),
            ("gtc", {"peg": "mid"}),
            ("gtc", {"stop": 2 * draw.randint(90, 110)}),
            ("gtc", {"post_only": draw.choice(("reject", "slide"))}),
            ("gtd", {"expires": now + draw.randint(1, 60)}),
            ("day", {}),
            ("ioc", {}),
            ("fok", {}),
            ("auction", {}),
        ]
    )
    bare = not terms or "stop" in terms
    modes = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement_and_cancel")
    return draw.choice((Buy, Sell))(
        "ACME",
        quantity,
        None if bare and draw.random() < 0.2 else limit,
        lives,
        draw.choice((None, None, None, f"mine-{draw.randint(1, 99)}")),
        **terms,
        self_trade=draw.choice(modes),
    )
