"""A committee that enforces the fair order: one leader gains nothing against it, and blocks still become final."""

from __future__ import annotations

from itertools import combinations

import pytest

from market_sim.blockchain.call_orders import newest_first
from market_sim.blockchain.extracted_value import Held, extracted
from market_sim.blockchain.fair_order import FairOrder
from market_sim.blockchain.items import call_number, calls_of
from market_sim.blockchain.trade_pool import Calls
from market_sim.core.consensus.behaviours import parse_behaviours
from market_sim.core.consensus.network import Conditions
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, ProposalJudged, VoteCast
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import MILLISECOND, SECOND, Clock
from market_sim.simulation.engine.consensus import CommitteePlan
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.sandwich import GREEDY, SEARCHER, SHOPPER, SandwichScenario
from tests.integration.test_sandwich import run
from tests.unit.blockchain.test_items import REGISTER, call

UNFAIR = "PAYLOAD_UNFAIR_ORDER"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[int]]:
    """What each validator has seen, in its order, taken where it sees it."""
    seen: dict[int, list[int]] = {}
    see = FairOrder.see

    def spy(order: FairOrder, calls: list[int]) -> None:
        seen.setdefault(order._index, []).extend(calls)
        see(order, calls)

    monkeypatch.setattr(FairOrder, "see", spy)
    return seen


def executed(plan: CommitteePlan, seed: int, epochs: int = 30, calls: int = 20) -> tuple[list[int], Journal]:
    """The calls that are final for every honest validator, in their order, of a committee without a market."""
    clock, journal, final = Clock(), Journal(), dict[int, list[int]]()

    def finalized(validator: int, blocks) -> None:
        final.setdefault(validator, []).extend(call_number(one) for block in blocks for one in calls_of(block.payload))

    committee = plan.seat(clock, journal, Randomness(seed), REGISTER, finalized, paranoid=True)
    luck = Randomness(seed).stream("test/calls")
    for number in range(1, calls + 1):
        moment = number * 250 * MILLISECOND + luck.randrange(100) * MILLISECOND
        clock.plan(moment, committee.publish, Calls((call(2 * number - 1), call(2 * number))))
    committee.start(SECOND, epochs)
    clock.run(until=(epochs + 1) * SECOND)
    assert committee.status().all_agree
    orders = [final.get(one, []) for one in committee.honest]
    shortest = min(orders, key=len)
    assert all(order[: len(shortest)] == shortest for order in orders)
    return shortest, journal


def check_order(order: list[int], logs: dict[int, list[int]], honest: list[int]) -> int:
    """No pair that all honest validators saw in one order, apart, is executed in the other; how many there were."""
    undisputed = 0
    for one, other in combinations(order, 2):
        seen = [
            [logs[who].index(number) if number in logs[who] else 10**6 for who in honest] for number in (one, other)
        ]
        assert not max(seen[1]) < min(seen[0]), f"all saw {other} before {one}"
        undisputed += max(seen[0]) < min(seen[1])
    return undisputed


STORM = {"reorder_percent": 40, "loss_percent": 20, "stable_from_epoch": 8, "slowest_before_ns": 3 * SECOND}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 8))])
@pytest.mark.parametrize("weather", [{}, STORM], ids=["calm", "storm"])
@pytest.mark.parametrize("liar", ["greedy", "silent", "withhold"])
def test_over_schedules_one_liar_neither_changes_the_order_nor_stops_it(weather, liar: str, seed: int, logs) -> None:
    who = seed % 4
    byzantine = parse_behaviours(f"n{who}:{liar}", 4)
    plan = CommitteePlan(conditions=Conditions(byzantine=byzantine, **weather), fair_order=True)
    order, journal = executed(plan, seed)
    honest = [index for index in range(4) if index != who]
    assert check_order(order, logs, honest) > 100
    assert sorted(order) == list(range(1, 41)), "every call became final"
    refused = [one for one in journal.of(ProposalJudged) if one.reason == UNFAIR]
    proposers = {one.block: one.proposer for one in journal.of(BlockProposed)}
    assert {proposers[one.block] for one in refused} <= {who}, "no honest leader is refused for its order"
    if liar != "greedy":
        assert not refused
    elif not weather:  # a storm can refuse the block of a greedy leader for its parent first
        assert refused


@pytest.mark.thorough
@pytest.mark.parametrize("greedy", [(0, 3), (5, 6)])
def test_seven_validators_bear_two_greedy_leaders(greedy: tuple[int, int], logs) -> None:
    plan = CommitteePlan(
        count=7,
        fair_order=True,
        byzantine=", ".join(f"n{who}:greedy" for who in greedy),
        conditions=Conditions(**STORM),
    )
    order, _ = executed(plan, 3)
    assert sorted(order) == list(range(1, 41))
    assert check_order(order, logs, [one for one in range(7) if one not in greedy]) > 100


def test_without_the_rule_a_greedy_leader_has_its_way() -> None:
    order, journal = executed(CommitteePlan(call_order=newest_first), 1)
    assert order != sorted(order) and not [one for one in journal.of(ProposalJudged) if one.reason == UNFAIR]


def test_one_greedy_leader_extracts_nothing_and_its_blocks_get_no_vote_but_its_own() -> None:
    scenario = SandwichScenario(order="fair")
    journal = run(scenario, epochs=16)
    assert set(extracted(journal, "amm").values()) == {Held()} and not scenario.holds(journal)
    refused = [one for one in journal.of(ProposalJudged) if one.reason == UNFAIR]
    unfair = {one.block for one in refused}
    assert {one.proposer for one in journal.of(BlockProposed) if one.block in unfair} == {GREEDY}
    assert {one.validator for one in refused} == {0, 2, 3}
    assert {one.voter for one in journal.of(VoteCast) if one.block in unfair} == {GREEDY}
    assert not unfair & {one.block for one in journal.of(BlockFinalized)}
    calls = [one for one in journal.of(CallExecuted) if one.account == SHOPPER and one.succeeded]
    assert len(calls) >= 6, "liveness: purchases go on"
    said = scenario.conclusion(journal)
    assert f"{len(unfair)} blocks with another order than the one that a quorum had seen got no vote of" in said
    assert said.endswith("and none of them became final.")


def test_every_leader_being_greedy_without_the_rule_the_same_searcher_gains() -> None:
    """The control: what the rule takes away is there without it, with the same calls of the searcher."""
    free, fair = run(SandwichScenario()), run(SandwichScenario(order="fair"))
    assert extracted(free, "amm")[SEARCHER].quote > 0
    tried = [one for one in fair.of(CallSubmitted) if one.account == SEARCHER]
    assert {one.function for one in tried} == {"buy", "sell"}, "the searcher tries all the same"


def test_what_cannot_be_meant_is_answered_with_a_sentence() -> None:
    with pytest.raises(InputError, match="with the fair order no leader chooses: expected call_order='arrival'"):
        CommitteePlan(fair_order=True, call_order="reversed")
    with pytest.raises(InputError, match="leaders order calls by arrival or reversed, found 'fee'"):
        CommitteePlan(greedy_order="fee")


def test_a_scenario_chooses_the_rule_in_its_build() -> None:
    class Mine(SandwichScenario):
        def build(self, world: World) -> None:
            super().build(world)
            world.validators(call_order="arrival", fair_order=True, byzantine="n2:greedy", greedy_order=newest_first)

    journal = run(Mine())
    unfair = {one.block for one in journal.of(ProposalJudged) if one.reason == UNFAIR}
    assert {one.proposer for one in journal.of(BlockProposed) if one.block in unfair} == {2}
