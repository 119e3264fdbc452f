"""What participants are set up to do and the rules of their market refuse: told before anybody wonders why.

Three settings are chosen apart from the rules and easily contradict them: how often a maker quotes, how large a
position it allows itself, and how wide it quotes.
"""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.core.data.journal import Journal
from market_sim.core.models.figures import Figures
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.units import BPS, MILLISECOND
from market_sim.market.agents.strategy import Strategy
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.number import shown
from market_sim.market.compliance.order_gate import PARTICIPANT, most_exposure, most_messages
from market_sim.market.compliance.profile import OrderRate, PositionLimit
from market_sim.simulation.engine.world import World
from market_sim.strategies.market_making.tiers import TIERS

SIDES = 2
TIER, CENTS = "major", "cents"


def rule_conflicts(world: World, journal: Journal) -> Iterator[str]:
    """A sentence for each contradiction of a maker with the rules of its world; `journal` is that of a run of it."""
    rules = next((one for one in world.mechanisms if isinstance(one, MarketRules)), None)
    if rules is None:
        return
    prices = {order.terms.symbol: order.terms.limit for order in journal.of(OrderAccepted) if order.terms.limit}
    prices |= {trade.symbol: trade.price for trade in journal.of(Trade)}
    listed = {symbol: venue.listings[symbol].instrument for venue in rules.venues for symbol in venue.listings}
    for name in world.participants.makers:
        every, strategy = world.participants.set_up(name)
        role = rules.roles.get(name, PARTICIPANT)
        if rules.profile.order_rate is not None:
            yield from _rate(name, every, rules.profile.order_rate, role, MarketClock(rules.profile.day))
        symbol = getattr(strategy, "symbol", "")
        if rules.profile.position_limit is not None and symbol in listed and symbol in prices:
            own = rules.limits.get(name)
            yield from _cap(name, strategy, listed[symbol], prices[symbol], rules.profile.position_limit, role, own)
        yield from _width(name, strategy)


def _rate(name: str, every: int, rule: OrderRate, role: str, clock: MarketClock) -> Iterator[str]:
    """One bid and one ask at each wake-up, within the window of the order rate."""
    most, sends = most_messages(rule, role, True), SIDES * clock.span(rule.window) // every
    if sends > most:
        yield (
            f"order rate: {name} wakes up each {every / MILLISECOND:g} ms, so that it may send {sends:,} orders in "
            f"{rule.window} s of market time, and {most:,} is its limit"
        )


def _cap(
    name: str, strategy: Strategy, listed: Instrument, price: int, rule: PositionLimit, role: str, own: int | None
) -> Iterator[str]:
    """The position that its own cap allows, at this price; a cap that is no whole number counts whole units."""
    cap, most = getattr(strategy, "max_position", None), most_exposure(rule, role, own)
    if cap is None or not most:
        return
    quantity = round(cap * 10**listed.quantity_decimals) if isinstance(cap, float) else cap
    worth, figures = listed.cash(price, quantity), Figures([listed])
    if worth > most:
        yield (
            f"position limit: {name} allows itself {figures.amount(listed.symbol, quantity)}, worth "
            f"{shown(worth, CENTS)} at {figures.price(listed.symbol, price)}, and {shown(most, CENTS)} is its limit"
        )


def _width(name: str, strategy: Strategy) -> Iterator[str]:
    """A spread that is stated as a part of the middle, beside the band of the first tier."""
    spread = getattr(strategy, "spread", None)
    least, most = TIERS[TIER]
    if isinstance(spread, float) and not least <= spread * BPS <= most:
        yield (
            f"spread: {name} quotes {spread * BPS:g} bp of the middle, and makers of the tier {TIER} {least} to "
            f"{most}; a tier binds them alone, and not {name}"
        )
