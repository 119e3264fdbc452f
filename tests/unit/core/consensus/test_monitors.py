"""Each monitor reports a state that was corrupted by hand, and knows nothing of the protocol's own code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from market_sim.core.consensus import monitors
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed, VoteCast
from tests.unit.core.consensus.table import NameTag, Seats, numbers_in, run_committee

QUIET = (0, 0)


class Watch:
    """Monitors over seats of a table, and facts as a corrupted validator would tell them."""

    def __init__(self) -> None:
        self.seats = Seats()
        tag = NameTag(0, self.seats.signers[0]._prefix)
        self.monitors = Monitors(
            4, "byzantine", lambda epoch: epoch % 4, self.seats.genesis.hash, [0, 1, 2], tag.is_valid, numbers_in
        )

    def enter(self, epoch, *validators):
        for index in validators or (0, 1, 2):
            self.monitors.epoch_started(index, epoch)

    def hear(self, *messages, validator=0):
        for message in messages:
            self.monitors.delivered(validator, message)

    def notarize(self, *blocks, validator=0, payloads=None):
        """A validator hears a block with three votes and rightly reports it."""
        hits = []
        for block in blocks:
            payload = (payloads or {}).get(block.hash, b"")
            self.hear(
                self.seats.proposal(block, payload), *(self.seats.vote(i, block) for i in (2, 3)), validator=validator
            )
            self.hear(self.seats.vote(1, block), self.seats.vote(0, block), validator=validator)
            seen = self.monitors.observed[validator]
            height = seen.height[block.parent.hex()] + 1
            hits += self.told(BlockNotarized(0, seen.epoch, validator, block.hash.hex(), height, (0, 1, 2, 3)))
        return hits

    def told(self, *facts, validator=None, load=QUIET):
        index = facts[0].voter if isinstance(facts[0], VoteCast) else getattr(facts[0], "validator", 0)
        return [hit.invariant for hit in self.monitors.stepped(validator or index, facts, load, 0)]

    def vote(self, block, voter=0, signer=None):
        signature = self.seats.vote(voter if signer is None else signer, block).signature
        epoch = self.monitors.observed[voter].epoch
        return self.told(VoteCast(0, epoch, voter, block.hash.hex(), signature.hex()))

    def final(self, block, height, three, validator=0):
        names = tuple(one.hash.hex() for one in three)
        return self.told(BlockFinalized(0, 0, validator, block.hash.hex(), height, names))


def test_nothing_is_reported_for_a_right_history():
    watch = Watch()
    one, two, three = watch.seats.chain(1, 2, 3)
    watch.enter(1)
    watch.hear(watch.seats.proposal(one))
    assert watch.vote(one) == []
    watch.enter(3)
    assert watch.notarize(one) == []
    assert watch.notarize(two) == ["C6"]  # because nobody told that block 1 is final now
    assert watch.final(one, 1, (watch.seats.genesis, one, two)) == []
    assert watch.notarize(three) == ["C6"]
    assert watch.final(two, 2, (one, two, three)) == []


def test_c1_two_validators_finalize_different_blocks():
    watch = Watch()
    seats = watch.seats
    mine, yours = seats.chain(1, 2), [seats.block(1, payload=b"5")]
    yours.append(seats.block(2, yours[0]))
    watch.enter(9)
    watch.notarize(*mine, validator=0)
    watch.notarize(*yours, validator=1, payloads={yours[0].hash: b"5"})
    assert watch.final(mine[0], 1, (seats.genesis, *mine)) == []
    assert watch.final(yours[0], 1, (seats.genesis, *yours), validator=1) == ["C1"]


def test_c2_a_finalized_chain_skips_or_repeats_a_height():
    for height in (0, 2):
        watch = Watch()
        one, two = watch.seats.chain(1, 2)
        watch.enter(9)
        watch.notarize(one, two)
        assert "C2" in watch.final(one, height, (watch.seats.genesis, one, two))


def test_c2_a_restart_loses_a_final_block():
    watch = Watch()
    one, two = watch.seats.chain(1, 2)
    watch.enter(9)
    watch.notarize(one, two)
    watch.final(one, 1, (watch.seats.genesis, one, two))
    watch.monitors.restarted(0, [one.hash])
    assert [hit.invariant for hit in watch.monitors.hits] == ["C6"]
    watch.monitors.restarted(0, [])
    assert watch.monitors.hits[-1].invariant == "C2"


def test_c3_two_votes_in_one_epoch():
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(1)
    watch.hear(watch.seats.proposal(block))
    assert watch.vote(block) == []
    assert watch.vote(block) == ["C3"]


def test_c3_remembers_across_a_restart():
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(1)
    watch.hear(watch.seats.proposal(block))
    watch.vote(block)
    watch.monitors.restarted(0, [])
    watch.hear(watch.seats.proposal(block))
    assert watch.vote(block) == ["C3"]


def test_c4_a_vote_for_what_is_not_the_first_proposal_of_this_epochs_leader():
    watch = Watch()
    seats = watch.seats
    first, second = seats.block(2), seats.block(2, payload=b"5")
    watch.enter(2)
    assert watch.vote(first) == ["C4"]  # never heard of
    watch = Watch()
    watch.enter(2)
    watch.hear(seats.proposal(first), seats.proposal(second, b"5"))
    assert watch.vote(second) == ["C4"]
    watch = Watch()
    watch.enter(3)
    watch.hear(seats.proposal(first))
    assert "C4" in watch.vote(first)  # of an older epoch
    watch = Watch()
    watch.enter(2)
    watch.hear(seats.proposal(first, proposer=3))
    assert watch.vote(first) == ["C4"]  # not of the leader


def test_c4_a_vote_for_a_short_or_unnotarized_parent():
    watch = Watch()
    one, two = watch.seats.chain(1, 2)
    watch.enter(2)
    watch.hear(watch.seats.proposal(one), watch.seats.proposal(two))
    assert watch.vote(two) == ["C4"]
    watch = Watch()
    watch.enter(3)
    watch.notarize(one)
    short = watch.seats.block(3)
    watch.hear(watch.seats.proposal(short))
    assert watch.vote(short) == ["C4"]


def test_c4_a_proposal_of_somebody_who_does_not_lead():
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(1)
    genesis = watch.seats.genesis.hash.hex()
    assert watch.told(BlockProposed(0, 1, block.hash.hex(), genesis, 1, 0, "", 0)) == ["C4"]


def test_c5_a_signature_that_is_not_the_voters():
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(1)
    watch.hear(watch.seats.proposal(block))
    assert watch.vote(block, signer=2) == ["C5"]


@pytest.mark.parametrize("voters", [(1, 2), (1, 2, 2), (1, 2, 3), (1, 2, 9)])
def test_c5_a_block_notarized_without_a_quorum_of_distinct_known_signers(voters):
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(2)
    watch.hear(watch.seats.proposal(block), watch.seats.vote(2, block))
    assert watch.told(BlockNotarized(0, 2, 0, block.hash.hex(), 1, voters)) == ["C5"]


@pytest.mark.parametrize(("epoch", "heard"), [(5, True), (6, False)])
def test_c11_what_is_further_ahead_than_the_bound_is_never_heard(epoch, heard):
    watch = Watch()
    block = watch.seats.block(epoch)
    watch.enter(1)
    watch.hear(watch.seats.proposal(block))
    watch.enter(epoch)
    assert (block.hash.hex() in watch.monitors.observed[0].parent) == heard


def test_c5_forged_messages_are_not_heard():
    watch = Watch()
    block = watch.seats.block(1)
    watch.enter(2)
    watch.hear(watch.seats.proposal(block), watch.seats.vote(2, block))
    stranger = Seats(rules=watch.seats.rules, validators=4).vote(3, block)
    forged = type(stranger)(stranger.genesis, 1, block.hash, 3, watch.seats.vote(2, block).signature)
    watch.hear(forged)
    assert watch.told(BlockNotarized(0, 2, 0, block.hash.hex(), 1, (1, 2, 3))) == ["C5"]


def test_c5_a_parent_that_is_not_notarized_and_a_quorum_that_is_passed_over():
    watch = Watch()
    one, two = watch.seats.chain(1, 2)
    watch.enter(9)
    watch.hear(watch.seats.proposal(two), *(watch.seats.vote(voter, two) for voter in (1, 3)))
    assert "C5" in watch.told(BlockNotarized(0, 9, 0, two.hash.hex(), 1, (1, 2, 3)))
    watch = Watch()
    watch.enter(9)
    watch.hear(watch.seats.proposal(one), *(watch.seats.vote(voter, one) for voter in (2, 3)))
    assert [hit.invariant for hit in watch.monitors.stepped(0, (), QUIET, 0)] == ["C5"]


def test_c5_the_own_vote_completes_a_quorum_and_nothing_is_notarized():
    watch = Watch()
    [one] = watch.seats.chain(1)
    watch.enter(1)
    watch.hear(watch.seats.proposal(one), watch.seats.vote(2, one))
    assert watch.monitors.stepped(0, [], QUIET, 0) == [], "two of three signatures"
    assert watch.vote(one) == ["C5"]


@pytest.mark.parametrize("epochs", [(1, 3), (2, 3), (1, 2, 4), (1, 3, 4)])
def test_c6_final_without_three_consecutive_epochs(epochs):
    watch = Watch()
    seats = watch.seats
    blocks = [seats.genesis, *seats.chain(*epochs)]
    watch.enter(9)
    watch.notarize(*blocks[1:])
    if epochs == (1, 2, 4):
        watch.final(blocks[1], 1, blocks[:3])
    expected_height = len(watch.monitors.observed[0].final)
    assert "C6" in watch.final(blocks[-2], expected_height, blocks[-3:])


@pytest.mark.parametrize("torn", ["first", "middle"])
def test_c6_three_consecutive_epochs_that_are_no_chain(torn):
    watch = Watch()
    seats = watch.seats
    one = seats.block(1)
    two = seats.block(2, None if torn == "first" else one)
    three = seats.block(3, two if torn == "first" else one)
    watch.enter(9)
    watch.notarize(one, two, three)
    blocks = {"first": (two, 1), "middle": (one, 1)}
    assert "C6" in watch.final(*blocks[torn], (one, two, three))


def test_c6_the_third_block_is_not_final_and_a_due_one_is_missing():
    watch = Watch()
    seats = watch.seats
    one, two, three = seats.chain(1, 2, 3)
    watch.enter(9)
    watch.notarize(one, two, three)
    assert watch.monitors.hits[-1].invariant == "C6"  # three in a row, and nothing is told
    watch.final(one, 1, (seats.genesis, one, two))
    watch.final(two, 2, (one, two, three))
    assert watch.final(three, 3, (one, two, three)) == ["C6"]


def test_c7_a_payload_that_is_not_the_digests_is_not_heard_and_no_item_comes_twice():
    watch = Watch()
    seats = watch.seats
    one = seats.block(1, payload=b"5")
    two = seats.block(2, one, payload=b"5")
    three = seats.block(3, two)
    watch.enter(9)
    watch.hear(seats.proposal(one, b"6"))
    assert watch.monitors.payloads == {}
    payloads = {one.hash: b"5", two.hash: b"5"}
    assert watch.notarize(one, two, three, payloads=payloads) == ["C6", "C6"]  # blocks 1 and 2 are due
    assert watch.final(one, 1, (seats.genesis, one, two)) == []
    assert "C7" in watch.final(two, 2, (one, two, three))


@pytest.mark.parametrize("load", [(65, 0), (0, 6)])
def test_c11_more_is_kept_than_the_bounds_allow(load):
    watch = Watch()
    watch.enter(1)
    assert [hit.invariant for hit in watch.monitors.stepped(0, (), load, 0)] == ["C11"]


def test_a_hit_stops_a_paranoid_run_and_is_in_the_journal():
    run = run_committee(epochs=3)
    committee = run.committee
    block = committee.validators[0].finalized.blocks[1]
    fact = BlockFinalized(0, 3, 0, block.hash.hex(), 1, (block.hash.hex(),) * 3)
    with pytest.raises(InvariantBroken, match=r"C6|C2"):
        committee._carry_out(0, type(committee.validators[0].on_payload_news())((), (), (fact,)))
    assert run.kinds()["MonitorHit"] >= 1


def test_monitors_import_nothing_of_the_protocol():
    tree = ast.parse(Path(monitors.__file__).read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    own = [name for name in modules if name.startswith("market_sim")]
    assert own == ["market_sim.core.models.consensus_events"]
