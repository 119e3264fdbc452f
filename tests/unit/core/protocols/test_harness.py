"""The harness plays every protocol in the same network, counts what is sent, and watches the chains."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.consensus.network import EXCHANGE
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, ByzantineAct, NetworkFault
from market_sim.core.protocols.byzantine_seat import WAYS, Collusion
from market_sim.core.protocols.events import BlockFinal, BlocksReverted
from market_sim.core.protocols.participant import About
from market_sim.simulation.engine.clock import SECOND
from tests.unit.core.consensus.table import NameTags, numbers_in, run_committee
from tests.unit.core.protocols.bench import ALL, Played, bft, longest, streamlet


def tell_numbers(committee):
    """The news of a play, told to a committee."""
    for number in range(30):
        committee._clock.plan(SECOND + number * SECOND // 3, committee.publish, [number])


@pytest.mark.parametrize("partition", ["", "4-6"])
def test_the_adapter_plays_streamlet_as_the_committee_does(partition):
    """With the same seed, news and network every block becomes final at the same nanosecond for the same validator."""
    committee = run_committee(4, 10, 7, partitions=partition, scheme=NameTags(4), before=tell_numbers, paranoid=False)
    adapted = Played(streamlet, epochs=10, partition=partition)
    places = [[(event.time, event.validator, event.block) for event in run.of(kind)]
              for run, kind in ((committee, BlockFinalized), (adapted, BlockFinal))]  # fmt: skip
    assert places[0] == places[1]
    assert len(places[0]) >= 16


@pytest.mark.parametrize("make", ALL)
def test_messages_and_bytes_are_those_that_left(make):
    sent: Counter[str] = Counter()

    def tap(harness):
        post = harness._post

        def counting(sender, copies, message):
            if sender != EXCHANGE:
                sent["copies"] += len(copies)
                sent["bytes"] += sum(len(msgspec.msgpack.encode(message)) for _ in copies)
            post(sender, copies, message)

        harness._post = counting
        return lambda what, who, message: None

    played = Played(make, epochs=6, tap=tap)
    assert (played.harness.messages, played.harness.bytes_sent) == (sent["copies"], sent["bytes"])
    assert played.harness.messages > 0


@pytest.mark.parametrize("make", ALL)
def test_every_trade_is_ordered_once(make):
    played = Played(make, epochs=14)
    for index in range(4):
        part = played.harness.participants[index]
        payloads = getattr(part, "_payloads", None) or part.validator.view.payloads
        ordered = [number for block in part.chain[: part.final_height] for number in numbers_in(payloads[block])]
        assert len(ordered) == len(set(ordered)) > 15


@pytest.mark.parametrize("make", ALL)
def test_what_is_final_and_what_is_reverted_adds_up_to_the_chains(make):
    """The events alone lead to the final chains that the participants hold at the end."""
    played = Played(make, seed=2, epochs=16, partition="3-11")
    chains = {index: [] for index in played.harness.honest}
    for event in played.journal:
        if isinstance(event, BlocksReverted) and event.final:
            chain = chains[event.validator]
            assert chain[-event.final :] == list(event.blocks[: event.final])
            del chain[-event.final :]
        elif isinstance(event, BlockFinal):
            chains[event.validator].append(event.block)
            assert len(chains[event.validator]) == event.height
    for index, chain in chains.items():
        part = played.harness.participants[index]
        assert chain == [block.hex() for block in part.chain[: part.final_height]]
    assert any(event.final for event in played.of(BlocksReverted)) == (make is longest)


@pytest.mark.parametrize("make", ALL)
def test_a_split_changes_nothing_before_it_begins(make):
    def before(played):
        return [event for event in played.journal if event.time < 6_000_000_000 and not isinstance(event, NetworkFault)]

    assert before(Played(make)) == before(Played(make, partition="6-8"))


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("way", WAYS)
def test_one_liar_of_four_never_splits_the_others(make, way):
    played = Played(make, byzantine=f"n2:{way}", epochs=14)
    assert played.agree()
    assert played.heights()[0] >= 5
    is_meant = not (make is longest and way == "two-faced")
    assert {act.behaviour for act in played.of(ByzantineAct)} == ({way} if is_meant else set())


@pytest.mark.parametrize("make", [streamlet, bft])
def test_two_two_faced_validators_of_four_split_the_others_and_two_miners_do_not(make):
    byzantine = "n1:two-faced,n2:two-faced"
    assert not Played(make, byzantine=byzantine).agree()
    assert Played(longest, byzantine=byzantine).agree()


def test_a_liar_follows_the_rules_outside_its_epochs():
    played = Played(bft, byzantine="n3:silent@4-6", epochs=10)
    assert {act.epoch for act in played.of(ByzantineAct)} == {4, 5, 6}
    assert 10 in played.final_epochs()


def test_a_behaviour_that_only_streamlet_knows_is_refused():
    name = next(name for name in BEHAVIOURS if name not in WAYS)
    with pytest.raises(InputError, match=f"not under '{name}'"):
        Played(bft, byzantine=f"n3:{name}")


def test_a_liar_does_not_crash_and_return():
    with pytest.raises(InputError, match="n3 is byzantine"):
        Played(bft, byzantine="n3:silent", crash="n3@2-3")


def test_sides_are_halves_of_the_honest_and_end_when_an_honest_leader_chooses_one():
    collusion = Collusion(5, [1, 2])
    collusion.show(b"A", 0)
    collusion.show(b"B", 1)
    assert (collusion.audience(0, 1), collusion.audience(1, 1)) == ((0, 2, 3), (2, 4))
    assert collusion.side_of(About(0, b"A")) == 0
    assert collusion.side_of(About(2, b"C", b"A")) is None, "a liar's next block is shown by its face"
    assert collusion.side_of(About(3, b"D", b"B")) is None
    assert collusion.side_of(About(0, b"A")) is None
    assert collusion.splits_ended == 1
