"""`simulate.py replay`: a stored run is the run that its seed and its inputs give, or the first difference is named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main

QUIET = Options(epochs=2, settlement="none")


def test_a_stored_run_gives_its_fingerprint_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(FirstMarket(traders=3), QUIET)
    session.step(epoch=0)
    session.submit("noise-0", Buy("ACME", 1))
    archive.save(session.run().journal, tmp_path / "run")
    assert main(["replay", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'run'}: seed 7 and 1 input give fingerprint {session.result.fingerprint[:6]}")


def test_an_interrupted_run_gives_its_events_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(FirstMarket(), QUIET)
    session.step(events=700)
    session.end()
    archive.save(session.journal, tmp_path / "run")
    assert main(["replay", str(tmp_path / "run")]) == 0
    assert f"the first {len(session.journal) - 1:,} events" in capsys.readouterr().out


def test_the_first_event_that_differs_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = simulate(FirstMarket(), QUIET).journal.since(0)
    place = next(number for number, event in enumerate(events) if isinstance(event, Trade))
    trade = events[place]
    assert isinstance(trade, Trade)
    forged = Journal()
    for event in events:
        forged.record(event)
    forged._events[place] = msgspec.structs.replace(trade, taker_fee=77)
    archive.save(forged, tmp_path / "run")
    assert main(["replay", str(tmp_path / "run")]) == 3
    assert f"event {place} is the first that differs" in capsys.readouterr().out


def test_a_scenario_of_ones_own_is_named_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "quiet_room.py"
    own.write_text(
        "from dataclasses import dataclass\n"
        "from market_sim.simulation.scenarios.crowded_room import CrowdedRoom\n"
        "@dataclass(frozen=True)\n"
        "class QuietRoom(CrowdedRoom):\n"
        "    'A room.'\n"
        "    name = 'quiet-room'\n",
        encoding="utf-8",
    )
    arguments = ["--scenario", str(own), "--epochs", "2", "--no-settle", "--no-plot", "--out", str(tmp_path)]
    assert main(arguments) == 0
    [run] = tmp_path.glob("quiet-room-*")
    capsys.readouterr()
    assert main(["replay", str(run)]) == 2
    assert "the scenario quiet-room of this run is not a shipped one: add --scenario FILE.py" in capsys.readouterr().err
    assert main(["replay", str(run), "--scenario", "crowded-room"]) == 2
    said = "--scenario crowded-room: expected the scenario of this run, quiet-room, found crowded-room"
    assert said in capsys.readouterr().err
    assert main(["replay", str(run), "--scenario", str(own)]) == 0
