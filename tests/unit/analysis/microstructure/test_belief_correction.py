"""Beliefs that are drawn to an anchor and to the crowd: who shows what, and what is left when both are taken out."""

from __future__ import annotations

from math import sqrt
from random import Random
from statistics import fmean

import pytest

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.belief_correction import correction, fitted
from market_sim.analysis.microstructure.estimates import estimates
from market_sim.analysis.microstructure.microscope import BookMicroscope, Microscope
from market_sim.analysis.visualization.microscope_picture import microscope_charts
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.intents import CancelAll, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.agents.view import InstrumentView, View
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.anchored_crowd import AnchoredCrowd
from market_sim.simulation.scenarios.toxic_flow import ToxicFlow
from market_sim.strategies.traditional.believer import Believer
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def crowd() -> Journal:
    return market_alone(AnchoredCrowd(), 7, 24)


def book_of(journal: Journal) -> BookMicroscope:
    [book] = Microscope(journal).books
    return book


@pytest.mark.parametrize(
    ("anchoring", "herding", "belief"),
    [(0.0, 0.0, 11_000), (1.0, 0.0, 10_000), (0.0, 1.0, 10_400), (0.5, 0.25, 10_350)],
)
def test_what_is_shown_is_the_weighted_mean_of_value_anchor_and_midpoint(anchoring, herding, belief):
    one = Believer(anchoring=anchoring, herding=herding, error_bps=0, apart_bps=10, start=10_000)
    market = InstrumentView("ACME", bid=10_390, ask=10_410, value=11_000, position=10)
    cancels, bid, ask = one.decide(View({"ACME": market}, cash=10**8))
    assert isinstance(cancels, CancelAll) and isinstance(bid, PlaceOrder) and isinstance(ask, PlaceOrder)
    assert (bid.limit, ask.limit) == (int(belief * 0.999), -int(-belief * 1.001 // 1))


@pytest.mark.parametrize("wrong", [{"anchoring": 0.8, "herding": 0.3}, {"herding": -0.1}])
def test_weights_beyond_all_there_is_are_refused(wrong):
    with pytest.raises(InputError, match="weights that add up to at most 1"):
        Believer(**wrong)
    with pytest.raises(InputError, match=r"from 0\.0 to 0\.5"):
        AnchoredCrowd(**wrong)


@pytest.mark.parametrize("seed", range(6))
def test_a_fit_finds_the_weights_that_made_the_beliefs(seed):
    draw = Random(seed)
    alpha, beta, gamma = draw.uniform(-50, 50), draw.uniform(0.2, 0.9), draw.uniform(0, 0.5)
    points, value, middle = [], 1_000.0, 1_000.0
    for _ in range(4_000):
        value, middle = value + draw.gauss(0, 3), middle + draw.gauss(0, 3)
        points.append((value, middle, alpha + beta * value + gamma * middle + draw.gauss(0, 2)))
    found = fitted(points)
    assert found is not None
    assert (found.beta, found.gamma) == (pytest.approx(beta, abs=0.01), pytest.approx(gamma, abs=0.01))
    assert sqrt(found.variance) == pytest.approx(2, rel=0.1)
    assert fitted([(value, value, value) for value in (1.0, 2.0, 3.0, 4.0)]) is None, "both move together"
    assert fitted([(5.0, float(middle), 1.0) for middle in range(9)]) is None, "the value never moves"


@pytest.mark.parametrize("seed", [7, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 5))])
def test_corrected_the_consensus_is_nearer_to_the_value_than_consensus_and_price(seed):
    found = book_of(market_alone(AnchoredCrowd(), seed, 24)).correction
    assert found is not None
    consensus, price, fixed = found.errors
    assert fixed < 0.4 * min(consensus, price)
    assert found.anchor == pytest.approx(0.4, abs=0.15) and found.crowd == pytest.approx(0.3, abs=0.2)


def test_the_errors_are_those_of_the_second_half_and_nothing_of_it_is_in_the_fits(crowd):
    book = book_of(crowd)
    found = book.correction
    half = book.moments[-1].time // 2
    assert all(one.time >= half for one, _ in found.moments) and len(found.moments) > 40
    values = [(event.time, event.value) for event in crowd.of(ValueMoved)]
    exact = [[value for time, value in values if time < one.time][-1] for one, _ in found.moments]
    wrong = sqrt(fmean((fixed - value) ** 2 for (_, fixed), value in zip(found.moments, exact, strict=True)))
    assert found.errors[2] == pytest.approx(wrong)
    said = " ".join((ROOT / "docs/decisions/0083-beliefs-are-corrected-by-their-own-past.md").read_text().split())
    consensus, price, fixed = (error / 100 for error in found.errors)
    assert f"wrong by {consensus:.2f} USD (root mean square), the midpoint by {price:.2f}, the corrected" in said
    assert f"the corrected consensus by {fixed:.2f}." in said
    changed = Journal()
    for event in crowd:  # another second half: every order of it is for another price
        if type(event) is OrderAccepted and event.time >= half and event.terms.limit is not None:
            event = OrderAccepted(
                event.time, event.order, event.account,
                PlaceOrder(event.terms.symbol, event.terms.side, event.terms.quantity, 2 * event.terms.limit),
            )  # fmt: skip
        changed.record(event)
    assert correction(changed, book.name, book.tape.quotes, book.moments).fits == found.fits


def test_who_shows_the_value_itself_is_not_corrected():
    assert book_of(market_alone(AnchoredCrowd(anchoring=0.0, herding=0.0), 7, 24)).correction is None
    assert book_of(market_alone(ToxicFlow(), 3, 16)).correction is None, "one knows the value: no consensus"


def test_the_microscope_shows_it_as_a_picture_and_as_an_estimate(crowd):
    book = book_of(crowd)
    charts = {one.name: one for one in microscope_charts(Microscope(crowd), TimeAxis.of(crowd))}
    assert [*charts][-2:] == ["beliefs", "corrected"]
    consensus, price, fixed = (error / 100 for error in book.correction.errors)
    assert (
        f"the consensus of the second half was wrong by {fixed:.4f} USD (root mean square), uncorrected by "
        f"{consensus:.4f}, the midpoint by {price:.4f}."
    ) in charts["corrected"].sentence
    [panel] = charts["corrected"].panels()
    assert [trace["name"] for trace in panel.traces] == ["corrected", "consensus", "price", "value"]
    [row] = [one for one in estimates(book) if one.measure == "error of the corrected consensus"]
    assert (row.estimate, row.truth) == (book.correction.errors[2], book.correction.errors[1])


def test_the_price_of_an_anchored_crowd_stays_behind_and_the_conclusion_says_how_far(crowd):
    scenario = AnchoredCrowd()
    value, price = scenario.behind(crowd)
    assert scenario.holds(crowd) and 0 < price < value
    assert f"the value was {value / 100:.2f} USD away from the first price" in scenario.conclusion(crowd)
    assert f"and the midpoint {price / 100:.2f} on the same side" in scenario.conclusion(crowd)
    free = AnchoredCrowd(anchoring=0.0, herding=0.0)
    value, price = free.behind(market_alone(free, 7, 24))
    assert price == pytest.approx(value, rel=0.15), "without weights it follows"
