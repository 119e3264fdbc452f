"""A maker whose spread follows volatility: in proportion, with its figures, and not because of one piece of news."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import BUY, SELL, Adapted, InstrumentView, View
from market_sim.core.errors import InputError
from market_sim.core.models.intents import PlaceOrder
from market_sim.strategies.market_making.volatility_maker import VolatilityMaker

WINDOW = 4


def maker(**chosen) -> VolatilityMaker:
    return VolatilityMaker(spread_bps=20, levels=1, lean_bps=0, made_for_bps=10.0, window=WINDOW, **chosen)


def told(one: VolatilityMaker, value: int) -> tuple[list[Adapted], int | None]:
    """What it says of its spread, and the spread that it then quotes; None while its quotes stay."""
    market = InstrumentView("ACME", position=100, value=value)
    wishes = list(one.decide(View({"ACME": market}, cash=10**9, orders=(), random=Random(1), time=0)))
    prices = {wish.side: wish.limit for wish in wishes if isinstance(wish, PlaceOrder)}
    return [wish for wish in wishes if isinstance(wish, Adapted)], prices[SELL] - prices[BUY] if prices else None


def after(one: VolatilityMaker, values: list[int]) -> list[Adapted]:
    return [adapted for value in values for adapted in told(one, value)[0]]


def swinging(step: int, count: int) -> list[int]:
    return [100_000 + step * (number % 2) for number in range(count)]


def test_the_spread_grows_in_proportion_and_comes_back() -> None:
    one = maker()
    [widened] = after(one, swinging(200, WINDOW + 1))  # 20 bps a step, a deviation of 29.7
    assert widened[:3] == ("spread_bps", 20, 59)
    assert widened.reason == (
        "the last 4 steps have a deviation of 29.6 bps, 2.96 times the 10 bps that the spread is made for"
    )
    assert told(one, 100_000)[1] == 590
    back = after(one, [100_000] * 3)
    assert (back[-1].after, one.quoted_bps) == (20, 20)
    assert back[-1].reason.endswith("within the 10 bps that the spread is made for")
    assert told(one, 100_000)[1] == 200


def test_ordinary_steps_and_one_piece_of_news_change_nothing() -> None:
    assert after(maker(), swinging(60, 40)) == []
    assert after(maker(), [100_000] * 5 + [80_000] * 5) == []
    assert after(maker(), [100_000, 80_000, 80_000]) == [], "fewer steps than the window say nothing yet"


def test_a_small_change_keeps_the_places_in_the_queue() -> None:
    one = maker()
    [_] = after(one, swinging(200, WINDOW + 1))
    assert after(one, swinging(220, 8)[1:]) == []
    assert one.quoted_bps == 59


def test_a_spread_that_is_changed_from_outside_is_widened_like_any_other() -> None:
    one = maker()
    [_] = after(one, swinging(200, WINDOW + 1))
    one.spread_bps = 40
    assert one.quoted_bps == 118


@pytest.mark.parametrize("wrong", [{"made_for_bps": 0}, {"window": 1}, {"spread_bps": 0}])
def test_impossible_parameters_are_refused(wrong) -> None:
    with pytest.raises(InputError):
        VolatilityMaker(**wrong)
