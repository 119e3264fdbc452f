"""What carries a message to a venue: latency, losses, outages and the breaker are those of the terms."""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist, fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.venue_events import VenueMeasured
from market_sim.market.venues.breaker import CLOSED, HALF_OPEN, OPEN, Breaker
from market_sim.market.venues.gateway import Gateway
from market_sim.market.venues.latency import LARGEST_RATIO, Delay
from market_sim.market.venues.terms import Outage, VenueTerms
from market_sim.simulation.engine.clock import Clock

MESSAGES = 10_000


@pytest.mark.parametrize(
    "terms",
    [
        VenueTerms("SIM-NYSE", latency=Delay(2.0, 5.0), reliability=0.98),
        VenueTerms("SIM-NEAR", latency=Delay(0.2, 0.3), reliability=0.995),
        VenueTerms("SIM-FAR", latency=Delay(40.0, 90.0), reliability=0.9),
    ],
    ids=lambda terms: terms.name,
)
@pytest.mark.parametrize("seed", range(5))
def test_over_ten_thousand_messages_a_venue_is_as_far_and_as_reliable_as_its_terms_say(terms, seed):
    """VN-02: the mean within 5 %, the 99th percentile within 10 %, the failures within half a point (of 2 %)."""
    clock, journal = Clock(), Journal()
    gateway = Gateway(terms, clock, journal, Random(seed))
    for number in range(MESSAGES):
        gateway.arrival(f"trader-{number}", clock.now)
        gateway.ended(well=not gateway.is_lost())
    gateway.measure()
    [measured] = journal.of(VenueMeasured)
    assert measured.messages == MESSAGES
    assert measured.mean_ns == pytest.approx(terms.latency.mean_ms * 1e6, rel=0.05)
    assert measured.p99_ns == pytest.approx(terms.latency.p99_ms * 1e6, rel=0.10)
    loss = 1 - terms.reliability
    tolerance = max(0.005, 3.5 * math.sqrt(loss * terms.reliability / MESSAGES))
    assert measured.failed / MESSAGES == pytest.approx(loss, abs=tolerance)


@given(mean=st.floats(0.001, 1_000), ratio=st.floats(1, LARGEST_RATIO * (1 - 1e-9)))
def test_the_parameters_of_the_lognormal_give_back_mean_and_percentile(mean, ratio):
    latency = Delay(mean, mean * ratio)
    z = NormalDist().inv_cdf(0.99)
    assert math.exp(latency.mu + latency.sigma**2 / 2) == pytest.approx(mean * 1e6, rel=1e-6)
    assert math.exp(latency.mu + z * latency.sigma) == pytest.approx(mean * ratio * 1e6, rel=1e-6)


def test_a_latency_without_spread_is_always_the_same_and_without_arguments_there_is_none():
    stream = Random(1)
    assert {Delay(3.0, 3.0).draw(stream) for _ in range(20)} == {3_000_000}
    assert {Delay().draw(stream) for _ in range(20)} == {0}


@pytest.mark.parametrize(("mean", "p99"), [(2, 1), (0, 1), (-1, -1), (1, 100), (math.nan, 1), (1, math.inf)])
def test_an_impossible_latency_is_refused_with_what_would_be_possible(mean, p99):
    with pytest.raises(InputError, match=r"99th percentile from once to 15\.0 times as long"):
        Delay(mean, p99)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "casino"}, {"share": 1.5}, {"reliability": -0.1}, {"failures": 0}, {"hold_s": 0},
        {"maker_bps": -1.0}, {"taker_bps": -0.1}, {"taker_bps": 0.123},
    ],
    ids=str,
)  # fmt: skip
def test_impossible_terms_are_refused(wrong):
    with pytest.raises(InputError, match=r"found|must not exceed"):
        VenueTerms("SIM-A", **wrong)
    with pytest.raises(InputError, match="lasts for some time"):
        Outage("SIM-A", 0)


def test_messages_of_one_sender_arrive_in_their_order_and_those_of_others_do_not_wait():
    gateway = Gateway(VenueTerms("SIM-A", latency=Delay(5.0, 50.0)), Clock(), Journal(), Random(3))
    mine = [gateway.arrival("ann", sent) for sent in range(0, 200_000_000, 1_000_000)]
    assert mine == sorted(mine)
    others = [gateway.arrival(f"bob-{sent}", sent) for sent in range(0, 200_000_000, 1_000_000)]
    assert others != sorted(others)
    assert fmean(others) < fmean(mine)


def test_the_fifth_failure_in_a_row_opens_the_breaker_and_one_probe_decides_after_thirty_seconds():
    """VN-07, with the times of the row."""
    second = 10**9
    for probe_succeeds in (True, False):
        breaker = Breaker(failures=5, hold_ns=30 * second)
        for _ in range(4):
            assert not breaker.failed(0)
        breaker.succeeded()  # one success clears the count
        assert [breaker.failed(second) for _ in range(5)] == [False] * 4 + [True]
        assert breaker.status == OPEN
        assert not breaker.admits(31 * second - 1)
        assert breaker.admits(31 * second)
        assert breaker.status == HALF_OPEN
        assert not breaker.admits(31 * second)
        if probe_succeeds:
            assert breaker.succeeded()
            assert (breaker.status, breaker.failures) == (CLOSED, 0)
        else:
            assert breaker.failed(32 * second)
            assert breaker.status == OPEN
            assert not breaker.admits(62 * second - 1)
            assert breaker.admits(62 * second)


def test_an_answer_that_was_under_way_when_the_breaker_opened_does_not_close_it():
    breaker = Breaker(failures=1, hold_ns=10)
    breaker.failed(0)
    assert not breaker.succeeded()
    assert breaker.status == OPEN
