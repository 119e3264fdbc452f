"""An instrument says which rules hold for it: no list of kinds stands anywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from market_sim.core.errors import InvariantBroken
from market_sim.core.models import derivatives
from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract, Warrant
from market_sim.core.models.instruments import Instrument, Spot, Stock
from market_sim.market.mechanisms.margin_rules import RULES, ContractTerms, Position
from market_sim.market.mechanisms.requirements import PortfolioMargin, us_strategy
from market_sim.pricing.perpetual import Tier

TERMS = ContractTerms(10, (Tier(0, 50),))
KINDS: tuple[Instrument, ...] = (
    Stock("ACME"),
    Spot("BTC"),
    Option("CALL", underlying="ACME", strike=100, expiry=9, multiplier=100),
    Warrant("WAR", underlying="ACME", issuer="acme", strike=100, expiry=9, ratio=2),
    Future("FUT", underlying="ACME", expiry=9, delivery="physical", multiplier=10),
    Perpetual("PERP", underlying="ACME", funding_every=9),
    PredictionContract("YES", question="Will it?"),
    Note("SAFE", underlying="ACME", issuer="bank", protected=1_000, strike=100, maturity=9),
)


def concrete(kind: type[Instrument]) -> Iterator[type[Instrument]]:
    """Every kind of instrument that can be listed."""
    for each in kind.__subclasses__():
        if each is not derivatives.Derivative:
            yield each
        yield from concrete(each)


def test_every_kind_of_instrument_names_a_rule_that_there_is():
    assert {*concrete(Instrument)} == {type(instrument) for instrument in KINDS}
    assert {instrument.margin_rule for instrument in KINDS} == {*RULES}


@pytest.mark.parametrize(
    ("symbol", "long", "short"),
    [
        ("ACME", (5_500, 2_750), (5_500, 3_300)),  # a half and a quarter; of a short sale what is beyond its proceeds
        ("BTC", (5_500, 2_750), (5_500, 3_300)),
        ("WAR", (11_000, 11_000), (11_000, 11_000)),
        ("PERP", (1_100, 55), (1_100, 55)),
        ("YES", (11_000, 11_000), (0, 0)),  # it cannot cost its seller more than the payout of 100
        ("SAFE", (11_000, 11_000), (11_000, 11_000)),
    ],
)
def test_each_rule_asks_for_one_unit_what_it_says(symbol, long, short):
    instrument = next(each for each in KINDS if each.symbol == symbol)
    found = [
        tuple(
            RULES[instrument.margin_rule].requirement(Position(instrument, held, {}, {symbol: 11_000}), TERMS, initial)
            for initial in (True, False)
        )
        for held in (1, -1)
    ]
    assert found == [long, short]


def test_an_option_is_paid_in_full_when_held_and_covered_by_stock_when_written():
    option, rule = KINDS[2], RULES["option"]
    marks = {"CALL": 7, "ACME": 105}
    assert rule.requirement(Position(option, 2, {}, marks), TERMS, True) == 2 * 100 * 7
    assert rule.requirement(Position(option, -2, {"ACME": 200}, marks), TERMS, True) == 0
    naked = rule.requirement(Position(option, -2, {"ACME": 150}, marks), TERMS, True)
    assert naked == rule.requirement(Position(option, -1, {}, marks), TERMS, True) > 0


def test_what_a_portfolio_moves_together_are_shares_and_options_with_a_price():
    marks = {"ACME": 105, "BTC": 50}
    legs = {
        instrument.symbol: RULES[instrument.margin_rule].leg(Position(instrument, 3, {}, marks), 0.25, 0.3)
        for instrument in KINDS
    }
    moved = {symbol: found[0] for symbol, found in legs.items() if found is not None}
    assert moved == {"ACME": "ACME", "BTC": "BTC", "CALL": "ACME"}
    assert RULES["option"].leg(Position(KINDS[2], 3, {}, {}), 0.25, 0.3) is None
    terms = {instrument.symbol: instrument for instrument in KINDS}
    alone = {"WAR": 1, "PERP": 1, "YES": 1}
    marks |= dict.fromkeys(alone, 40)
    asked = PortfolioMargin().requirement(alone, marks, terms, initial=True)
    assert asked == us_strategy.requirement(alone, marks, terms, initial=True)


@pytest.mark.parametrize(
    ("symbol", "mark", "units"),
    [("ACME", None, 0), ("CALL", 7, 100), ("WAR", None, 2), ("FUT", 107, 10), ("PERP", 107, 0), ("SAFE", None, 0)],
)
def test_an_instrument_says_what_its_underlying_makes_it_worth_and_what_it_delivers(symbol, mark, units):
    instrument = next(each for each in KINDS if each.symbol == symbol)
    assert (instrument.mark_from(107), instrument.units_delivered) == (mark, units)
    assert (mark is None) == (instrument.marked_by_underlying == "never")


def test_only_shares_are_lent():
    assert [instrument.symbol for instrument in KINDS if instrument.can_be_borrowed] == ["ACME"]


def test_the_rule_of_an_option_is_for_options():
    class Odd(Stock, frozen=True):
        margin_rule = "option"

    with pytest.raises(InvariantBroken, match="ODD names the margin rule of an option and is none"):
        RULES["option"].requirement(Position(Odd("ODD"), -1, {}, {}), TERMS, True)
