"""The verdict on each attack is counted again from the plain list of events, over behaviours, epochs and seeds."""

from __future__ import annotations

import os
import re
from itertools import product

import pytest

from market_sim.analysis.byzantine_report import byzantine_report
from market_sim.core.consensus.behaviours import BEHAVIOURS, GREEDY
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockProposed,
    ByzantineAct,
    EpochStarted,
    EquivocationSeen,
)
from market_sim.core.models.run_events import WarningGiven
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

EPOCHS = 10
SEEDS = (1, 2) if "CI" in os.environ else (1,)
HERE = [name for name in BEHAVIOURS if name != GREEDY]
"""Those that can have an effect in this market, in which nobody calls a contract."""
GRID = [*product(BEHAVIOURS, ("", "@1", "@3", "@4-6", "@11"), SEEDS)]


def played(byzantine: str, seed: int = 7, **more: object) -> Journal:
    options = Options(seed=seed, epochs=EPOCHS, settlement="none", byzantine=byzantine, **more)  # type: ignore[arg-type]
    return simulate(StreamletDemo(), options).journal


def final_chains(journal: Journal, liars_of_it: tuple[int, ...]) -> list[list[str]]:
    chains: dict[int, list[str]] = {}
    for event in journal:
        if isinstance(event, BlockFinalized) and event.validator not in liars_of_it:
            chains.setdefault(event.validator, []).append(event.block)
    return sorted(chains.values(), key=len)


def cost_again(journal: Journal, first: int) -> int:
    """The epochs from the first act on, without epoch 1, in which nobody but n3 finalizes."""
    busy = [event.epoch for event in journal if isinstance(event, BlockFinalized) and event.validator != 3]
    return sum(epoch not in busy for epoch in range(max(first, 2), EPOCHS + 1))


@pytest.mark.parametrize(("how", "when", "seed"), GRID)
def test_the_verdict_is_what_the_events_say(how: str, when: str, seed: int) -> None:
    journal = played(f"n3:{how}{when}", seed)
    [sentence] = byzantine_report(journal)
    acts = [event for event in journal if isinstance(event, ByzantineAct)]
    warned = [event.sentence for event in journal if isinstance(event, WarningGiven)]
    # In calm weather what is said before the run is what happens: no effect is foreseen exactly where there is none.
    assert bool(acts) != bool(warned), (sentence, warned)
    if not acts:
        assert "never did" in sentence
        return
    one, *others = final_chains(journal, (3,))
    assert all(one == other[: len(one)] for other in others)
    lost = cost_again(journal, acts[0].epoch)
    told = re.search(r"; (\d+) of (\d+) epochs? from then on brought no new final block\.$", sentence)
    if lost:
        assert told is not None, sentence
        starts = [event.epoch for event in journal if isinstance(event, EpochStarted)]
        assert (int(told[1]), int(told[2])) == (lost, sum(epoch >= max(2, acts[0].epoch) for epoch in starts))
    else:
        assert re.search("(nothing came of it|no epoch was lost), because", sentence)
    proofs = [event for event in journal if isinstance(event, EquivocationSeen) and event.culprit == 3]
    if "proof" in sentence and "prove it" not in sentence:
        assert f"hold {len(proofs)} proof" in sentence
        assert {f"n{event.validator}" for event in proofs} == set(re.findall(r"n\d", sentence.partition("seen by")[2]))
    elif how in ("equivocate", "two-faced", "double-vote", "usurp", "flood"):
        assert not proofs
    if " final, " in sentence:
        empty = {event.block for event in journal if isinstance(event, BlockProposed) and not event.trades
                 and event.proposer == 3} & {block for chain in (one, *others) for block in chain}  # fmt: skip
        assert f"final, {len(empty)} of these without a trade" in sentence


COMBINED = [
    *(f"n3:silent,n3:{how}@3-6" for how in BEHAVIOURS if how != "silent"),
    *(f"n3:{how}@3-6,n3:silent@2-8" for how in ("equivocate", "late", "forge", "replay", "usurp", "flood")),
    *(f"n3:crash@2,n3:{how}@4" for how in ("silent", "late", "forge", "usurp")),
    *(
        "n3:misexecute@2-4,n3:late@6",
        "n3:misexecute@5,n3:late@6",
        "n3:double-sign@2-4,n3:late@6",
        "n3:double-sign@5,n3:misexecute@5",
        "n3:silent@4,n3:crash@2",
        "n3:silent@1-4,n3:crash@2",
        "n3:forge,n3:silent@4",
        "n3:crash@9,n3:forge@4",
    ),
]


@pytest.mark.parametrize("byzantine", COMBINED if "CI" in os.environ else COMBINED[::3])
def test_of_combined_behaviours_those_act_that_are_not_foreseen_to_do_nothing(byzantine: str) -> None:
    journal = played(byzantine)
    acted = {event.behaviour for event in journal if isinstance(event, ByzantineAct)}
    warned = [event.sentence for event in journal if isinstance(event, WarningGiven)]
    told = byzantine_report(journal)
    assert len(told) == byzantine.count("n3:")
    for part, sentence in zip(byzantine.split(","), told, strict=True):
        how = part.removeprefix("n3:").partition("@")[0]
        hushed = any(said.startswith(f"{part} can do nothing") for said in warned)
        assert (how in acted) != hushed, (part, warned)
        assert ("never did: " in sentence) == hushed, sentence


@pytest.mark.parametrize(("how", "when"), [*product(HERE, ("@1", "@2", "@5", "@9-10"))])
def test_what_is_proposed_before_the_run_has_an_effect(how: str, when: str) -> None:
    warned = [event.sentence for event in played(f"n3:{how}{when}") if isinstance(event, WarningGiven)]
    for sentence in warned:
        proposal = re.search(r"(?:try|add) (n\S+?)( and --beyond-the-bound)?$", sentence)
        assert proposal is not None, sentence
        done = {event.behaviour for event in played(proposal[1], beyond_the_bound=bool(proposal[2]))
                if isinstance(event, ByzantineAct)}  # fmt: skip
        assert how in done, sentence


def test_beyond_the_bound_luck_is_not_called_safety() -> None:
    for seed in range(6):
        journal = played("n2:equivocate@2,n3:double-vote@2", seed, beyond_the_bound=True)
        for sentence in byzantine_report(journal):
            assert "because" not in sentence
