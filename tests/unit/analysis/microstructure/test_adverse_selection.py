"""Models of impact and of adverse selection: fitted to one run, judged on runs that they have not seen."""

from __future__ import annotations

from math import sqrt

import pytest

from market_sim.analysis.impact import coefficients, impacts
from market_sim.analysis.microstructure.adverse_selection import Case, adverse_errors, cases, fitted, models
from market_sim.analysis.microstructure.estimator_errors import estimator_errors
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.quotes import BookTape, Quotes, tapes
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.execution_school import ExecutionSchool

SECOND = 1_000_000_000


def test_a_case_has_the_share_the_lean_and_the_move_of_its_trade():
    quotes = Quotes()
    quotes.tell(0, 9_990, 10_010, 30, 10)
    quotes.tell(SECOND // 2, 10_000, 10_020, 5, 5)
    bought = Trade(1, 1, "ACME", 10_010, 4, 1, 1, 2, "ann", "bob", 0, 0)
    sold = Trade(1, 2, "ACME", 9_990, 60, -1, 1, 3, "ann", "bob", 0, 0)
    late = Trade(2 * SECOND, 3, "ACME", 10_020, 1, 1, 1, 4, "ann", "bob", 0, 0)
    found = cases(BookTape(quotes, [bought, sold, late]), 2 * SECOND)
    assert found[0] == (0.4, 0.5, pytest.approx(10.0)), "10 of 10,000, and 30 against 10 shares on its side"
    assert found[1] == (1.0, -0.5, pytest.approx(-10.0))
    assert len(found) == 2, "the second of the last one is not over"


def test_weights_are_those_that_made_the_moves_and_too_few_trades_have_no_model():
    made = [Case(a / 7, b / 5, 3 - 2 * a / 7 + 8 * b / 5) for a in range(8) for b in range(-5, 6)]
    found = fitted(made)
    assert (found.base, found.by_share, found.by_lean) == pytest.approx((3, -2, 8), abs=1e-5)
    assert [found.told(one) for one in made] == pytest.approx([one.moved for one in made], abs=1e-4)
    assert fitted(made[:29]) is None
    still = fitted([Case(0.5, 0.0, float(number)) for number in range(40)])
    assert still.told(Case(0.5, 0.0, 0.0)) == pytest.approx(19.5, abs=1e-3), "what never changes gets the mean"


@pytest.mark.thorough
def test_on_unseen_seeds_the_errors_are_those_of_each_estimate_against_what_came():
    scenario = CrowdedRoom()
    run, *unseen = (market_alone(scenario, seed, 16) for seed in (7, 8, 9, 10))
    learned = models(run)
    table = {row["estimator"]: row for row in adverse_errors(learned, unseen)}
    assert list(table) == ["model", "mean", "nothing"]
    known = [one for journal in unseen for one in cases(tapes(journal)["ACME"], journal[-1].time)]
    model = learned["ACME"]
    for name, told in (("model", model.told), ("mean", lambda _: model.mean), ("nothing", lambda _: 0.0)):
        wrong = [told(one) - one.moved for one in known]
        assert table[name]["trades"] == len(known) > 50
        assert table[name]["error"] == pytest.approx(sum(wrong) / len(wrong))
        assert table[name]["rms_error"] == pytest.approx(sqrt(sum(one * one for one in wrong) / len(wrong)))
    assert table["model"]["rms_error"] < table["nothing"]["rms_error"], "a taker moves the price with it"


@pytest.mark.thorough
def test_the_cost_learned_from_one_run_is_nearer_to_the_truth_of_others_than_nothing():
    scenario = ExecutionSchool()
    learned = coefficients(market_alone(scenario, 7, 8))
    found = [
        one
        for seed in (8, 9, 10)
        for one in impacts(
            market_alone(scenario, seed, 8), market_alone(scenario, seed, 8, without="at-once"), "at-once", learned
        )
    ]
    table = {row["estimator"]: row for row in estimator_errors(found)}
    assert table["learned"]["runs"] == 3
    assert table["learned"]["rms_error"] < table["nothing"]["rms_error"]
    own = [one.model for one in found if one.fills]
    assert [one.learned for one in found if one.fills] != pytest.approx(own), "the coefficients are of another run"
