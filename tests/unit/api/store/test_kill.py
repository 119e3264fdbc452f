"""kill -9 at any point, with orders on their way, loses no acknowledged order (P1).

tests/system/test_store.py does it at more points.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from market_sim.api.store.restoring import restored
from market_sim.api.store.stored_run import StoredRun
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.conftest import ROOT
from tests.unit.api.store.killed_market import PHASES

POINTS = 6
MOST = 10
"""At most so many times the points."""
PROGRAM = Path(__file__).with_name("killed_market.py")


class Killer:
    """The other end of killed_market.py."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.phases = place / "phase"
        self.phases.write_bytes(b"\0")
        self.market = 0
        """The process of the market that is traded in; 0 where there is none."""
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(self.phases)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def told(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        assert line, "the program has ended"
        return line

    def end(self) -> None:
        """End the program, also where a test has failed while a market was traded in."""
        if self.market:
            os.kill(self.market, signal.SIGKILL)
        self.process.communicate()

    def kill(self, point: int, orders: int, phase: int) -> tuple[Path, list[list[str]], int]:
        """Let a market answer a number of orders, then kill it as soon as it is in the phase."""
        results = self.place / str(point)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{results}\n")
        self.process.stdin.flush()
        lines, done = [], 0
        while not self.market or done < orders:
            line = self.told()
            if line[0] == "process":
                self.market = int(line[1])
            elif line[0] == "killed":
                self.market = 0
                raise AssertionError("the market has ended by itself")
            else:
                lines.append(line)
                done += line[0] == "done"
        late = time.monotonic() + 2
        with self.phases.open("rb", buffering=0) as file:
            found = -1
            while found != phase and time.monotonic() < late:
                file.seek(0)
                found = file.read(1)[0]
        os.kill(self.market, signal.SIGKILL)
        while (line := self.told()) != ["killed"]:
            lines.append(line)
        self.market = 0
        [folder] = results.iterdir()
        return folder, lines, self.phases.read_bytes()[0]


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    made = Killer(tmp_path)
    yield made
    made.end()


class Kills(NamedTuple):
    """What was going on when the programs were killed."""

    phases: Counter[str]
    in_flight: int
    """The number of kills with orders on their way."""


def kills(killer: Killer, points: int, of_phases: int) -> Kills:
    """Kill a market at many points; after each every acknowledged order must be in the restored journal.

    A busy machine decides what a market does when the signal reaches it, so more points follow until it has been
    killed in this number of phases.
    """
    chance = Random(points)
    phases: Counter[str] = Counter()
    in_flight = point = 0
    while point < points or (len(phases) < of_phases and point < MOST * points):
        folder, lines, phase = killer.kill(point, chance.randrange(5, 20), point % len(PHASES))
        phases[PHASES[phase]] += 1
        done = {(line[1], int(line[2]), int(line[3])) for line in lines if line[0] == "done"}
        sent = {(line[1], int(line[2])) for line in lines if line[0] == "sent"}
        in_flight += len(sent) > len(done)
        stored = StoredRun(folder, "")
        journal = restored(stored, FirstMarket()).session.journal
        stored.close()
        accepted = {(event.account, event.terms.quantity, event.order) for event in journal.of(OrderAccepted)}
        taken = {(event.sender, event.terms["quantity"]) for event in journal.of(InputReceived) if event.kind != "Join"}
        assert done <= accepted, f"killed in phase {PHASES[phase]}: {sorted(done - accepted)} were acknowledged"
        assert taken <= sent, "nothing was taken that nobody sent"
        point += 1
    print(f"{point} kills, {in_flight} with orders on their way: {dict(phases)}")
    return Kills(phases, in_flight)


@pytest.mark.thorough
@pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")
def test_every_acknowledged_order_is_in_the_restored_journal_wherever_the_program_was_killed(killer: Killer) -> None:
    found = kills(killer, POINTS, of_phases=3)
    assert len(found.phases) >= 3, f"the phases of the kills: {found.phases}"
    assert found.in_flight >= 0.8 * found.phases.total()
