"""The schedule: the actions that a scenario has planned, each at an epoch or at a time of the clock.

world.at(epoch=6, shock=PriceShock("ACME", percent=-8))
world.at(epoch=3.5, halt="ACME");  world.at(time_ms=4_000, reopen="ACME")
world.at(epoch=4, news=News("ACME", good_percent=3, bad_percent=-3))
world.at(time_ms=1_500, submit=("ann", Buy("ACME", 10)))
world.at(epoch=2, arrive="bob");  world.at(epoch=6.5, leave="bob")
world.at(epoch=3, outage=Outage("SIM-NYSE", seconds=2))
world.at(epoch=4, do=lambda world: world.exchange.phases.close())
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from market_sim.core.errors import InputError
from market_sim.core.models.inputs import Resume
from market_sim.market.dynamics.shocks import News, PriceShock
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CLOSED, HALTED, IN_CALL
from market_sim.market.venues.terms import Outage
from market_sim.simulation.engine.clock import MILLISECOND, SECOND

if TYPE_CHECKING:
    from market_sim.simulation.engine.world import World

PLANNED = "PLANNED"
"""The reason of a halt that the scenario has scheduled."""


@dataclass(frozen=True)
class ScheduledAction:
    """One action: its time, its description, and its action."""

    epoch: float | None
    time_ms: float | None
    what: str
    act: Callable[[World], object]

    def time(self, epoch_ns: int) -> int:
        """Its time in nanoseconds of the clock."""
        return round((self.time_ms or 0) * MILLISECOND) if self.epoch is None else round(self.epoch * epoch_ns)

    @property
    def when(self) -> str:
        """Its time in words."""
        return f"{self.time_ms:g} ms" if self.epoch is None else f"epoch {self.epoch:g}"

    def is_after(self, epochs: int, epoch_ns: int) -> bool:
        """Whether a run of this number of epochs ends before it."""
        return self.time(epoch_ns) >= (epochs + 1) * epoch_ns


def scheduled_action(
    world: World, epoch: float | None, time_ms: float | None, chosen: Mapping[str, Any]
) -> ScheduledAction:
    """The scheduled action that the arguments of `world.at` describe; InputError in one sentence if they are wrong."""
    if (epoch is None) == (time_ms is None):
        raise InputError("world.at takes either an epoch or a time in ms")
    if epoch is not None and not epoch >= 1:
        raise InputError(f"epochs count from 1, found {epoch}")
    if time_ms is not None and not time_ms >= 0:
        raise InputError(f"the clock begins at 0 ms, found {time_ms}")
    named = {name: value for name, value in chosen.items() if value is not None}
    if len(named) != 1:
        raise InputError(f"world.at takes one of {', '.join(chosen)}, found {', '.join(named) or 'none'}")
    ((name, value),) = named.items()
    what, act = _ACTS[name](world, value)
    return ScheduledAction(epoch, time_ms, what, act)


Act = tuple[str, Callable[["World"], object]]


def _shock(world: World, shock: PriceShock) -> Act:
    if shock.symbol not in world.values:
        raise InputError(f"a price shock needs an instrument with a believed value, and {shock.symbol} has none")
    return f"{shock.symbol} {shock.percent:+g} %", lambda world: world.shock(shock)


def _news(world: World, news: News) -> Act:
    if news.symbol not in world.values:
        raise InputError(f"news needs an instrument with a believed value, and {news.symbol} has none")
    stream = world.randomness.stream(f"news/{news.symbol}")
    return f"news about {news.symbol}", lambda world: world.shock(news.drawn(stream))


def _arrive(world: World, name: str) -> Act:
    _check_joined(world, name)
    world.participants.expect(name)
    return f"the arrival of {name}", lambda world: world.participants.arrive(name)


def _leave(world: World, name: str) -> Act:
    _check_joined(world, name)
    return f"the departure of {name}", lambda world: world.participants.leave(name)


def _check_joined(world: World, name: str) -> None:
    names = world.participants.invited
    if name not in names:
        raise InputError(f"{name} has not joined; joined have {', '.join(names) or 'none'}")


def _halt(world: World, symbol: str) -> Act:
    _check_listed(world, symbol)

    def act(world: World) -> None:
        for venue in world.venues.by_name.values():
            if symbol in venue.listings and venue.listings[symbol].phase not in (HALTED, CLOSED):
                venue.phases.halt(symbol, PLANNED)

    return f"a halt of {symbol}", act


def _reopen(world: World, symbol: str) -> Act:
    _check_listed(world, symbol)

    def act(world: World) -> None:
        for venue in world.venues.by_name.values():
            if symbol in venue.listings and venue.listings[symbol].phase in (HALTED, CLOSED):
                venue.phases.call(symbol, reason=PLANNED)
                end = world.clock.now + Resume().call_ms * MILLISECOND
                world.clock.plan(end, _uncross, (venue, symbol))

    return f"the reopening of {symbol}", act


def _uncross(place: tuple[Exchange, str]) -> None:
    venue, symbol = place
    if venue.listings[symbol].phase == IN_CALL:
        venue.phases.uncross(symbol)


def _submit(world: World, wish: Any) -> Act:
    if not (isinstance(wish, tuple) and len(wish) == 2 and wish[0] in world.ledger.accounts):
        raise InputError(f"submit takes an account and an intent, such as ('ann', Buy('ACME', 1)), found {wish!r}")
    account, intent = wish

    def act(world: World) -> None:
        if account not in world.participants.silent:
            world.venues.submit(account, intent)

    return f"{type(intent).__name__} of {account}", act


def _outage(world: World, outage: Outage) -> Act:
    gateway = world.venues.gateways.get(outage.venue)
    if gateway is None:
        named = ", ".join(world.venues.gateways) or "none"
        raise InputError(f"an outage is of a venue with terms, found {outage.venue}; venues with terms are {named}")

    def act(world: World) -> None:
        end = world.clock.now + round(outage.seconds * SECOND)
        gateway.fail_until(end)
        world.clock.plan(end, lambda _: gateway.answer_again())

    return f"an outage of {outage.venue}", act


def _do(world: World, function: Any) -> Act:
    if not callable(function):
        raise InputError(f"do takes a function of the world, found {function!r}")
    return f"{getattr(function, '__name__', 'something')}", function


def _check_listed(world: World, symbol: str) -> None:
    if symbol not in world.venues.symbols:
        raise InputError(f"{symbol} is not listed; listed are {', '.join(world.venues.symbols)}")


_ACTS: dict[str, Callable[[World, Any], Act]] = {
    "shock": _shock,
    "news": _news,
    "halt": _halt,
    "reopen": _reopen,
    "submit": _submit,
    "arrive": _arrive,
    "leave": _leave,
    "outage": _outage,
    "do": _do,
}
