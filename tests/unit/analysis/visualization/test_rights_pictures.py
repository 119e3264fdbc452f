"""The pictures of options, warrants and predictions say what the journal says."""

from __future__ import annotations

import pytest

from market_sim.analysis.history.mechanism_history import mechanism_history
from market_sim.analysis.history.option_history import open_interest, option_lives
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.visualization.option_picture import (
    open_interest_sentence,
    option_rows,
    payoff_panels,
    payoff_rows,
    payoff_sentence,
)
from market_sim.analysis.visualization.prediction_picture import question_panels, question_sentence, questions
from market_sim.analysis.visualization.warrant_picture import dilution_rows, dilution_sentence, dilutions
from market_sim.core.models import mechanism_events as happened
from market_sim.core.models.market_events import InstrumentListed, Trade, Transferred
from tests.unit.analysis.visualization.journals import SECOND, Chain


def trade(chain: Chain, number: int, symbol: str, price: int, quantity: int, side: int, maker: str, taker: str) -> None:
    chain.record(Trade(chain.time + number, number, symbol, price, quantity, side, number, number, maker, taker, 0, 0))


# Options


def chain_of_options() -> Chain:
    """Ann buys 3 calls of bob and sells 1 on to carl; dora sells eve 2 puts. One call is exercised early."""
    chain = Chain()
    chain.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    for symbol, right in (("C100", "call"), ("P100", "put")):
        terms = {"underlying": "ACME", "strike": 10_000, "right": right}
        chain.record(InstrumentListed(0, symbol, "option", 1, 1, "USD", 10, 2, 0, False, terms))
    trade(chain, 1, "C100", 200, 3, 1, "bob", "ann")
    trade(chain, 2, "C100", 200, 1, -1, "carl", "ann")
    trade(chain, 3, "P100", 100, 2, -1, "eve", "dora")
    chain.start(1)
    chain.record(happened.Exercised(chain.time, "carl", "C100", 1, 10_000, 10_500, "choice"))
    chain.record(Transferred(chain.time, 4, "carl", "bob", "C100", 1, "EXERCISED", "C100"))
    chain.start(2)
    for symbol in ("C100", "P100"):
        chain.record(happened.InstrumentExpired(chain.time, symbol, 10_600, 2))
    chain.record(happened.Exercised(chain.time, "ann", "C100", 2, 10_000, 10_600, "exception"))
    chain.record(happened.Lapsed(chain.time, "eve", "P100", 2, "out of the money"))
    return chain


def test_open_interest_counts_contracts_not_trades():
    calls, puts = option_lives(chain_of_options().end().journal)
    assert calls.open_interest == [3, 3, 2]
    assert list(open_interest([calls, puts])) == [(1, 3), (2, 3), (3, 5), (SECOND, 4)]


def test_what_became_of_the_options_is_told():
    journal = chain_of_options().end().journal
    history, lives = mechanism_history(journal), option_lives(journal)
    assert open_interest_sentence(lives) == (
        "2 options, at most 5 contracts open at once: 1 exercised by choice, 2 at expiry because they were in "
        "the money, 2 lapsed."
    )
    assert payoff_sentence(lives, history) == (
        "4 contracts were open at expiry, and ACME was settled at 106.00: calls were worth 120.00 USD, puts "
        "0.00 USD; what holders got, writers gave."
    )
    assert list(option_rows(lives, history)) == [
        ("C100", "100.00", "3", "2", "1", "2", "0", "120.00"),
        ("P100", "100.00", "2", "2", "0", "0", "2", "0.00"),
    ]
    assert list(payoff_rows(lives, history)) == [
        ("100.00", "0.00", "0.00", "0.00"),
        ("106.00 (settled)", "120.00", "0.00", "120.00"),
    ]


def test_the_payoff_has_its_kink_at_the_strike():
    journal = chain_of_options().end().journal
    [panel] = payoff_panels(option_lives(journal), mechanism_history(journal))
    calls, puts, together = panel.traces[:3]
    at = {price: place for place, price in enumerate(calls["x"])}
    assert calls["y"][at[100.0]] == puts["y"][at[100.0]] == together["y"][at[100.0]] == 0
    assert calls["y"][-1] == pytest.approx((calls["x"][-1] - 100) * 20)
    assert puts["y"][0] == pytest.approx((100 - puts["x"][0]) * 20)
    [settled] = [trace for trace in panel.traces if trace["name"] == "settlement price"]
    assert (settled["x"], settled["y"]) == ([106.0], [120.0])


# Warrants


def test_dilution_is_told_with_shares_cash_and_prices():
    chain = Chain()
    chain.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    trade(chain, 1, "ACME", 10_000, 1, 1, "a", "b")
    chain.start(1)
    chain.record(happened.SharesIssued(chain.time, "company", "ACME", 100, 600_000, 400, 500))
    trade(chain, 2, "ACME", 9_200, 1, 1, "a", "b")
    journal = chain.end().journal
    history, [dilution] = mechanism_history(journal), dilutions(journal)
    assert dilution_sentence(dilution, history) == (
        "ACME: 400 shares became 500 for 6,000.00 USD, so an old share is 80.0% of its former part; a share cost "
        "100.00 before the first exercise and 92.00 at the last trade."
    )
    assert list(dilution_rows(dilution, history)) == [("1.000", "100", "6,000.00", "500", "80.0%", "100.00")]


# Predictions


def asked(outcome: str | None) -> Chain:
    chain = Chain()
    for symbol in ("RAIN", "DRY"):
        terms = {"question": "Will it rain?", "payout": 100}
        chain.record(InstrumentListed(0, symbol, "prediction", 1, 1, "USD", 1, 2, 0, False, terms))
    trade(chain, 1, "RAIN", 40, 5, 1, "a", "b")
    trade(chain, 2, "RAIN", 55, 5, 1, "a", "b")
    trade(chain, 3, "DRY", 42, 5, 1, "a", "b")
    chain.record(happened.PairsMade(4, "RAIN", "a", 10))
    if outcome is not None:
        chain.record(happened.Resolved(SECOND, "RAIN", outcome, 10, 1_000))
    chain.start(1)
    return chain


def test_both_contracts_are_told_as_prices_of_yes():
    journal = asked("no").end().journal
    history, [question] = mechanism_history(journal), questions(journal)
    assert question_sentence(question, history) == (
        "RAIN went from 0.40 to 0.55, between 0.40 and 0.55; at last the payout less DRY was 0.03 away from it; "
        "RAIN was answered no: 10 pairs were paid 10.00 USD."
    )
    lines = {trace["name"]: trace for trace in question_panels(question, history, TimeAxis.of(journal))[0].traces}
    assert lines["yes"]["y"] == [0.4, 0.55, 0.55] and lines["payout less no"]["y"] == [0.58, 0.58]


@pytest.mark.parametrize(("outcome", "height"), [("yes", 1.0), ("no", 0.0), ("void", 0.5)])
def test_the_answer_stands_at_what_it_pays_on_yes(outcome, height):
    journal = asked(outcome).end().journal
    [panel] = question_panels(*questions(journal), mechanism_history(journal), TimeAxis.of(journal))
    [answer] = [trace for trace in panel.traces if trace["name"] == "answer"]
    assert (answer["x"], answer["y"]) == ([1.0], [height])


def test_an_open_question_says_so():
    journal = asked(None).end().journal
    assert question_sentence(*questions(journal), mechanism_history(journal)).endswith(
        "it was not answered in this run."
    )
