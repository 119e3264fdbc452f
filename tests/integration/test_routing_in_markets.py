"""A router in a run: its plans are kept, its remainder goes elsewhere when a venue is down, and its table is true."""

from __future__ import annotations

from functools import cache

import pytest

from market_sim.analysis.results.route_table import HEAD, route_records, route_rows
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, RoutePlanned, VenueHealthChanged
from market_sim.core.money import written
from market_sim.core.units import SECOND
from market_sim.course.catalogue import find_lesson
from market_sim.course.look import look
from market_sim.pricing.routing import ALGORITHMS
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.outage import DESK, OutageScenario
from market_sim.simulation.scenarios.several_venues import ISLAND, NYSE, THREE
from market_sim.strategies.execution.router import PRIOR, Learned, Router
from tests.conftest import ROOT


@cache
def played(algorithm: str, quantity: int = 300) -> Journal:
    scenario = OutageScenario(algorithm=algorithm, quantity=quantity)
    return market_alone(scenario, 7, scenario.epochs)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_parts_of_each_plan_add_up_and_each_becomes_an_order_or_a_refusal(algorithm):
    journal = played(algorithm)
    plans = [*journal.of(RoutePlanned)]
    assert {plan.algorithm for plan in plans} == {algorithm}
    for plan in plans:
        assert sum(quantity for _, quantity, _ in plan.parts) + plan.left == plan.quantity
    orders = [event for event in journal.of(OrderAccepted) if event.account == DESK]
    refused = [event for event in journal.of(OrderRejected) if event.account == DESK]
    parts = sorted((venue, quantity, limit) for plan in plans for venue, quantity, limit in plan.parts)
    taken = [(order.terms.venue, order.terms.quantity, order.terms.limit) for order in orders]
    assert len(parts) == len(taken) + len(refused)
    left = list(parts)
    for order in taken:
        left.remove(order)
    assert all(any(f"venue='{venue}'" in one.intent for one in refused) for venue, _, _ in left)
    assert sum(trade.quantity for trade in journal.of(Trade) if trade.taker == DESK) == 300


@pytest.mark.parametrize("algorithm", ["cost", "share"])
def test_when_a_venue_is_down_the_remainder_goes_elsewhere_with_the_reason(algorithm):
    """VN-05; and VN-04: the share of the routed flow that the venue gets falls to nothing while it is degraded."""
    journal = played(algorithm)
    [began] = journal.of(OutageBegan)
    broken, _, mended = journal.of(VenueHealthChanged)
    plans = [*journal.of(RoutePlanned)]
    anew = [plan for plan in plans if plan.reason != "a slice is due" and began.time < plan.time < mended.time]
    assert anew
    for plan in anew:
        before = max((one for one in plans if one.time < plan.time), key=lambda one: one.time)
        assert NYSE.name in plan.reason
        assert NYSE.name in {venue for venue, _, _ in before.parts}
        assert {venue for venue, _, _ in plan.parts} == {ISLAND.name}
        assert plan.time - before.time < 10**9  # at the next wake-up after the refusal, not at the next slice

    def share(first: int, end: int) -> float:
        taken = [trade for trade in journal.of(Trade) if trade.taker == DESK and first <= trade.time < end]
        return sum(t.quantity for t in taken if t.venue == NYSE.name) / sum(t.quantity for t in taken)

    assert share(0, began.time) > 0.1
    assert share(began.time, mended.time) == 0.0
    assert broken.time < anew[-1].time


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_table_of_routes_has_what_was_expected_and_what_was_paid(algorithm):
    journal = played(algorithm)
    plans, records = [*journal.of(RoutePlanned)], route_records(journal)
    assert [record.plan for record in records] == plans
    bounds = [*(plan.time for plan in plans), journal[-1].time + 1]
    for record, first, end in zip(records, bounds, bounds[1:], strict=False):
        mine = [trade for trade in journal.of(Trade) if trade.taker == DESK and first <= trade.time < end]
        assert record.done == sum(trade.quantity for trade in mine)
        assert record.paid == sum(trade.price * trade.quantity + trade.taker_fee for trade in mine)
    [row] = route_rows(records, Words(journal))
    assert len(row) == len(HEAD)
    assert row[:3] == (DESK, algorithm, f"{len(plans):,}")
    expected = sum(plan.cost for plan in plans) / sum(plan.quantity - plan.left for plan in plans)
    paid = sum(record.paid for record in records) / 300
    assert row[5:8] == (
        f"{round(expected) / 100:.2f}", f"{round(paid) / 100:.2f}", f"{(paid - expected) / expected * 10_000:+.2f}"
    )  # fmt: skip


def test_a_plan_whose_levels_are_all_still_there_costs_what_it_said():
    journal = played("cost")
    kept = [
        record
        for record in route_records(journal)
        if record.done == record.plan.quantity
        and record.by_venue == {venue: quantity for venue, quantity, _ in record.plan.parts}
    ]
    assert len(kept) > 10
    exact = [record for record in kept if 0 <= record.paid - record.plan.cost <= len(record.plan.parts)]
    assert len(exact) > len(kept) / 2  # the others met better or worse levels within their limits


def test_the_speed_router_takes_the_near_venue_and_the_share_router_both():
    used = {
        algorithm: {trade.venue for trade in played(algorithm).of(Trade) if trade.taker == DESK}
        for algorithm in ("speed", "share")
    }
    assert used == {"speed": {ISLAND.name}, "share": {NYSE.name, ISLAND.name}}


def test_what_a_router_learns_starts_from_the_terms_and_follows_the_answers():
    known = Learned(NYSE)
    assert known.reliability == pytest.approx(NYSE.reliability)
    assert known.latency_ns == NYSE.latency.mean_ms * 1e6
    for _ in range(PRIOR):
        known.refused("VENUE_FAILED", 0)
    assert known.reliability == pytest.approx(NYSE.reliability / 2)
    assert known.shut_until == 0
    known.refused("VENUE_DOWN", 10)
    assert known.shut_until == 10 + 10**9
    known.refused("VENUE_UNAVAILABLE", 10)
    assert known.shut_until == 10 + NYSE.hold_s * 1e9


def test_a_router_without_venues_or_with_an_unknown_algorithm_is_refused():
    with pytest.raises(InputError, match="the terms of one venue or more, found none"):
        Router()
    with pytest.raises(InputError, match="cost, shortfall, speed, share, found 'luck'"):
        simulate(OutageScenario(algorithm="luck"), Options(epochs=1, settlement="none"))
    assert [*Router(venues=THREE)._learned] == [NYSE.name, ISLAND.name]


def test_lesson_19_says_what_its_run_shows() -> None:
    lesson = find_lesson(ROOT / "lessons", "19")
    told, said = look(lesson).journal, " ".join(lesson.body.split())
    began, ended = next(told.of(OutageBegan)).time, next(told.of(OutageEnded)).time
    broke, probed = (one.time for one in list(told.of(VenueHealthChanged))[:2])
    later = next(one.time for one in told.of(OrderAccepted) if one.terms.venue == "SIM-NYSE" and one.time > began)
    assert f"broke {(broke - began) / SECOND:.2f} seconds after the outage began and was held for 30" in said
    assert round((later - began) / SECOND) == 30 and lesson.prediction.outcome == "about 30 seconds"
    assert f"the venue was back for {int((probed - ended) / SECOND)} seconds, and nobody knew" in said
    kept = sum(one.reason == "VENUE_UNAVAILABLE" for one in told.of(OrderRejected))
    assert f"The breaker kept {kept:,} intents" in said
    plans = [*told.of(RoutePlanned)]
    [place] = [number for number, plan in enumerate(plans) if plan.reason != "a slice is due"]
    [(venue, _, limit)], [(other, _, dearer)] = plans[place - 1].parts, plans[place].parts
    assert f"at {plans[place - 1].time / SECOND:.1f} seconds was for {venue}, at {written(limit)}, and went" in said
    assert not [
        one for one in told.of(Trade) if one.taker == DESK and 0 <= one.time - plans[place - 1].time < 2 * 10**7
    ]
    paid = [one.price for one in told.of(Trade) if one.taker == DESK and one.time > plans[place].time]
    waited = (plans[place].time - plans[place - 1].time) // 10**6
    assert f"{waited} milliseconds later the desk paid {written(paid[0])} at {other}" in said and paid[0] == dearer
