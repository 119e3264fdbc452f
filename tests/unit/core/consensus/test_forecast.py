"""What is foreseen of an attack where the network is split is what the run then shows."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.behaviours import parse_behaviours
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.forecast import without_effect
from market_sim.core.consensus.network import parse_partitions
from market_sim.core.models.consensus_events import (
    BlockProposed,
    ByzantineAct,
    ConsensusEvent,
    EquivocationSeen,
    MessageRefused,
    VoteCast,
)
from market_sim.core.models.run_events import WarningGiven
from market_sim.simulation.engine.consensus import CommitteePlan
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo


def foreseen(byzantine: str, partition: str, epochs: int = 12) -> tuple[str, ...]:
    return without_effect(parse_behaviours(byzantine, 4), Rules(), epochs, parse_partitions(partition, 4))


def test_what_a_validator_cannot_send_it_cannot_send_with_a_partition_either() -> None:
    assert foreseen("n3:equivocate@5", "4-6") == foreseen("n3:equivocate@5", "")
    assert "only a leader can send two blocks" in foreseen("n3:equivocate@5", "4-6")[0]
    assert "the run ends with epoch 12" in foreseen("n3:silent@20", "4-6")[0]


@pytest.mark.parametrize("partition", ["6-8:3|0+1+2", "6-8:3>0+1+2", "6-8:3>0,5-9:3>1+2", "7:3>0+1+2,8:3|0+1+2"])
def test_who_is_cut_off_while_it_lies_is_heard_when_the_partition_heals(partition: str) -> None:
    [sentence] = foreseen("n3:equivocate@7", partition)
    assert sentence == (
        "n3:equivocate@7 reaches nobody before epoch 9: until then the partition separates n3 from all others"
    )


@pytest.mark.parametrize(
    ("byzantine", "partition"),
    [
        ("n3:equivocate@7", "6-8:3|0+1"),
        ("n3:equivocate@7", "6-8:0+1+2>3"),
        ("n3:equivocate@7-11", "6-8:3|0+1+2"),
        ("n3:silent@7", "6-8:3|0+1+2"),
        ("n3:misexecute@7", "6-8:3|0+1+2"),
    ],
)
def test_who_is_heard_by_one_or_needs_no_message_is_not_called_cut_off(byzantine: str, partition: str) -> None:
    assert foreseen(byzantine, partition) == ()


def test_a_fault_of_the_network_after_the_end_of_the_run_is_told() -> None:
    plan = CommitteePlan(crash="n2@3-4,n2@20-30", partition="5-6,99")
    assert plan.without_effect(8) == (
        "the crash of n2 from epoch 20 on can do nothing: the run ends with epoch 8",
        "the partition from epoch 99 on can do nothing: the run ends with epoch 8",
    )
    assert plan.without_effect(100) == ()


def test_a_partition_that_outlasts_the_run_is_told() -> None:
    [sentence] = foreseen("n3:equivocate@7", "6-20:3|0+1+2", epochs=10)
    assert sentence == ("n3:equivocate@7 reaches nobody: the partition separates n3 from all others until the end")


@pytest.mark.parametrize("how", ["equivocate", "forge", "usurp", "late"])
def test_until_the_epoch_that_is_told_nobody_notices_anything(how: str) -> None:
    options = Options(epochs=12, settlement="none", byzantine=f"n3:{how}@7", partition="6-8:3|0+1+2")
    journal = simulate(StreamletDemo(), options).journal
    [warning] = journal.of(WarningGiven)
    assert "reaches nobody before epoch 9" in warning.sentence
    assert [*journal.of(ByzantineAct)], "it did lie"
    own = {event.block for event in journal.of(BlockProposed) if event.proposer == 3 and event.epoch >= 7}
    early = [event for event in journal if isinstance(event, ConsensusEvent) and event.epoch < 9]
    assert not [event for event in early if isinstance(event, VoteCast) and event.voter != 3 and event.block in own]
    assert not [event for event in early if isinstance(event, EquivocationSeen | MessageRefused)]
