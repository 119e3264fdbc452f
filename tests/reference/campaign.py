"""A campaign: many seeded duels, what they reached, and the shortest way to see a disagreement again."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.conftest import ROOT
from tests.reference.duel import Duel, Operation, play, report
from tests.reference.operations import Operations, setting

IN_ONE_DUEL = 2_000
TEST = "tests/integration/test_exchange_against_reference.py"


def operations_wanted() -> int:
    """How many operations: MARKET_SIM_OPERATIONS, or a million under the ci profile, or twenty thousand."""
    ordinary = "1000000" if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else "20000"
    return int(os.environ.get("MARKET_SIM_OPERATIONS", ordinary))


def seeds_wanted() -> list[int]:
    """One seed for each duel: MARKET_SIM_SEED, or as many as the operations need, counted from 0.

    Under the ci profile one more is made of the commit, so that each commit tries something that none tried before.
    """
    chosen = os.environ.get("MARKET_SIM_SEED")
    if chosen:
        return [int(chosen)]
    seeds = [*range(max(1, operations_wanted() // IN_ONE_DUEL))]
    if os.environ.get("HYPOTHESIS_PROFILE") == "ci":
        asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
        seeds += [int(asked.stdout[:8], 16)] if asked.returncode == 0 else []
    return seeds


IN_ONE_PART = 50
"""The duels of one part of a campaign, which is one process's: a hundred thousand operations."""


def parts_wanted() -> list[list[int]]:
    """The seeds of each part; a part is large enough to meet all that the whole has to meet."""
    seeds = seeds_wanted()
    cuts = range(0, max(len(seeds) - IN_ONE_PART // 2, 1), IN_ONE_PART)
    return [seeds[cut : cut + IN_ONE_PART] for cut in cuts[:-1]] + [seeds[cuts[-1] :]]


@dataclass
class Reached:
    """What the duels did and met."""

    operations: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    disagreement: str = ""

    def add(self, other: Reached) -> None:
        """Count what another campaign reached as well."""
        self.operations += other.operations
        self.classes.update(other.classes)
        self.counts.update(other.counts)
        self.disagreement = self.disagreement or other.disagreement


def fight(seed: int, reached: Reached, operations: int = IN_ONE_DUEL) -> str:
    """One duel; the sentence about a disagreement, or nothing."""
    chance = Random(seed)
    where = setting(chance)
    duel = Duel(where)
    source = Operations(chance, duel)
    done: list[Operation] = []
    try:
        for _ in range(operations):
            name, operation = source.next()
            done.append(operation)
            duel.perform(operation)
            reached.classes[name] += 1
        duel.compare_everything(done[-1])
    except Exception:
        if play(where, done) is None:
            raise
        if os.environ.get("MARKET_SIM_SHRINK") == "0":
            return f"seed {seed}: they disagree after {len(done)} operations, not shrunk"
        return report(where, done, f"MARKET_SIM_SEED={seed} python -m pytest {TEST} -k agree")
    reached.operations += operations
    reached.counts.update(duel.counts)
    return ""


def fight_all(seeds: list[int]) -> Reached:
    """All duels until the first disagreement."""
    found = Reached()
    for each in map(fought_by, seeds):
        found.add(each)
        if found.disagreement:
            break
    return found


def fought_by(seed: int) -> Reached:
    """What one duel reached, and its disagreement if there was one."""
    found = Reached()
    found.disagreement = fight(seed, found)
    return found
