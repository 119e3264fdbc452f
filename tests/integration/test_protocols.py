"""Other protocols in Streamlet's harness: seeded schedules with liars, splits, crashes and bad weather, judged by naive
references that see every message.

An ordinary run plays 40 schedules of each protocol, CI 1,000 of the two-phase BFT; PROTOCOL_SCHEDULES asks for more.
The number of a schedule that fails is in the message.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.models.consensus_events import ByzantineAct, EquivocationSeen, NetworkFault
from market_sim.core.protocols.byzantine_seat import WAYS
from market_sim.core.protocols.events import BlockFinal, BlockLocked, BlocksReverted
from market_sim.core.protocols.longest_chain import Mined
from market_sim.core.protocols.two_phase_bft import Ballot
from tests.reference.naive_protocols import GENESIS, NaiveBftMonitor, NaiveLongestChain
from tests.unit.core.protocols.bench import ALL, Played, bft, longest, streamlet

IN_CI = "CI" in os.environ or os.environ.get("HYPOTHESIS_PROFILE") == "ci"
SCHEDULES = int(os.environ.get("PROTOCOL_SCHEDULES", "1000" if IN_CI else "40"))
MINERS = max(40, SCHEDULES // 4)
"""A longest chain has no votes to get wrong: fewer schedules reach all that it does."""
PARTS = 8 if IN_CI else 2
EPOCHS = 12


def schedule(seed: int, ways: tuple[str, ...] = WAYS, bound: int = 3) -> dict:
    """Who lies and how, who crashes, who hears whom, and how long messages travel."""
    luck = Random(seed)
    validators = luck.choice((4, 4, 5, 7))
    order = luck.sample(range(validators), validators)
    liars = order[: luck.randrange((validators - 1) // bound + 1)]
    lies = [f"n{liar}:{luck.choice(ways)}{luck.choice(('', '@2-6', '@4'))}" for liar in liars]
    chosen: dict = {"validators": validators, "seed": seed, "epochs": EPOCHS, "byzantine": ",".join(lies)}
    first = luck.randrange(2, 7)
    if luck.random() < 0.5:
        cut = luck.randrange(1, validators)
        one, other = ("+".join(map(str, sorted(side))) for side in (order[:cut], order[cut:]))
        chosen["partition"] = f"{first}-{first + luck.randrange(3)}:{one}{luck.choice('||>')}{other}"
    if luck.random() < 0.3:
        chosen["crash"] = f"n{order[-1]}@{first}-{first + 1}"
    for name, value in (("loss_percent", 30), ("reorder_percent", 50), ("duplicate_percent", 20)):
        if luck.random() < 0.25:
            chosen[name] = value
    if luck.random() < 0.3:
        chosen["stable_from_epoch"] = luck.randrange(2, 7)
    return chosen


def watch_ballots(monitors: list[NaiveBftMonitor]):
    def begin(harness):
        monitor = NaiveBftMonitor(harness.rules.validators, harness.honest)
        monitors.append(monitor)
        known = dict.fromkeys(harness.honest, 0)

        def tap(what, who, message):
            if what == "sent" and isinstance(message, Ballot):
                monitor.cast(message.phase, message.height, message.round, message.block.hex(), message.voter)
            elif what == "stepped" and who in known:
                chain = harness.participants[who].chain
                for height in range(known[who], len(chain)):
                    monitor.decided(who, height + 1, chain[height].hex())
                known[who] = max(known[who], len(chain))

        return tap

    return begin


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(PARTS))
def test_the_two_phase_bft_keeps_its_promises_in_every_schedule(part):
    met: Counter[str] = Counter()
    for seed in range(part, SCHEDULES, PARTS):
        monitors: list[NaiveBftMonitor] = []
        played = Played(bft, tap=watch_ballots(monitors), **schedule(seed))
        assert monitors[0].wrong == [], f"schedule {seed}: {monitors[0].wrong[0]}"
        assert played.agree(), f"schedule {seed}"
        met["final"] += bool(played.of(BlockFinal))
        met["lock"] += bool(played.of(BlockLocked))
        met["fault"] += bool(played.of(NetworkFault))
        met["lie"] += bool(played.of(ByzantineAct))
    share = len(range(part, SCHEDULES, PARTS))
    assert met["final"] > share / 2
    assert min(met["lock"], met["fault"], met["lie"]) > 0


def test_with_two_of_four_two_faced_the_monitor_sees_two_final_blocks():
    monitors: list[NaiveBftMonitor] = []
    played = Played(bft, byzantine="n1:two-faced,n2:two-faced", tap=watch_ballots(monitors))
    assert any("two final blocks" in one for one in monitors[0].wrong)
    assert not played.agree()
    assert {event.culprit for event in played.of(EquivocationSeen)} == {1, 2}


def compare_miners(mismatches: list[str]):
    """Every miner beside a naive one that hears the same; they are compared after every step."""

    def begin(harness):
        naive = {index: NaiveLongestChain(3) for index in harness.honest}

        def tap(what, who, message):
            if who not in naive:
                return
            if isinstance(message, Mined) and (what == "heard" or message.miner == who):
                block, parent = message.block.hash, message.block.parent
                naive[who].hear(block.hex(), GENESIS if parent == harness.genesis else parent.hex())
            elif what == "stepped":
                miner, chain = harness.participants[who], naive[who].chain()
                final = [name.hex() for name in miner.chain[: miner.final_height]]
                if [name.hex() for name in miner.chain] != chain or final != naive[who].final():
                    mismatches.append(f"miner {who} at {harness._clock.now} ns: {len(miner.chain)}, {len(chain)}")

        return tap

    return begin


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(PARTS))
def test_every_miner_follows_the_naive_fork_choice_after_every_step(part):
    met: Counter[str] = Counter()
    for seed in range(part, MINERS, PARTS):
        chosen = schedule(seed, tuple(way for way in WAYS if way != "two-faced"))
        chosen.pop("crash", None)  # the naive miner has no disk
        mismatches: list[str] = []
        played = Played(longest, tap=compare_miners(mismatches), anything=True, **chosen)
        assert mismatches == [], f"schedule {seed}: {mismatches[0]}"
        met["blocks"] += max(played.heights())
        met["reverted"] += bool(played.of(BlocksReverted))
    assert met["blocks"] > 4 * len(range(part, MINERS, PARTS))
    assert met["reverted"] > 0


def test_a_long_partition_reverts_final_blocks_of_the_longest_chain_and_of_no_other():
    reverted = {make: 0 for make in ALL}
    for seed in range(6):
        for make in ALL:
            played = Played(make, seed=seed, epochs=16, partition="3-12")
            reverted[make] += sum(event.final for event in played.of(BlocksReverted))
    assert reverted[longest] > 0
    assert reverted[streamlet] == reverted[bft] == 0


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("seed", range(3))
def test_finality_comes_back_after_a_partition(make, seed):
    """Within six epochs for those that stopped, which is the bound of the product's own committee."""
    played = Played(make, seed=seed, epochs=20, partition="4-9")
    during = [epoch for epoch in played.final_epochs() if 4 <= epoch <= 9]
    after = [epoch for epoch in played.final_epochs() if epoch > 9]
    assert bool(during) == (make is longest)
    assert after[0] <= 16
    assert played.agree()


@pytest.mark.parametrize("make", ALL)
def test_a_validator_that_crashed_and_came_back_holds_the_chain_of_the_others(make):
    played = Played(make, epochs=16, crash="n2@3-8")
    assert len(set(played.heights())) == 1
    assert played.heights()[0] >= 8
    assert played.agree()


@pytest.mark.parametrize("make", ALL)
def test_the_same_seed_gives_the_same_journal_with_real_signatures(make):
    one, other = (Played(make, epochs=6, byzantine="n3:withhold", real=True) for _ in range(2))
    assert fingerprint(one.journal) == fingerprint(other.journal)
    assert fingerprint(one.journal) != fingerprint(Played(make, epochs=6, seed=8, real=True).journal)
