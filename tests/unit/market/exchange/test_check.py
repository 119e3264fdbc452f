"""The check before an order: the verdict of the order itself, and nothing changes."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import Buy, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderRejected
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.covered_calls import CoveredCalls
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session


def image(session: Session) -> tuple[object, ...]:
    """Everything that an order could change."""
    world = session.world
    balances = {
        (name, asset): (held.total, held.reserved, held.covered)
        for name, account in world.ledger.accounts.items()
        for asset, held in account.balances.items()
    }
    books = {
        (venue.name, symbol): (
            listing.book.depth(10**6),
            listing.busy,
            len(listing.pegs.orders),
            len(listing.collected),
        )
        for venue in world.venues.by_name.values()
        for symbol, listing in venue.listings.items()
    }
    orders = {venue.name: tuple(venue.orders) for venue in world.venues.by_name.values()}
    return len(session.journal), world.ledger.orders, world.ledger.entries, balances, books, orders


def any_order(chance: Random, session: Session, number: int) -> PlaceOrder:
    """An order of any kind: many are refused, for different reasons."""
    world = session.world
    symbol = chance.choice([*world.venues.symbols, "GOLD"])
    venue = next((one for one in world.venues.by_name.values() if symbol in one.listings), world.venues.first)
    listing = venue.listings.get(symbol)
    price = (listing.last or listing.book.best_bid or listing.book.best_ask or 100) if listing is not None else 100
    side, quantity = chance.choice([Buy, Sell]), chance.choice([0, 1, 2, 5, 100, 10**5, 10**12])
    limit = chance.choice([None, 0, price, price + chance.randrange(1, 9), max(1, price - 3), 99 * price])
    lives = chance.choice(["gtc", "gtc", "ioc", "fok", "auction", "day", "gtd", "soon"])
    conditions = chance.choice(
        [{}, {}, {"post_only": "reject"}, {"stop": price + 9}, {"display": 1}, {"peg": "mid"}, {"hidden": True}]
    )
    named = chance.choice([None, None, f"c{number % 5}"])
    return side(symbol, quantity, limit, lives, named, chance.choice(["", "", venue.name, "NOWHERE"]), **conditions)


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (FirstMarket(), {"INSUFFICIENT_CASH", "INSUFFICIENT_HOLDINGS", "BAD_QUANTITY", "DUPLICATE_CLIENT_ID"}),
        (Arena(), {"MARGIN_ACCOUNT_NEEDED", "FOK_UNFILLABLE", "WRONG_PHASE"}),
        (TwoVenues(), {"UNKNOWN_VENUE", "UNKNOWN_INSTRUMENT", "POST_ONLY_WOULD_TAKE"}),
        (CoveredCalls(), {"UNCOVERED", "INSUFFICIENT_CASH"}),
    ],
)
def test_a_check_gives_the_verdict_of_the_order_and_changes_nothing(scenario: Scenario, expected: set[str]) -> None:
    session = Session(scenario, Options(epochs=30, settlement="none"))
    session.step(epoch=1)
    quotes = {one.quote for venue in session.world.venues.by_name.values() for one in venue.listings.values()}
    delivered = [one for one in session.world.venues.symbols if "C" not in one[1:] and "/" not in one]
    session.join("ann", dict.fromkeys(quotes, 10**7), dict.fromkeys(delivered[:1], 1_000))
    chance, verdicts = Random(5), Counter[str]()
    for number in range(600):
        if number == 400:
            session.phase("pause")
            session.phase("resume")
        order = any_order(chance, session, number)
        before = image(session)
        refusal = session.world.venues.check("ann", order)
        assert image(session) == before, f"the check of {order} changed something"
        answer = session.world.venues.submit("ann", order)
        found = None
        if isinstance(answer, OrderRejected):
            found = answer.reason, dict(answer.numbers)
        assert (refusal and (refusal.reason, dict(refusal.numbers))) == found, order
        verdicts[found[0] if found else "accepted"] += 1
        if number % 50 == 0:
            session.step(events=200)
    assert expected <= set(verdicts), verdicts
    assert verdicts["accepted"] >= 10


def test_a_check_of_nobodys_order_is_refused() -> None:
    session = Session(FirstMarket(), Options(epochs=1, settlement="none"))
    refusal = session.world.venues.check("nobody", Buy("ACME", 1, 10_000))
    assert isinstance(refusal, RuleViolation) and refusal.reason == "UNKNOWN_ACCOUNT"
