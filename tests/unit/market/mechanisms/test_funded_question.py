"""A funded question pays out exactly what its sponsor put up, whatever the answer is."""

from __future__ import annotations

import pytest

from market_sim import Buy, Sell, World, dollars
from market_sim.core.data.fold import fold
from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.intents import Amend, Resolve
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.models.mechanism_events import Resolved
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.funded_question import FUNDED_AT, FundedQuestion
from market_sim.market.mechanisms.margin import MarginAccounts
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.strategies.traditional.option_holder import Holder


def town(quantity: int = 10, cash: int = dollars(20)) -> World:
    world = World(1)
    world.list(PredictionContract("RAIN", question="Will it rain?", payout=101))
    for name in ("sponsor", "ann", "oracle"):
        world.join(name, Holder(), cash=cash)
    house = ClearingHouse(capital=0)
    world.attach(house)
    world.attach(FundedQuestion(house, "RAIN", oracle="oracle", sponsor="sponsor", quantity=quantity))
    return world


def funded() -> World:
    """Ann buys 4 of the 10 contracts at 60."""
    world = town()
    world.start(1_000_000_000)
    world.clock.run(until=FUNDED_AT + 1)
    world.exchange.submit("sponsor", Sell("RAIN", 4, 60))
    world.exchange.submit("ann", Buy("RAIN", 4, 60))
    return world


@pytest.mark.parametrize(
    ("answer", "ann", "sponsor"),
    # Ann paid 240 for four; the sponsor put up 1,010 for ten, sold four, and six were left.
    [("yes", 2_000 - 240 + 404, 2_000 + 240 - 404), ("no", 1_760, 2_240), ("void", 1_760 + 200, 2_240 - 200)],
)
def test_the_answer_pays_holders_and_gives_the_rest_back(answer: str, ann: int, sponsor: int) -> None:
    world = funded()
    world.exchange.submit("oracle", Resolve("RAIN", answer))
    owned = fold(world.journal)
    assert (owned["ann"], owned["sponsor"], owned["cash behind RAIN"]) == ({"USD": ann}, {"USD": sponsor}, {})
    [resolved] = world.journal.of(Resolved)
    assert (resolved.outcome, resolved.pairs, resolved.paid) == (answer, 10, 1_010)
    world.check()


def test_before_the_answer_the_cash_for_every_contract_lies_behind_them() -> None:
    owned = fold(funded().journal)
    assert owned["cash behind RAIN"] == {"USD": 1_010, "RAIN": -10}
    assert (owned["ann"]["RAIN"], owned["sponsor"]["RAIN"]) == (4, 6)


def test_an_account_with_margin_sells_no_contract_that_it_does_not_hold() -> None:
    world = town()
    world.attach(MarginAccounts({"ann": Agreement(), "sponsor": Agreement()}))
    world.start(1_000_000_000)
    world.clock.run(until=FUNDED_AT + 1)
    world.exchange.listings["RAIN"].last = 60
    world.exchange.submit("oracle", Buy("RAIN", 4, 60))
    waits = world.exchange.submit("sponsor", Sell("RAIN", 10, 70))
    for name, intent, numbers in (
        ("ann", Sell("RAIN", 1, 60), {"needed": 1, "available": 0}),
        ("sponsor", Amend(waits.id, quantity=11), {"needed": 11, "available": 10}),
    ):
        refused = world.exchange.submit(name, intent)
        assert isinstance(refused, OrderRejected)
        assert (refused.reason, refused.numbers) == ("INSUFFICIENT_HOLDINGS", numbers)
    world.exchange.submit("oracle", Resolve("RAIN", "yes"))
    owned = fold(world.journal)
    assert (owned["ann"], owned["sponsor"]) == ({"USD": 2_000}, {"USD": 2_000})
    world.check()


def test_what_is_no_answer_and_what_is_no_probability_is_refused() -> None:
    world = funded()
    for name, intent in (
        ("ann", Resolve("RAIN", "yes")),
        ("oracle", Resolve("RAIN", "perhaps")),
        ("ann", Buy("RAIN", 1, 101)),
        ("oracle", Resolve("RAIN", "no")),
        ("oracle", Resolve("RAIN", "yes")),
    ):
        world.exchange.submit(name, intent)
    reasons = [event.reason for event in world.journal.of(OrderRejected)]
    assert reasons == ["NOT_THE_ORACLE", "BAD_OUTCOME", "BEYOND_PROBABILITY", "ALREADY_RESOLVED"]


def test_a_market_order_near_certainty_is_protected_by_certainty_itself() -> None:
    world = funded()
    world.exchange.submit("sponsor", Sell("RAIN", 1, 100))
    world.exchange.submit("ann", Buy("RAIN", 1))
    assert [*world.journal.of(OrderRejected)] == []
    assert [trade.price for trade in world.journal.of(Trade)] == [60, 100]


def test_a_sponsor_without_the_cash_is_refused_before_the_run() -> None:
    with pytest.raises(InputError, match="'sponsor' needs 1010 in cash to fund 10 RAIN"):
        town(cash=1_009)
    with pytest.raises(InputError, match="a positive number of contracts, found 0"):
        town(quantity=0)
