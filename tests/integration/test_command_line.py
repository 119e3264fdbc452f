"""The command line as a person meets it: what it prints, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.data import archive
from market_sim.core.models.consensus_events import BlockFinalized, ByzantineAct, NetworkFault
from market_sim.core.models.run_events import AgentJoined, CommitteeSeated
from market_sim.core.version import VERSION
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.ui.cli import doctor
from market_sim.ui.cli.arguments import EPILOG
from market_sim.ui.cli.commands import COMMANDS
from market_sim.ui.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
"""There each scenario runs at its full length before its suggestion is followed."""
QUICK = ["--no-settle", "--no-plot", "--headless"]


def test_twelve_epochs_give_the_promised_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--epochs", "12", "--headless", "--json", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    shown = re.findall(r"^```text\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert set("".join(shown).splitlines()) <= set(said.err.splitlines()), "the README shows what this run prints"
    report = said.err.splitlines()
    assert report[-4].startswith("timeline  ") or report[-3].startswith("timeline  ")
    assert report[-2].startswith("next  ")
    consensus, market, settlement = told["consensus"], told["market"], told["settlement"]
    assert (told["scenario"], told["seed"], told["epochs"]) == ("first-market", 7, 12)
    assert (consensus["validators"], consensus["faults_tolerated"], consensus["quorum"]) == (4, 1, 3)
    assert (consensus["proposed"], consensus["notarized"], consensus["finalized"]) == (12, 12, 11)
    assert [tip["epoch"] for tip in consensus["notarized_tips"]] == [12]
    assert consensus["agreement"] is True
    assert len(consensus["finalized_digest"]) == 64
    assert set(market) >= {"orders", "rejected", "trades", "volume", "conservation"}
    assert market["trades"] > 100
    assert market["conservation"] is True
    assert settlement["backend"] == "eth-tester"
    assert settlement["blocks"] == 11
    assert settlement["reconciled"] is True
    assert settlement["transactions"] > 0
    assert settlement["gas"] > 0
    assert Path(told["timeline"]).read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert archive.load(Path(told["run"])).manifest.fingerprint == told["fingerprint"]


def test_every_epoch_has_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--epochs", "5", *QUICK, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    lines = [line for line in told.err.splitlines() if line.startswith("epoch")]
    assert len(lines) == 5
    assert "leader n3" in lines[2]
    assert "votes 4/4 n0 n1 n2 n3" in lines[2]
    assert "NOTARIZED" in lines[2]
    assert lines[2].endswith("FINAL 2")
    assert not any(line.startswith("epoch") for line in told.out.splitlines())
    assert "because it needs a notarized block of epoch 6" in told.out
    assert "gains in USD" in told.out


def test_with_json_stdout_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["--scenario", "option-expiry", "--epochs", "4", "--json", "--risk", "--stress", "fall-10"]
    assert main([*asked, *QUICK, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert "conservation holds" in told.err
    assert "stress fall-10" in told.err
    assert sum(document["market"]["trades_are"].values()) == document["market"]["trades"] > 0
    assert sum(document["market"]["transfers_are"].values()) == document["market"]["transfers"] > 0
    assert sum(one["from_trading"] for one in document["gains"]) == 0
    assert len(document["gains"]) > 20, "the document has all accounts"


def test_a_quiet_run_prints_its_summary_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--epochs", "3", "--quiet", "--scenario", "option-expiry", *QUICK, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.strip().startswith("consensus")


def test_final_stands_once_on_the_line_of_the_block_that_made_it_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for fault in ("n3:equivocate", "n1:late", "n1:usurp", "n3:withhold", "n3:silent"):
        assert main(["--epochs", "12", "--byzantine", fault, *QUICK, "--out", str(tmp_path / fault)]) == 0
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
        [run] = (tmp_path / fault).iterdir()
        first: dict[str, BlockFinalized] = {}
        for event in archive.load(run).journal.of(BlockFinalized):
            first.setdefault(event.block, event)
        told = [(line, number) for line in lines for number in line.partition("FINAL ")[2].split()]
        assert len(told) == len(first), "each final block is told once"
        for event in first.values():
            [line] = [line for line in lines if f"block {event.because[2][:6]} " in line and "FINAL" in line]
            assert "NOTARIZED" in line
            assert line.startswith(f"epoch {event.epoch:>3} ")


def test_a_block_that_became_notarized_late_is_told_in_that_epoch(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--epochs", "12", "--byzantine", "n1:late", *QUICK, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().err
    assert "epoch   6  late       block 037e4c of epoch 5  NOTARIZED  FINAL 4" in told


def suggested(told: str) -> str:
    """The command that a run suggests."""
    [question, command] = told.partition("\nnext ")[2].strip().splitlines()
    assert question.endswith("?")
    return command.strip()


@pytest.mark.parametrize(
    "typed",
    [
        ["--epochs", "1"],
        ["--epochs", "2"],
        ["--epochs", "5"],
        ["--epochs", "12", "--validators", "7"],
        ["--epochs", "6", "--leaders", "hash"],
        ["--epochs", "2", "--byzantine", "n1:silent"],
        ["--epochs", "9", "--byzantine", "n1:silent"],
        ["--scenario", "streamlet", "--epochs", "6"],
        ["--scenario", "crash-and-return", "--epochs", "4"],
        ["--scenario", "two-of-four-lie"],
        *(["--scenario", kind.name, *([] if IN_CI else ["--epochs", "1"])] for kind in SCENARIOS),
    ],
    ids=" ".join,
)
def test_what_is_suggested_runs_and_changes_something(
    typed: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*typed, *QUICK, "--out", str(tmp_path)]) == 0
    command = shlex.split(suggested(capsys.readouterr().out))
    assert command[0] == sys.executable or (ROOT / command[0]).exists()
    assert command[1].endswith("simulate.py")
    assert main([*command[2:], "--no-plot", "--headless", "--json", "--out", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    told = list(archive.load(Path(document["run"])).journal)
    assert any(isinstance(event, ByzantineAct | NetworkFault) for event in told), "something happens"


@pytest.mark.skipif(os.name == "nt", reason="a POSIX pipe")
@pytest.mark.parametrize("typed", ["--list-scenarios", "doctor"])
def test_a_reader_that_has_seen_enough_gets_no_traceback(typed: str, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)  # as after `| head -1`
    command = [sys.executable, str(ROOT / "simulate.py"), typed]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_suggested_is_the_run_as_it_was_typed_with_one_thing_more(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    typed = ["--scenario", "crowded-room", "--traders", "5", "--epochs", "3", "--seed", "11", "--rules", "none",
             "--without", "noise-1", "--no-settle", "--with", "noise,cash=500"]  # fmt: skip
    assert main([*typed, "--headless", "--no-plot", "--out", str(tmp_path)]) == 0
    assert shlex.split(suggested(capsys.readouterr().out))[2:] == [*typed, "--byzantine", "n1:equivocate@1"]


@pytest.mark.thorough
def test_a_suggestion_runs_as_it_is_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--epochs", "3", "--byzantine", "n1:silent", *QUICK, "--out", str(tmp_path)]) == 0
    done = subprocess.run(
        suggested(capsys.readouterr().out),
        shell=True,
        env={**os.environ, "MARKET_SIM_HEADLESS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert " --scenario " in suggested(done.stdout), "what a split network suggests is another scenario"


def test_the_examples_of_the_help_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # a broken line may end within an example
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    examples = [f"--byzantine {text}" for text in re.findall(r"for example (n\d:[\w@-]+)", told)]
    examples += [f"--partition {text}" for text in re.findall(r"for example (\d+-\d+):", told)]
    examples += re.findall(r"flags, too: (--\w+ \d+)", told)
    examples += [f"{option} {text}" for option, text in re.findall(r"(--\w+) [A-Z]+ [^-]*?such as ([\w-]+)", told)]
    assert len(examples) == 5
    for example in examples:
        assert main([*example.split(), *QUICK, "--out", str(tmp_path)]) == 0
    assert all(how in told for how in BEHAVIOURS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_in_the_help_and_has_its_own(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert re.search(rf" {name}[ ,]", " ".join(EPILOG.split()))
    with pytest.raises(SystemExit) as done:
        main([name, "--help"])
    told = capsys.readouterr().out
    assert (done.value.code, told.startswith(f"usage: simulate.py {name} ")) == (0, True)
    entries = re.findall(r"^  \S.*", told, re.MULTILINE)
    explained = re.findall(r"^  \S.*?(?: {2,}|\n {20,})\S", told, re.MULTILINE)
    assert len(entries) == len(explained) > 0, f"something without an explanation in {told}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--validators", "7"], "7 validators, f=2, quorum 5,"),
        (["--validators", "7", "--variant", "crash"], "7 validators, f=3, quorum 4,"),
        (["--scenario", "two-of-four-lie"], "4 validators, f=1, quorum 3,"),
    ],
)
def test_the_first_line_has_the_rules_of_the_run(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*typed, "--epochs", "1", *QUICK, "--out", str(tmp_path)]) == 0
    assert said in capsys.readouterr().err.splitlines()[0]
    [run] = tmp_path.iterdir()
    [seated] = archive.load(run).journal.of(CommitteeSeated)
    assert said == f"{seated.validators} validators, f={seated.faults}, quorum {seated.quorum},"


@pytest.mark.parametrize("name", ["my-room", "bank_run"])
def test_a_new_scenario_runs_by_the_command_that_is_printed(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-scenario", name]) == 0
    told = capsys.readouterr().out
    command = shlex.split(told.partition("run it: ")[2])
    assert command[0] == sys.executable
    assert main([*command[2:], "--epochs", "1", *QUICK, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"] == name.replace("_", "-")


def test_the_commands_that_a_lesson_prints_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lessons").symlink_to(ROOT / "lessons")
    assert main(["lesson", "start", "01-order-book"]) == 0
    told = capsys.readouterr().out
    check = shlex.split(told.partition("check  ")[2].splitlines()[0])
    assert check[:2] == [sys.executable, str(ROOT / "simulate.py")]
    assert main(check[2:]) == 1, "the starter does not pass"
    assert "0 of 10 points" in capsys.readouterr().out
    assert main(["lesson", "start", "01-order-book"]) == 0
    again = shlex.split(capsys.readouterr().out.partition("begin anew with: ")[2].strip().splitlines()[0])
    assert main([*again[2:], "--yes"]) == 0


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"market sandbox {VERSION}\n"


def test_progress_has_no_colour_codes_where_nobody_looks(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["--epochs", "2", *QUICK, "--out", str(tmp_path)])
    assert "\033[" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--epochs", "0"], "expected a whole number from 1"),
        (["--epochs", "-1"], "found '-1'"),
        (["--epochs", "abc"], "found 'abc'"),
        (["--seed", "x"], "found 'x'"),
        (["--seed", "-3"], "expected a whole number from 0"),
        (["--validators", "3"], "expected a whole number from 4"),
        (["--scenario", "crowded-rom"], "did you mean crowded-room?"),
        (["--scenario", "xyzxyz"], "there are first-market"),
        (["--scenario", "missing.py"], "cannot read the scenario file missing.py"),
        (["--epoch", "12"], "did you mean --epochs?"),
        (["--traders", "many"], "traders must be a whole number from 1 to 500, found 'many'"),
        (["--traders", "-3"], "traders must be a whole number from 1 to 500, found '-3'"),
        (["--traders=0"], "traders must be a whole number from 1 to 500, found '0'"),
        (["--traders", "100000000"], "traders must be a whole number from 1 to 500, found '100000000'"),
        (["--shock-percent", "nan"], "shock_percent must be a finite number from -90.0 to 500.0, found 'nan'"),
        (["--tradrs", "3"], "did you mean --traders?"),
        (["--traders"], "--traders needs a value"),
        (["--byzantine", "n9:silent"], "n9"),
        (["--byzantine", "n1:rude"], "there is no byzantine behaviour 'rude'"),
        (["--byzantine", "n1:silent,n2:silent"], "--beyond-the-bound"),
        (["--leaders", "loudest"], "the leaders are chosen round-robin, hash or shuffled, found 'loudest'"),
        (["--partition", "soon"], "'soon'"),
        (["--stress", "flash-crush"], "did you mean flash-crash?"),
        (["--stress", "a-bad-day"], "there is no stress 'a-bad-day'; there is fall-10,"),
        (["doctr"], "did you mean doctor?"),
        (["--byzantine", ""], "--byzantine: expected a value, found ''"),
        (["results", ""], "RUN: expected a value, found ''"),
        (["--scenario", str(ROOT)], f"{ROOT} is no scenario: the name of its file ends in .py"),
        (["--rules", "nowhere.toml"], "the rules file nowhere.toml cannot be read: No such file or directory"),
        (["spans", "a-run", "--order", "last"], "--order: expected a whole number from 1 on, found 'last'"),
        (["lesson", "chek", "1"], "there is no verb 'chek'; did you mean check?"),
        (["doctor", "now"], "unrecognized arguments: now"),
        (["--epochs", "3", "4"], "did not expect '4'"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = [] if typed[0].startswith("doct") else ["--out", str(tmp_path)]
    assert main([*typed, *out]) == 2
    told = capsys.readouterr()
    last = told.err.strip().splitlines()[-1]
    assert last.startswith("simulate.py: ")
    assert said in last
    assert "<string>" not in last, "no line of a file that the user cannot open"
    assert "Traceback" not in told.err
    assert told.out == ""


def test_a_folder_that_cannot_be_written_is_found_before_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main([*QUICK, "--out", str(tmp_path / "file" / "runs")]) == 2
    told = capsys.readouterr().err
    assert "cannot write there" in told
    assert "epoch" not in told


@pytest.mark.parametrize("typed", [["--leaders", "loudest"], ["--leaders", "loudest", "--quiet"], ["--with", "nois"]])
def test_a_run_that_is_refused_leaves_no_folder_behind(typed: list[str], tmp_path: Path) -> None:
    assert main([*typed, "--out", str(tmp_path / "deep" / "runs")]) == 2
    assert not list(tmp_path.iterdir())


SCENARIO = '''
from dataclasses import dataclass
from market_sim import *

@dataclass
class Stumbles(Strategy):
    def decide(self, view):
        if view.time > 2_000_000_000:
            raise ValueError("no idea")
        yield Buy("ACME", 1, limit=dollars(90))

@dataclass(frozen=True)
class Mine(Scenario):
    """One who stumbles."""
    name = "mine"
    traders: int = {traders}

    def build(self, world):
        world.list(Stock("ACME", tick={tick}), value=dollars(100))
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={{"ACME": 500}})
        world.join("stumbles", Stumbles(), cash=dollars(1_000))
        for number in range(self.traders):
            world.join(f"noise-{{number}}", Noise(trade_probability=0.5), cash=dollars(5_000), holdings={{"ACME": 50}})
'''


def scenario_file(folder: Path, traders: object = 3, tick: object = 1, tail: str = "") -> str:
    path = folder / "mine.py"
    path.write_text(SCENARIO.format(traders=traders, tick=tick) + tail, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"traders": "'many'"}, "line 16: scenario mine: traders must be a whole number, found 'many'"),
        ({"traders": "None"}, "line 16: scenario mine: traders must be a whole number, found None"),
        ({"tick": 0}, "line 19: ACME: tick must be a positive whole number, found 0"),
        ({"tick": "nonsense"}, "line 19: NameError: name 'nonsense' is not defined"),
        ({"tail": "def broken(:\n"}, "line 24: this is not Python"),
        ({"tail": "1 / 0\n"}, "line 24: ZeroDivisionError"),
    ],
)
def test_a_mistake_in_a_scenario_file_is_shown_with_its_line(
    change: dict[str, object], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = scenario_file(tmp_path, **change)  # type: ignore[arg-type]
    assert main(["--scenario", path, *QUICK, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"simulate.py: {path}, {said}" in told
    assert "Traceback" not in told


def test_a_strategy_that_raises_is_named_and_the_run_goes_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = scenario_file(tmp_path)
    assert main(["--scenario", path, "--epochs", "4", *QUICK, "--out", str(tmp_path), "--json"]) == 0
    told = capsys.readouterr()
    assert "stumbles stopped: ValueError: no idea (line 9 of mine.py)" in told.err
    document = json.loads(told.out)
    assert document["consensus"]["finalized"] == 3
    assert document["failures"][0].startswith("stumbles (Stumbles) stopped at 2.0")
    assert document["market"]["trades"] > 0


def test_an_interrupted_run_opens_and_verifies(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from market_sim.ui.cli.screen import Screen

    shown = Screen.epoch

    def interrupt(self: Screen, journal: object, epoch: int) -> None:
        shown(self, journal, epoch)  # type: ignore[arg-type]
        if epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Screen, "epoch", interrupt)
    assert main(["--epochs", "9", *QUICK, "--out", str(tmp_path), "--json"]) == 130
    document = json.loads(capsys.readouterr().out)
    assert document["complete"] is False
    assert document["consensus"]["finalized"] == 2
    assert archive.load(Path(document["run"])).manifest.fingerprint == document["fingerprint"]


def test_a_broken_promise_keeps_its_trace_and_exits_with_three(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from market_sim.core.errors import InvariantBroken
    from market_sim.simulation.engine.world import World

    def broken(self: World) -> None:
        raise InvariantBroken("the accounts do not add up")

    monkeypatch.setattr(World, "check", broken)
    assert main(["--epochs", "2", *QUICK, "--paranoid", "--out", str(tmp_path)]) == 3
    assert "a promise of this program broke: the accounts do not add up" in capsys.readouterr().err
    [kept] = tmp_path.iterdir()
    assert "InvariantBroken" in (kept / "trace.txt").read_text(encoding="utf-8")
    stored = archive.load(kept)
    assert len(stored.journal) > 0
    assert not stored.manifest.complete


def test_help_and_a_run_without_chain_and_plot_import_no_heavy_library(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from market_sim.ui.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "heavy = {'web3', 'eth_tester', 'eth', 'plotly', 'flask', 'pandas', 'numpy', 'solcx'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))\n"
    )
    for typed in (["--help"], ["--epochs", "3", *QUICK, "--out", str(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-c", script, *typed], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.stdout.splitlines()[-1] == "heavy: []", (typed, done.stderr)


def test_the_demonstration_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "market_sim.simulation.scenarios.streamlet_demo"),
            *("--epochs", "8", "--plot", "--no-settle", "--json", "--out", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "CI": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["scenario"], document["consensus"]["notarized"], document["consensus"]["finalized"]) == (
        "streamlet",
        8,
        7,
    )
    assert Path(document["timeline"]).exists()


def test_the_scenarios_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-scenarios"]) == 0
    told = capsys.readouterr().out
    assert "first-market" in told
    assert "--traders 12" in told


def test_a_scenario_parameter_is_a_flag(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["--epochs", "2", "--traders=1", "--makers", "2", *QUICK, "--json", "--out", str(tmp_path)])
    run = archive.load(Path(json.loads(capsys.readouterr().out)["run"]))
    assert {event.agent for event in run.journal.of(AgentJoined)} == {"maker-0", "maker-1", "noise-0"}


def test_the_doctor_finds_what_a_run_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "ok      cryptography" in told
    assert "everything a run needs is here" in told


@pytest.mark.thorough
def test_the_doctors_cure_for_a_missing_package_runs_as_it_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(doctor.NEEDED, "no-such-package", "nothing")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "a run needs what is marked with fix:"
    cure = told[told.index("missing no-such-package (nothing)") + 1].strip().removeprefix("fix: ")
    # Everything that it asks for is here: with these words nothing is fetched, and nothing has to be.
    done = subprocess.run(
        f"{cure} --dry-run --no-index --no-deps", shell=True, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Requirement already satisfied: web3" in done.stdout


def test_a_bad_day_and_the_risk_of_a_run_are_told_on_demand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["--scenario", "option-expiry", "--epochs", "6", "--stress", "flash_crash", "--risk"]
    assert main([*asked, *QUICK, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "stress flash-crash: like the flash crash of 2010" in told
    assert "risk of one day at 95 %" in told
    assert "to bring the delta from" in told
    assert re.search(r"^ACME-P9500 +[\d.]+ +[\d.]+ +[\d.]+ d +[\d.]+%$", told, re.MULTILINE)
    [maker] = [line for line in told.partition("stress flash-crash")[2].splitlines() if line.startswith("maker ")][:1]
    assert float(maker.split()[1].replace(",", "")) > 0
