"""Inputs that are no intents: money, accounts, news and changes that come into a world from outside while it runs.

Each is checked before it is recorded, so that an impossible one leaves no trace; then it takes effect.
"""

from __future__ import annotations

from market_sim.core.errors import InputError
from market_sim.core.models.inputs import (
    BY_HAND,
    OPERATOR,
    Credit,
    GrantAppeal,
    Join,
    Leave,
    Pause,
    Resume,
    Shock,
    StartCompetition,
    Tune,
)
from market_sim.core.models.run_events import AgentJoined
from market_sim.market.agents.strategy import tuned
from market_sim.market.compliance.enforcement import Enforcement
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.world import World

LONGEST_NAME = 64

Change = Credit | GrantAppeal | Join | Leave | Shock | StartCompetition | Tune
FromOutside = Change | Pause | Resume


def check(world: World, sender: str, thing: FromOutside) -> None:
    """Raise InputError, in one sentence, for an input that is not possible now."""
    if isinstance(thing, Credit):
        world.ledger.check_deposit(sender, thing.asset, thing.amount)
    elif isinstance(thing, Join):
        _check_join(world, sender, thing)
    elif isinstance(thing, Leave):
        world.participants.present(sender)
    elif isinstance(thing, Tune):
        tuned(world.participants.present(sender).strategy, thing.parameter, thing.value)
    elif isinstance(thing, StartCompetition):
        if sender != OPERATOR:
            raise InputError("a competition is started by the operator of the market, not by a participant")
    elif isinstance(thing, GrantAppeal):
        if sender != OPERATOR:
            raise InputError("an appeal is granted by the operator of the market, not by a participant")
        _enforcement(world).check_appeal(thing.measure)
    elif isinstance(thing, Shock):
        PriceShock(thing.symbol, thing.percent)
        if thing.symbol not in world.values:
            valued = ", ".join(world.values) or "none"
            raise InputError(f"{thing.symbol} has no believed value that news could move; those with one: {valued}")
    else:
        listed = world.venues.symbols
        if thing.symbol is not None and thing.symbol not in listed:
            raise InputError(f"{thing.symbol} is not listed; listed are {', '.join(listed)}")


def change(world: World, sender: str, thing: Change) -> None:
    """Let an input take effect; mechanisms and participants learn of it."""
    if isinstance(thing, StartCompetition):
        return  # it changes how a run is counted, not how it goes
    if isinstance(thing, Credit):
        world.ledger.deposit(sender, thing.asset, thing.amount)
    elif isinstance(thing, Join):
        world.ledger.open_account(sender)
        world.journal.record(AgentJoined(world.clock.now, sender, BY_HAND))
        for asset, amount in {**thing.cash, **thing.holdings}.items():
            world.ledger.deposit(sender, asset, amount)
    elif isinstance(thing, Leave):
        world.participants.leave(sender)
    elif isinstance(thing, Tune):
        world.participants.tune(sender, thing.parameter, thing.value)
    elif isinstance(thing, GrantAppeal):
        _enforcement(world).grant_appeal(thing.measure)
    else:
        world.shock(PriceShock(thing.symbol, thing.percent))
    for follower in world.mechanisms:
        follower.follow()
    world.participants.notice()


def _enforcement(world: World) -> Enforcement:
    """The enforcement of a world; InputError if it has none."""
    for mechanism in world.mechanisms:
        if isinstance(mechanism, Enforcement):
            return mechanism
    raise InputError("this market takes no measures against anybody, so there is nothing to appeal against")


def _check_join(world: World, name: str, thing: Join) -> None:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(f"a name has 1 to {LONGEST_NAME} printable characters, found {name[:80]!r}")
    if name in world.ledger.accounts:
        raise InputError(f"there is already an account named {name!r}")
    currencies = {listing.quote for venue in world.venues.by_name.values() for listing in venue.listings.values()}
    if unknown := [one for one in thing.cash if one not in currencies]:
        raise InputError(f"cash is in {' or '.join(sorted(currencies))}, found {unknown[0]!r}")
    if unknown := [one for one in thing.holdings if one not in world.venues.symbols]:
        raise InputError(f"holdings are of {', '.join(world.venues.symbols)}, found {unknown[0]!r}")
    for asset, amount in {**thing.cash, **thing.holdings}.items():
        world.ledger.check_amount(name, asset, amount, held=0)
