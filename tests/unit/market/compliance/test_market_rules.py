"""The rules at work: each halt directly after its cause, each refusal with its numbers, cancels always accepted."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.compliance_events import PriceBandsSet, RulesInForce
from market_sim.core.models.intents import BUY, Amend, Buy, Cancel, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderCancelled, PhaseChanged, Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.reasons import explain
from market_sim.market.compliance.order_gate import HIGH_FREQUENCY, MARKET_MAKER
from market_sim.market.compliance.profile import (
    BestPrice,
    Day,
    FatFinger,
    MarketWide,
    OrderRate,
    PositionLimit,
    PriceBands,
    Profile,
    SymbolHalt,
    Volatility,
)
from market_sim.market.exchange.order import Order
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.unit.market.compliance.ruled_market import RuledMarket

MINUTES = Day(pace=60)
SECONDS = Day(pace=1)


def ruled(day: Day = MINUTES, market: dict[str, Any] | None = None, **rules: Any) -> RuledMarket:
    """A market with these rules and no others."""
    return RuledMarket(Profile("test", "Rules of a test.", day, **rules), **(market or {}))


# Market-wide halts


@pytest.fixture(scope="module")
def crash() -> RuledMarket:
    """A market that falls by 7, 13 and 20 % in one day, and trades again on the next."""
    market = ruled(market_wide=MarketWide())
    market.trade(100_00)
    market.at(1).trade(93_01)
    market.at(2).trade(93_00)
    market.at(2.5)
    left = market.refused("carl", Buy("ACME", 1, 90_00)), market.numbers()
    assert left == ("HALTED_L1", {"symbol": "ACME", "until": "09:47:00", "level": 1, "fall": "7.00 %", "trade": 3})
    market.at(16.5).send("ann", Sell("ACME", 5, 92_00))
    market.send("bob", Buy("ACME", 5, 92_00))
    market.at(20).trade(87_01)
    market.at(21).trade(86_00)
    market.at(40).trade(92_00)  # the reopening without orders; above level 1 again, it halts no more
    market.at(41).trade(93_00)
    market.at(42).trade(79_00)
    market.at(389)
    assert market.refused("carl", Buy("ACME", 1, 70_00)) == "HALTED_L3"
    market.at(391.5).trade(79_00)
    market.at(392).trade(75_00)
    market.at(393).trade(73_00)
    return market


def test_each_level_halts_at_its_trade_once_a_day_and_reopens_by_auction_at_its_minute(crash):
    assert crash.phases() == [
        (2, "ACME", "halted", "HALTED_L1"), (16, "ACME", "call", "HALTED_L1"), (17, "ACME", "continuous", "AUCTION"),
        (21, "ACME", "halted", "HALTED_L2"), (35, "ACME", "call", "HALTED_L2"), (36, "ACME", "continuous", "AUCTION"),
        (42, "ACME", "halted", "HALTED_L3"), (390, "ACME", "call", "HALTED_L3"), (391, "ACME", "continuous", "AUCTION"),
        (393, "ACME", "halted", "HALTED_L1"),
    ]  # fmt: skip


def test_a_halt_stands_directly_after_the_trade_that_caused_it(crash):
    events = [*crash.journal]
    halts = [number for number, event in enumerate(events) if type(event) is PhaseChanged and event.phase == "halted"]
    causes = [events[number - 1] for number in halts]
    assert [type(cause) for cause in causes] == [Trade] * 4
    assert [cause.trade for cause in causes] == [events[number].numbers["trade"] for number in halts]


def test_the_next_day_counts_from_the_close_of_this_one(crash):
    # 79.00 is the close, so that 75.00 is a fall of 5 %, and 73.00 one of 7.59 %.
    assert crash.events(PhaseChanged)[-1].numbers["fall"] == "7.59 %"


def test_every_code_of_a_halt_explains_itself_with_its_numbers(crash):
    for change in crash.events(PhaseChanged):
        if change.numbers:
            assert str(change.numbers["until"]) in explain(change.reason, change.numbers)


def test_orders_can_be_cancelled_in_a_halt_and_stay_for_the_auction_otherwise():
    market = ruled(market_wide=MarketWide())
    waits, leaves = market.send("carl", Buy("ACME", 3, 91_00)), market.send("carl", Buy("ACME", 3, 91_50))
    market.trade(100_00)
    market.trade(92_00)
    assert market.refused("carl", Cancel(leaves.id)) == "" and leaves.ended == "CANCELLED"
    assert market.refused("carl", Amend(waits.id, limit=92_00)) == "HALTED_L1"
    market.at(14.5).send("ann", Sell("ACME", 3, 91_00))
    market.at(15)
    assert market.prices()[-1] == 91_00 and waits.remaining == 0
    assert market.phases()[-1][:3] == (15, "ACME", "continuous")


def test_all_instruments_halt_and_the_index_is_their_mean():
    market = ruled(market_wide=MarketWide(), market={"symbols": ("ACME", "BETA")})
    market.trade(100_00)
    market.trade(50_00, "BETA")
    market.trade(90_00)  # 10 % of one half are 5 %
    assert not market.phases()
    market.trade(48_00, "BETA")
    assert [phase[1:] for phase in market.phases()] == [
        ("ACME", "halted", "HALTED_L1"), ("BETA", "halted", "HALTED_L1"),
    ]  # fmt: skip


def test_levels_1_and_2_do_not_halt_late_in_the_day_and_level_3_does():
    market = ruled(Day(pace=60, starts="15:20"), market_wide=MarketWide(), market={"closes": {"ACME": 100_00}})
    market.at(5).trade(86_00)
    assert not market.phases()
    market.at(6).trade(80_00)
    assert market.phases()[-1][2:] == ("halted", "HALTED_L3")


def test_one_order_through_several_levels_halts_at_the_lowest_price():
    market = ruled(market_wide=MarketWide())
    market.trade(100_00)
    for price in (92_00, 86_00, 85_00):
        market.send("carl", Buy("ACME", 1, price))
    market.send("ann", Sell("ACME", 3, 85_00))
    assert [phase[3] for phase in market.phases()] == ["HALTED_L2"]


def test_a_split_is_no_fall():
    market = ruled(market_wide=MarketWide(), symbol_halt=SymbolHalt())
    market.trade(100_00)
    market.journal.record(CorporateActionTaken(0, "ACME", "split", 2, 1_000, 100_00))
    market.exchange.ledger.note_change()  # as `restate` does
    market.trade(50_00)
    assert not market.phases()


def test_what_a_person_halted_is_left_to_that_person():
    market = ruled(market_wide=MarketWide(), market={"symbols": ("ACME", "BETA")})
    market.exchange.phases.halt("BETA", "PAUSED")
    market.trade(100_00)
    market.trade(80_00)
    market.at(30)
    assert [phase[1] for phase in market.phases() if phase[3] == "HALTED_L1"] == ["ACME", "ACME"]
    assert market.exchange.listings["BETA"].because == "PAUSED"


# Halts of one instrument


def test_a_move_of_five_percent_halts_its_instrument_alone():
    market = ruled(symbol_halt=SymbolHalt(), market={"symbols": ("ACME", "BETA")})
    market.trade(100_00)
    market.trade(104_99)
    assert not market.phases()
    market = ruled(symbol_halt=SymbolHalt(), market={"symbols": ("ACME", "BETA")})
    market.trade(100_00)
    market.trade(105_00)
    assert market.refused("carl", Buy("ACME", 1, 99_00)) == "HALTED_MOVE"
    assert market.numbers()["move"] == "+5.00 %"
    market.trade(50_00, "BETA")
    market.at(4.5).send("ann", Sell("ACME", 1, 105_00))
    market.send("bob", Buy("ACME", 1, 105_00))
    market.at(6)
    assert [phase[:3] for phase in market.phases()] == [
        (0, "ACME", "halted"), (4, "ACME", "call"), (5, "ACME", "continuous"),
    ]  # fmt: skip
    market.trade(106_00)
    assert len(market.phases()) == 3, "the reopening price begins a new window"


def test_a_market_wide_halt_replaces_that_of_one_instrument():
    market = ruled(market_wide=MarketWide(), symbol_halt=SymbolHalt(), market={"symbols": ("ACME", "BETA")})
    market.trade(100_00)
    market.trade(100_00, "BETA")
    market.trade(94_00)
    market.at(1).trade(91_50, "BETA")
    market.at(20)
    assert [(time, *rest) for time, symbol, *rest in market.phases() if symbol == "ACME"] == [
        (0, "halted", "HALTED_MOVE"), (1, "halted", "HALTED_L1"), (15, "call", "HALTED_L1"),
        (16, "continuous", "AUCTION"),
    ]  # fmt: skip


def test_volatility_cools_by_the_literal_number_and_its_measure_is_told():
    rules = Volatility(a_year=1_000, at_least=3)
    market = ruled(SECONDS, volatility=rules)
    for second, price in enumerate((100_00, 100_10, 100_00)):
        market.at(second).trade(price)
    change = market.events(PhaseChanged)[-1]
    assert change.reason == "HALTED_VOLATILE" and change.numbers["limit"] == "10 %"
    calm = ruled(SECONDS, volatility=dataclasses.replace(rules, a_year=0, times_baseline=3))
    for second, price in enumerate((100_00, 100_10, 100_00)):
        calm.at(second).trade(price)
    assert not calm.phases()


def test_volatility_of_three_times_its_baseline_cools():
    market = ruled(SECONDS, volatility=Volatility(window=10, times_baseline=3, baseline=2, at_least=3, halt=10, call=5))
    for second in range(40):
        market.at(second).trade(100_00 + 10 * (second % 2))
    assert not market.phases()
    for second in range(40, 46):
        market.at(second + 0.0)
        if not market.phases():
            market.trade(100_00 + 60 * (second % 2))
    assert market.phases()[0][3] == "HALTED_VOLATILE"


# Price bands


def test_no_order_reaches_outside_the_bands_and_a_market_order_stays_within():
    market = ruled(price_bands=PriceBands(), market={"closes": {"ACME": 100_00}})
    assert [(e.lower, e.upper) for e in market.events(PriceBandsSet)] == [(95_00, 105_00)]
    assert market.refused("ann", Sell("ACME", 1, 94_99)) == "LIMIT_DOWN"
    assert market.refused("ann", Buy("ACME", 1, 105_01)) == "LIMIT_UP" and market.numbers()["upper"] == 105_00
    market.send("ann", Sell("ACME", 1, 104_00))
    market.send("ann", Sell("ACME", 1, 107_00))
    bought = market.send("bob", Buy("ACME", 2))
    assert bought.filled == 1 and bought.limit == 105_00 and bought.ended == "REMAINDER"


def test_a_limit_state_of_fifteen_seconds_pauses_and_one_that_clears_does_not():
    market = ruled(SECONDS, price_bands=PriceBands(), market={"closes": {"ACME": 100_00}})
    first = market.send("bob", Buy("ACME", 5, 105_00))
    market.at(14.9).send("bob", Cancel(first.id))
    market.at(20).send("bob", Buy("ACME", 5, 105_00))
    market.at(34.999)
    assert not market.phases()
    market.at(35)
    assert market.phases() == [(35, "ACME", "halted", "HALTED_LIMIT_STATE")]
    assert market.refused("bob", Buy("ACME", 5, 105_00)) == "HALTED_LIMIT_STATE"
    market.at(300).send("ann", Sell("ACME", 5, 105_00))
    market.at(336)
    assert market.prices() == [105_00]
    assert market.phases()[-1][:3] == (335, "ACME", "continuous")
    assert market.events(PriceBandsSet)[-1].reference == market.prices()[-1]


def test_orders_that_new_bands_leave_outside_are_withdrawn():
    market = ruled(SECONDS, price_bands=PriceBands(), market={"closes": {"ACME": 100_00}})
    low = market.send("ann", Sell("ACME", 1, 99_50))
    assert low.ended == ""
    market.at(1).send("bob", Buy("ACME", 1, 99_50))
    resting = market.send("ann", Sell("ACME", 7, 104_90))
    market.at(2).trade(104_50)
    market.at(3).trade(104_50)
    market.at(10).trade(104_80)
    market.at(400).trade(104_80)
    assert resting.ended == "", "an ask above the bands waits; only one below them is withdrawn"
    market.at(401).send("carl", Buy("ACME", 1, 96_00))
    bid = market.send("carl", Buy("ACME", 1, 104_00))
    market.rules.bands._references["ACME"] = (90_00, 0)  # as if the reference had fallen
    market.rules.bands._windows["ACME"].restart()
    market.at(430).send("carl", Buy("ACME", 1, 90_00))
    assert bid.ended == "OUTSIDE_BANDS"
    assert market.events(OrderCancelled)[-1].reason == "OUTSIDE_BANDS"


# Checks before a trade


def test_the_sixty_first_order_of_a_minute_is_refused_and_told_how_long_to_wait():
    market = ruled(SECONDS, order_rate=OrderRate())
    for number in range(59):
        market.at(number / 100).send("ann", Buy("ACME", 1, 50_00))
    order = market.at(30).send("ann", Buy("ACME", 1, 50_00))
    assert market.refused("ann", Buy("ACME", 1, 50_00)) == "RATE_LIMIT"
    assert market.numbers() == {"account": "ann", "sent": 60, "window": 60, "most": 60, "wait": "30.000"}
    assert market.refused("ann", Cancel(order.id)) == "", "cancels are free"
    assert market.refused("bob", Buy("ACME", 1, 50_00)) == "", "each account has a window of its own"
    assert market.at(59.9999999).refused("ann", Buy("ACME", 1, 50_00)) == "RATE_LIMIT"
    assert market.numbers()["wait"] == "0.001", "who waits as long as told is not refused again"
    assert market.at(60).refused("ann", Buy("ACME", 1, 50_00)) == ""


def test_accepted_amendments_count_and_refused_messages_do_not():
    market = ruled(SECONDS, order_rate=OrderRate(participant=3))
    order = market.send("ann", Buy("ACME", 10, 50_00))
    assert market.refused("ann", Buy("ACME", 10**9, 50_00)) == "INSUFFICIENT_CASH"
    assert market.refused("ann", Amend(order.id, quantity=10**9)) == "INSUFFICIENT_CASH"
    assert market.refused("ann", Amend(order.id, quantity=9)) == ""
    assert market.refused("ann", Amend(order.id, limit=51_00)) == ""
    assert market.refused("ann", Amend(order.id, quantity=8)) == "RATE_LIMIT"


def test_an_amendment_that_ends_its_order_counts_for_its_owner_and_for_nobody_after_it():
    market = ruled(SECONDS, order_rate=OrderRate(participant=2))
    order = market.send("ann", Buy("ACME", 5, 100_00))
    market.send("bob", Sell("ACME", 4, 100_00))
    market.send("ann", Amend(order.id, quantity=3))
    assert order.ended == "AMENDED_BELOW_FILLED"
    assert market.refused("ann", Buy("ACME", 1, 50_00)) == "RATE_LIMIT", "the order and its amendment are two"
    resting = market.send("bob", Sell("ACME", 4, 110_00))
    assert market.refused("bob", Cancel(resting.id)) == ""
    assert market.refused("carl", Buy("ACME", 1, 50_00)) == ""


def test_roles_have_rates_of_their_own():
    rates = OrderRate(participant=1, market_maker=3, high_frequency=2)
    roles = {"ann": MARKET_MAKER, "bob": HIGH_FREQUENCY}
    market = ruled(SECONDS, order_rate=rates, market={"roles": roles})
    sent = {name: [market.refused(name, Buy("ACME", 1, 50_00)) for _ in range(4)] for name in ("ann", "bob", "carl")}
    assert {name: codes.count("") for name, codes in sent.items()} == {"ann": 3, "bob": 2, "carl": 1}


def test_the_position_limit_is_met_exactly_and_its_refusal_tells_the_headroom():
    market = ruled(position_limit=PositionLimit(most=10**10 + 100_00 * 10))
    market.trade(100_00)  # bob has 1,000,001 now, and ann one less than the million that is worth 10**10 cents
    assert market.refused("bob", Buy("ACME", 10, 90_00)) == "POSITION_LIMIT"
    assert market.numbers() == {"exposure": 10**10 + 11 * 100_00, "most": 10**10 + 10 * 100_00, "headroom": 9 * 100_00}
    order = market.send("bob", Buy("ACME", 9, 90_00))
    assert isinstance(order, Order)
    assert market.refused("bob", Amend(order.id, quantity=10)) == "POSITION_LIMIT"
    assert market.refused("bob", Amend(order.id, quantity=8)) == ""
    assert market.refused("bob", Sell("ACME", 500, 120_00)) == "", "what reduces a position always passes"
    forced = market.exchange.force("bob", PlaceOrder("ACME", BUY, 50, 80_00))
    assert isinstance(forced, Order), "a liquidation is not the account's own wish"


def test_an_account_can_have_a_limit_of_its_own_and_makers_have_none():
    terms = {"limits": {"ann": 2 * 10**10}, "roles": {"bob": MARKET_MAKER}}
    market = ruled(position_limit=PositionLimit(), market=terms)
    market.trade(100_00)
    assert [market.refused(name, Buy("ACME", 100, 90_00)) for name in ("ann", "bob", "carl")] == [
        "",
        "",
        "POSITION_LIMIT",
    ]


def test_a_price_ten_times_too_high_is_a_fat_finger_with_its_score():
    market = ruled(fat_finger=FatFinger(at_least=5, floor=50))
    for price in (100_00, 100_10, 99_90, 100_00, 100_05):
        market.trade(price)
    assert market.refused("carl", Buy("ACME", 1, 1_000_00)) == "FAT_FINGER"
    assert {"limit", "score", "most", "mean", "trades"} == {*market.numbers()}
    assert market.refused("carl", Buy("ACME", 1, 103_00)) == ""
    assert market.refused("carl", Sell("ACME", 1, 1_000_00)) == "", "to ask too much harms nobody"


def test_no_order_trades_where_another_venue_is_better_by_more_than_the_tolerance():
    market = ruled(best_price=BestPrice(most=50), market={"venues": ("NORTH", "SOUTH")})
    market.send("ann", Sell("ACME", 5, 100_00, venue="NORTH"), "NORTH")
    market.send("ann", Sell("ACME", 5, 100_50, venue="SOUTH"), "SOUTH")
    assert market.refused("bob", Buy("ACME", 1, 100_50, venue="SOUTH"), "SOUTH") == "", "50 basis points are tolerated"
    market.send("carl", Sell("ACME", 5, 99_99, venue="NORTH"), "NORTH")
    assert market.refused("bob", Buy("ACME", 1, 100_50, venue="SOUTH"), "SOUTH") == "BETTER_PRICE_ELSEWHERE"
    assert market.numbers() == {"symbol": "ACME", "price": 100_50, "better": 99_99, "venue": "NORTH"}
    assert market.refused("bob", Buy("ACME", 1, 100_49, venue="SOUTH"), "SOUTH") == "", "it would not trade"


def test_a_venue_that_does_not_answer_protects_no_price():
    answers = {"NORTH": False}
    terms = {"venues": ("NORTH", "SOUTH"), "reaches": lambda venue: answers.get(venue, True)}
    market = ruled(best_price=BestPrice(most=0), market=terms)
    market.send("ann", Sell("ACME", 5, 100_00, venue="NORTH"), "NORTH")
    market.send("ann", Sell("ACME", 5, 100_50, venue="SOUTH"), "SOUTH")
    assert market.refused("bob", Buy("ACME", 1, 100_50, venue="SOUTH"), "SOUTH") == ""
    answers["NORTH"] = True
    assert market.refused("bob", Buy("ACME", 1, 100_50, venue="SOUTH"), "SOUTH") == "BETTER_PRICE_ELSEWHERE"


ASKED = [
    Buy("ACME", 1, 50_00), Buy("ACME", 1, 1_000_00), Buy("ACME", 5_000, 100_00), Buy("ACME", 0, 100_00),
    Sell("ACME", 1, 100_01), Buy("ACME", 1), Sell("ACME", 1, 1_00),
]  # fmt: skip


def test_the_check_beforehand_gives_the_code_of_the_order_and_counts_nothing():
    rules = {"position_limit": PositionLimit(most=10**10 + 10**7), "fat_finger": FatFinger(at_least=3)}
    market = ruled(SECONDS, order_rate=OrderRate(participant=8), **rules)
    for _ in range(5):
        market.trade(100_00)
    codes: list[str] = []
    for intent in ASKED:
        before = len(market.journal)
        told = market.exchange.check("carl", intent)
        assert len(market.journal) == before
        codes.append("" if told is None else told.reason)
        assert codes[-1] == market.refused("carl", intent)
        assert told is None or told.numbers == market.numbers()
    assert {"", "FAT_FINGER", "POSITION_LIMIT", "BAD_QUANTITY"} <= {*codes}
    for _ in range(8):
        market.send("carl", Buy("ACME", 1, 50_00))
    asked = market.exchange.check("carl", Buy("ACME", 1, 50_00))
    assert asked is not None and asked.reason == market.refused("carl", Buy("ACME", 1, 50_00)) == "RATE_LIMIT"


# The rules themselves


def test_the_rules_are_an_event_with_every_number():
    market = ruled(order_rate=OrderRate(participant=5), market={"roles": {"ann": MARKET_MAKER}})
    [told] = market.events(RulesInForce)
    assert told.numbers["order_rate.participant"] == 5 and told.numbers["day.pace"] == 60
    assert told.roles == {"ann": MARKET_MAKER} and "fat_finger.most" not in told.numbers


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        (
            {"roles": {"ann": "hero"}},
            "the role of ann is one of participant, market_maker, high_frequency, found 'hero'",
        ),
        ({"roles": {"zoe": MARKET_MAKER}}, "the rules name zoe, and there is no such account"),
        ({"limits": {"zoe": 1}}, "the rules name zoe, and there is no such account"),
        ({"index": ("DOW",)}, "the index and the last closes are of spot instruments, and DOW is none here"),
    ],
)
def test_terms_that_name_what_is_not_there_are_refused_in_one_sentence(terms, sentence):
    with pytest.raises(InputError, match=sentence):
        ruled(market=terms)


def test_a_run_has_the_rules_of_its_scenario_or_its_options_and_otherwise_no_gate_at_all():
    class Ruled(FirstMarket):
        rules = "classroom"

    worlds = [
        prepared(scenario, Options(rules=rules))
        for scenario, rules in (
            (FirstMarket(), None), (Ruled(), "none"), (Ruled(), None), (FirstMarket(), "luld"), (Ruled(), "luld"),
        )
    ]  # fmt: skip
    assert [[told.profile for told in world.journal.of(RulesInForce)] for world in worlds] == [
        [], [], ["classroom"], ["luld"], ["luld"],
    ]  # fmt: skip
    assert [len(world.exchange.followers) for world in worlds[:2]] == [0, 0]
    [rules] = worlds[2].mechanisms
    assert worlds[2].exchange.followers[0] is rules
    assert {*next(worlds[2].journal.of(RulesInForce)).roles.values()} == {MARKET_MAKER}, "makers are found by strategy"
