"""The network delivers within its model, the same seed delivers the same, and each fault is told."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.network import EXCHANGE, Conditions, Network, parse_partitions
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import NetworkFault
from market_sim.core.randomness import Randomness
from tests.unit.core.consensus.table import run_committee

DELTA = Rules().delta_ns
EPOCH = Rules().epoch_ns


def network(validators=4, **weather):
    faults = []
    made = Network(Rules(validators=validators), Randomness(3), Conditions(**weather))
    made.begin(0, faults.append)
    made.start_epoch(1, 0)
    return made, faults


def test_the_default_is_synchronous_and_far_below_delta():
    made, faults = network()
    delays = [time for _ in range(200) for _, time in made.broadcast(0, None, 0)]
    assert 20_000_000 <= min(delays) < max(delays) <= 39_000_000
    assert faults == []
    assert [receiver for receiver, _ in made.broadcast(EXCHANGE, None, 0)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "weather",
    [
        {"loss_percent": 60},
        {"duplicate_percent": 50},
        {"reorder_percent": 50},
        {"stable_from_epoch": 5},
        {"slowest_ns": DELTA},
        {"partitions": parse_partitions("1-3:0>2,2:1|3", 4)},
        {"loss_percent": 30, "reorder_percent": 30, "stable_from_epoch": 3, "partitions": parse_partitions("2-4", 4)},
    ],
)
def test_what_is_sent_arrives_by_max_gst_and_sending_plus_delta(weather):
    made, _ = network(**weather)
    calm_from = max([weather.get("stable_from_epoch", 1), *(cut.last + 1 for cut in weather.get("partitions", ()))])
    for now in range(0, 6 * EPOCH, EPOCH // 3):
        copies = made.broadcast(0, None, now)
        assert {receiver for receiver, _ in copies} == {1, 2, 3}
        assert all(now < time <= max(made.start_of(calm_from), now) + DELTA for _, time in copies)


def test_one_epoch_before_stability_is_enough_to_be_late():
    made, _ = network(stable_from_epoch=2)
    times = [time for _ in range(100) for _, time in made.broadcast(0, None, 0)]
    assert DELTA < max(times) <= made.start_of(2) + DELTA


@pytest.mark.parametrize("kind", ["loss", "duplicate", "reorder"])
def test_each_fault_is_told_with_its_two_ends(kind):
    made, faults = network(**{f"{kind}_percent": 50})
    for _ in range(20):
        made.broadcast(2, None, 0)
    assert {fault.kind for fault in faults} == {kind}
    assert {fault.senders for fault in faults} == {(2,)}
    assert {fault.receivers for fault in faults} == {(0,), (1,), (3,)}
    assert all(fault.until > fault.time for fault in faults)


def test_a_newcomer_changes_nobody_elses_luck():
    small, large = network(4)[0], network(5)[0]
    assert small.broadcast(1, None, 0) == large.broadcast(1, None, 0)[:3]


@pytest.mark.parametrize(
    ("text", "pairs"), [("2-3:0+1|2", {(0, 2), (1, 2), (2, 0), (2, 1)}), ("2-3:0+1>2", {(0, 2), (1, 2)})]
)
def test_a_partition_separates_just_the_pairs_on_its_two_sides_in_its_epochs(text, pairs):
    [cut] = parse_partitions(text, 4)
    for epoch in range(1, 5):
        held = {(one, other) for one in range(4) for other in range(4) if cut.separates(one, other, epoch)}
        assert held == (pairs if epoch in (2, 3) else set())


def test_a_partition_holds_back_and_a_one_way_partition_only_one_way():
    made, faults = network(partitions=parse_partitions("1-2:0>3", 4))
    assert dict(made.broadcast(0, None, 0))[3] >= 2 * EPOCH
    assert dict(made.broadcast(0, None, 0))[2] < EPOCH
    assert dict(made.broadcast(3, None, 0))[0] < EPOCH
    assert [(fault.kind, fault.until) for fault in faults] == [("one-way partition", 2 * EPOCH)]


@pytest.mark.parametrize("text", ["x", "6-4", "0", "4-6:0|0", "4-6:0|9", "4-6:", "4-6:0>", "4:a|b"])
def test_a_partition_that_cannot_be_meant_is_answered_with_a_sentence(text):
    with pytest.raises(InputError, match=r"partition|epochs"):
        parse_partitions(text, 4)


def test_weather_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="loss_percent"):
        Conditions(loss_percent=91)
    with pytest.raises(InputError, match="fastest"):
        Conditions(fastest_ns=5_000_000, slowest_ns=2_000_000)
    with pytest.raises(InputError, match="exceed Delta"):
        Network(Rules(), Randomness(1), Conditions(slowest_ns=DELTA + 1))


def test_leaving_out_echoes_that_change_nothing_gives_the_same_blocks():
    literal, lean = (run_committee(9, epochs=8, literal_echo=echo) for echo in (True, False))
    assert literal.status == lean.status
    assert lean.status.finalized == 7


def test_a_large_committee_still_echoes_what_not_everyone_was_sent():
    run = run_committee(10, epochs=20, byzantine="n1:withhold,n2:withhold")
    assert run.status.all_agree
    assert run.status.finalized >= 15


@pytest.mark.parametrize("weather", [{"loss_percent": 30}, {"duplicate_percent": 40}, {"reorder_percent": 20}])
def test_a_committee_lives_with_bad_weather(weather):
    run = run_committee(epochs=15, **weather)
    assert run.status.finalized >= 8
    assert len(run.of(NetworkFault)) > 50


def test_the_same_seed_gives_the_same_journal_and_another_seed_another():
    weather = {"byzantine": "n1:withhold,n1:late", "loss_percent": 10, "stable_from_epoch": 4}
    one, same, other = (list(run_committee(epochs=8, seed=seed, **weather).journal) for seed in (5, 5, 6))
    assert one == same
    assert one != other
