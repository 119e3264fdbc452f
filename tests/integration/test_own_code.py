"""What students and instructors write: it runs wherever it was defined, and when it fails its own line is named."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from market_sim.core.data import archive
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.finder import TAKEN, find_scenario
from market_sim.simulation.scenarios.scenario import parameter_types
from market_sim.ui.cli.arguments import parser
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

QUICK = ["--epochs", "3", "--no-settle", "--no-plot", "--headless"]

CELL = """\
from dataclasses import dataclass
from market_sim import *

@dataclass(frozen=True)
class Room(Scenario):
    name = "room"
    traders: int = bounded(3, least=1, most=9)

    def build(self, world):
        world.list(Stock("ACME", tick=1), value=dollars(100))
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 500})
        for number in range(self.traders):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50})
        BUILD

result = simulate(Room(traders=4), Options(epochs=2, settlement="none"))
"""


def ran(text: str, name: str, **space: Any) -> dict[str, Any]:
    """What is defined after this text was run as a file or a cell of this name."""
    exec(compile(text, name, "exec"), space)  # noqa: S102 (as a notebook does it)
    return space


def cell(build: str = "") -> str:
    return CELL.replace("BUILD", build)


def test_a_scenario_from_standard_input_runs_and_repeats() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-"], input=cell() + "print(result.fingerprint)\n",
            capture_output=True, text=True, cwd=ROOT, check=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert told[0] == told[1]
    assert len(told[0].strip()) == 64


def test_a_scenario_from_a_notebooks_cell_runs() -> None:
    at_home = ran(cell(), "<ipython-input-1>", __name__="__main__")
    assert at_home["result"].fingerprint == ran(cell(), "<cell>")["result"].fingerprint


def test_a_mistake_in_a_cell_is_named_with_its_line() -> None:
    with pytest.raises(InputError, match=r"^<cell>, line 14: ZeroDivisionError: division by zero$"):
        ran(cell("1 / 0"), "<cell>")


HEAD = """\
from dataclasses import dataclass
from statistics import mean
from market_sim import *
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.simulation.scenarios.first_market import FirstMarket

"""

STRATEGY = (
    HEAD
    + """
@dataclass
class Mine(Strategy):
    def decide(self, view):
        {decide}

@dataclass(frozen=True)
class Room(FirstMarket):
    def build(self, world):
        super().build(world)
        world.join("mine", Mine(), cash=dollars(1_000))
"""
)


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        ("yield 5", "decide() yields orders, cancels and amendments, not 5 (line 10 of room.py)"),
        ("yield Buy('ACME', mean([]), 5)", "mean requires at least one data point (line 11 of room.py)"),
        ("yield Buy('ACME', 1, limit=view['NONE'].prices[0])", "(line 11 of room.py)"),
        # What it prints goes to stderr: with --json stdout is for the document alone.
        ("print('seen'); raise SystemExit(5)", "SystemExit: 5 (line 11 of room.py)"),
        ("return undefined", "NameError: name 'undefined' is not defined (line 11 of room.py)"),
    ],
)
def test_a_strategy_that_fails_is_told_with_its_own_line(
    decide: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "room.py"
    path.write_text(STRATEGY.format(decide=decide))
    assert main(["--scenario", str(path), *QUICK, "--json", "--out", str(tmp_path / "runs")]) == 0
    [failure] = json.loads(capsys.readouterr().out)["failures"]
    assert failure.startswith("mine (Mine) stopped at ")
    assert said in failure


PRINTS = (
    HEAD.replace("from", "print('loaded')\nfrom", 1)
    + """
@dataclass
class Mine(Strategy):
    def decide(self, view):
        print("decided")
        return ()

@dataclass(frozen=True)
class Room(FirstMarket):
    claim = "A maker quotes."
    def build(self, world):
        super().build(world)
        world.join("mine", Mine(), cash=dollars(1_000))
    def holds(self, journal):
        return True
"""
)


@pytest.mark.parametrize(
    "typed",
    [
        ["check", "--seeds", "1", "--epochs", "2"],
        pytest.param(
            ["sweep", "--seeds", "1", "--epochs", "2", "--engine", "serial", "--no-plot", "-q"],
            marks=pytest.mark.thorough,
        ),
        pytest.param(["facts", "--returns", "500"], marks=pytest.mark.thorough),
    ],
    ids=lambda typed: typed[0],
)
def test_what_a_strategy_prints_does_not_mix_with_the_document(
    typed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("room.py").write_text(PRINTS)
    assert main([typed[0], "room.py", *typed[1:], "--json"]) in (0, 1)  # the facts need not hold in so short a run
    told = capsys.readouterr()
    assert isinstance(json.loads(told.out), dict)
    assert {"loaded", "decided"} <= set(told.err.splitlines())


def test_a_run_of_an_own_scenario_asks_for_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "room.py"
    path.write_text(HEAD + "@dataclass(frozen=True)\nclass Room(FirstMarket):\n    name = 'room'\n")
    assert main(["--scenario", str(path), *QUICK, "-q", "--out", str(tmp_path / "runs")]) == 0
    [run] = (tmp_path / "runs").iterdir()
    capsys.readouterr()
    for typed in (["replay"], ["without", "--agent", "noise-0"], ["backtest", "--with", "noise"]):
        assert main([typed[0], str(run), *typed[1:]]) == 2
        said = "the scenario room of this run is not a shipped one: add --scenario FILE.py, where it is"
        assert capsys.readouterr().err == f"simulate.py: {said}\n"
    assert main(["replay", str(run), "--scenario", str(path)]) == 0


LATE = {
    "a conclusion": (
        HEAD
        + """
@dataclass(frozen=True)
class Room(FirstMarket):
    def conclusion(self, journal):
        return str(1 / 0)
""",
        "line 11: ZeroDivisionError: division by zero",
        True,
    ),
    "a mechanism": (
        HEAD
        + """
class Rule(Mechanism):
    name = "rule"
    def read(self, event):
        if event.time > 2_000_000_000:
            raise KeyError("margin")

@dataclass(frozen=True)
class Room(FirstMarket):
    def build(self, world):
        super().build(world)
        world.attach(Rule())
""",
        "line 12: KeyError: 'margin'",
        False,
    ),
}


@pytest.mark.parametrize("what", LATE)
def test_what_fails_late_is_a_sentence_and_keeps_the_run(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said, complete = LATE[what]
    path = tmp_path / "room.py"
    path.write_text(text)
    assert main(["--scenario", str(path), *QUICK, "--out", str(tmp_path / "runs")]) == 2
    told = capsys.readouterr()
    last = told.err.strip().splitlines()[-1]
    assert last.startswith(f"simulate.py: {path}, {said}; the run up to there is kept in ")
    assert "Traceback" not in told.err + told.out
    [run] = (tmp_path / "runs").iterdir()
    assert str(run) in last
    stored = archive.load(run)
    assert len(stored.journal) > 100
    assert stored.manifest.complete == complete


def test_a_mistake_in_a_parameters_own_check_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "room.py"
    path.write_text(
        HEAD + "@dataclass(frozen=True)\nclass Room(FirstMarket):\n    def __post_init__(self):\n        1 / 0\n"
    )
    assert main(["--scenario", str(path), *QUICK, "--out", str(tmp_path)]) == 2
    assert f"simulate.py: {path}, line 10: ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("    name = 'a/../b'\n", "line 8: the name of a scenario is letters, digits, - and _, found 'a/../b'"),
        ("    name = 5\n", "line 8: the name of a scenario is letters, digits, - and _, found 5"),
        (
            "    def build(self): ...\n",
            "line 8: build takes the world, build(self, world): too many positional arguments",
        ),
        ("    def build(self, world):\n        raise SystemExit(3)\n", "line 10: SystemExit: 3"),
    ],
)
def test_a_mistake_in_a_class_is_a_sentence(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "room.py"
    path.write_text(HEAD + f"@dataclass(frozen=True)\nclass Room(FirstMarket):\n{text}")
    assert main(["--scenario", str(path), *QUICK, "--out", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err == f"simulate.py: {path}, {said}\n"


def test_a_scenario_without_a_docstring_says_nothing_about_itself(tmp_path: Path) -> None:
    path = tmp_path / "room.py"
    path.write_text(HEAD + "class Room(FirstMarket):\n    name = 'room'\n")
    assert find_scenario(str(path))().summary == ""


def test_a_file_with_any_name_is_a_scenario_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my room.v2.py"
    path.write_text(HEAD + "@dataclass(frozen=True)\nclass Room(FirstMarket):\n    name = ''\n")
    assert main(["--scenario", str(path), *QUICK, "--out", str(tmp_path / "runs")]) == 0
    [run] = (tmp_path / "runs").iterdir()
    assert run.name.startswith("my-room-v2-seed7-")


@pytest.mark.parametrize("field", ["epochs", "seed", "out", "no_plot", "byzantine", "settlement", "build", "summary"])
def test_a_parameter_with_the_name_of_an_option_is_refused(
    field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "room.py"
    path.write_text(HEAD + f"@dataclass(frozen=True)\nclass Room(FirstMarket):\n    {field}: int = 3\n")
    assert main(["--scenario", str(path), *QUICK, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err.strip()
    assert told == f"simulate.py: {path}, line 9: field {field} needs another name: {field} is taken already"


def test_every_option_of_a_run_is_a_name_that_no_parameter_may_have() -> None:
    options = {option for action in parser()._actions for option in action.option_strings if option.startswith("--")}
    assert {option[2:].replace("-", "_") for option in options} <= TAKEN
    assert {field.name for field in fields(Options)} <= TAKEN
    for kind in SCENARIOS:
        assert not TAKEN & set(parameter_types(kind)), kind.name


OURS = """
from market_sim.simulation.engine.failures import explained

def fail():
    with explained():
        return {}["nothing"]
"""


def test_an_error_without_a_line_of_theirs_is_a_broken_promise_of_ours() -> None:
    space = ran(OURS, str(ROOT / "market_sim" / "planted.py"))
    with pytest.raises(InvariantBroken, match="KeyError in this program's own code: 'nothing'"):
        space["fail"]()
