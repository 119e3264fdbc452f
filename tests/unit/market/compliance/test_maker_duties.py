"""What market makers owe: quotes on both sides, in trading time; and what a maker that is absent has left."""

from __future__ import annotations

from market_sim.core.models.compliance_events import MakerJudged
from market_sim.core.models.intents import Buy, Cancel, Sell
from market_sim.market.compliance.order_gate import MARKET_MAKER
from market_sim.market.compliance.profile import MakerDuties, OrderRate
from tests.unit.market.compliance.ruled_market import RuledMarket
from tests.unit.market.compliance.test_market_rules import SECONDS, ruled


def test_a_maker_below_its_obligations_has_the_rate_of_a_participant_until_it_is_back():
    duties = MakerDuties(window=10, presence=5_000)
    rates = OrderRate(window=1, participant=1, market_maker=100)
    market = ruled(SECONDS, order_rate=rates, maker_duties=duties, market={"roles": {"ann": MARKET_MAKER}})
    market.send("ann", Buy("ACME", 1, 99_00))
    ask = market.send("ann", Sell("ACME", 1, 100_00))
    market.at(9).send("ann", Cancel(ask.id))
    assert market.refused("ann", Sell("ACME", 1, 130_00)) == "", "the first window is not over"
    market.at(14.5).send("ann", Buy("ACME", 1, 10_00))
    assert market.refused("ann", Buy("ACME", 1, 10_00)) == "RATE_LIMIT"
    assert [(e.account, e.meets, e.presence_bps) for e in market.events(MakerJudged)] == [("ann", False, 4_500)]
    market.at(16).send("ann", Sell("ACME", 1, 100_00))
    market.at(26).send("ann", Buy("ACME", 1, 10_00))
    assert market.refused("ann", Buy("ACME", 1, 10_00)) == ""
    assert [e.meets for e in market.events(MakerJudged)] == [False, True]


def a_maker_in_a_halt(halted: float, until: float) -> tuple[RuledMarket, list[int]]:
    """A maker with quotes from the start on, whose market a person halts; its open orders as the rules know them."""
    terms = {"roles": {"ann": MARKET_MAKER}, "symbols": ("ACME", "BETA")}
    market = ruled(SECONDS, maker_duties=MakerDuties(window=10, presence=8_000), market=terms)
    quotes = [market.send("ann", Buy("ACME", 1, 99_00)), market.send("ann", Sell("ACME", 1, 100_00))]
    market.at(halted).exchange.phases.halt("ACME")
    for quote in quotes:
        market.send("ann", Cancel(quote.id))
    market.at(until).exchange.phases.resume("ACME")
    return market, [*market.rules.duties._orders]


def test_a_halt_is_no_absence_of_a_maker_and_its_window_goes_on_after_it():
    market, known = a_maker_in_a_halt(10, 500)
    assert not known, "what has ended is forgotten"
    market.send("ann", Cancel(99))  # a refusal, at which it is judged
    assert [(e.meets, e.presence_bps) for e in market.events(MakerJudged)] == [(True, 10_000)]
    market.at(502).send("ann", Cancel(99))
    market.at(502.5).send("ann", Cancel(99))
    assert [(e.meets, e.presence_bps) for e in market.events(MakerJudged)][1:] == [(False, 7_500)]


def test_a_maker_owes_its_quotes_where_trading_goes_on():
    market, _ = a_maker_in_a_halt(10, 11)
    market.at(11).send("ann", Buy("BETA", 1, 99_00))
    market.exchange.phases.halt("ACME")
    market.at(20).send("ann", Cancel(99))
    assert [e.meets for e in market.events(MakerJudged)] == [True, False]
