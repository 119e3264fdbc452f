"""A strategy of one's own joins any scenario from the command line; a newcomer's path from ten lines to a gain."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from market_sim import open_run, simulate
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import RunStarted
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.guests import guest
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--epochs", "4", "--no-settle", "--no-plot"]


def readme_strategy() -> str:
    found = re.search(r"```python\n(# buy_the_dip\.py\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "buy_the_dip.py"
    file.write_text(readme_strategy())
    return file


def test_the_readmes_strategy_joins_and_its_gain_is_the_same_everywhere(own, tmp_path, capsys) -> None:
    joined = f"{own}:BuyTheDip,cash=2500"
    assert main([*QUICK, "--with", joined, "--out", str(tmp_path), "--json"]) == 0
    streams = capsys.readouterr()
    document = json.loads(streams.out)
    told = re.search(
        r"guest        buy-the-dip gained (\S+) USD \((\S+) USD by trading\): place (\d+) of 16", streams.err
    )
    assert told is not None, streams.err
    [row] = [each for each in document["gains"] if each["account"] == "buy-the-dip"]
    assert (told[1], told[2]) == (written(row["gain"]), written(row["from_trading"]))
    result = open_run(document["run"])
    [again] = [each for each in result.leaderboard if each["account"] == "buy-the-dip"]
    assert again["from_trading"] == row["from_trading"]
    better = [each for each in document["gains"] if each["from_trading"] > row["from_trading"] and each["strategy"]]
    assert int(told[3]) == 1 + len(better)
    assert main(["results", document["run"]]) == 0
    assert "buy-the-dip" in capsys.readouterr().out
    assert any("buy-the-dip" in (trade.taker, trade.maker) for trade in result.journal.of(Trade))


def test_a_run_with_a_guest_is_played_again_and_forked_with_it(own, tmp_path, capsys) -> None:
    options = Options(epochs=3, settlement="none", guests=f"{own},cash=2500\nnoise,name=second,holdings=ACME:5")
    result = simulate("first-market", options)
    start = result.journal[0]
    assert isinstance(start, RunStarted)
    assert start.options["guests"] == options.guests
    assert Session.replay(result.journal).run().fingerprint == result.fingerprint
    session = Session(SCENARIOS[0](), options)
    session.step(epoch=1)
    assert session.fork().run().fingerprint == session.run().fingerprint == result.fingerprint
    assert main([*QUICK, "--with", str(own), "--out", str(tmp_path / "runs"), "-q"]) == 0
    [run] = (tmp_path / "runs").iterdir()
    capsys.readouterr()
    assert main(["replay", str(run)]) == 0


def test_a_run_without_guests_is_the_run_that_it_was() -> None:
    plain = simulate("first-market", epochs=2, settlement="none")
    start = plain.journal[0]
    assert isinstance(start, RunStarted)
    assert "guests" not in start.options


@pytest.mark.parametrize("name", ["crowded-room", "margin-call", "two-venues", "corporate-actions"])
def test_a_guest_joins_any_scenario_and_changes_nobodys_first_draws(name: str) -> None:
    def draws(guests: str | None) -> dict[str, float]:
        session = Session(next(kind for kind in SCENARIOS if kind.name == name)(), Options(epochs=2, guests=guests))
        agents = session.world.agents
        return {one: agent.stream.random() for one, agent in agents.items() if one != "fixed-spread"}

    assert draws(None) == draws("fixed-spread,cash=5000")
    result = simulate(name, epochs=2, settlement="none", guests="fixed-spread,cash=5000")
    assert any(event.account == "fixed-spread" for event in result.journal.of(OrderAccepted))


def test_an_error_points_at_the_line_that_the_student_wrote(tmp_path, capsys) -> None:
    file = tmp_path / "mine.py"
    head = "from market_sim import Strategy, Buy\n\nclass Mine(Strategy):\n    def decide(self, view):\n"
    file.write_text(head + "        yield Buy('ACME', 1, 1 // (len(view['ACME'].prices) - len(view['ACME'].prices)))\n")
    assert main([*QUICK, "--with", str(file), "--out", str(tmp_path), "-q"]) == 0
    assert re.search(
        r"stopped      mine \(Mine\) stopped at 0\.\d+ s: ZeroDivisionError: .* \(line 5 of mine\.py\)",
        capsys.readouterr().out,
    )


MINE = "from market_sim import Strategy\nclass M(Strategy):\n    "

WRONG = [
    ("nobody.py", None, "cannot read the strategy file nobody.py"),
    ("mine.py", "class Mine(\n", r"mine\.py, line 1: this is not Python"),
    ("mine.py", "x = 1 / 0\n", r"mine\.py, line 1: ZeroDivisionError"),
    ("mine.py", "x = 1\n", r"mine\.py: expected one class derived from Strategy, found none"),
    ("mine.py:Yours", "from market_sim import Noise\n", r"mine\.py: expected a strategy Yours, found none"),
    ("nois", None, "there is no strategy 'nois'; did you mean noise?"),
    ("noise,cash", None, "expected key=value after the strategy, found 'cash'"),
    ("noise,cash=much", None, "expected a decimal number such as 100.25, found 'much'"),
    ("noise,cash=-5", None, "cash is not negative, found -5"),
    ("noise,every_ms=often", None, "every_ms must be a number, found 'often'"),
    ("noise,holdings=ACME", None, "holdings are written ACME:50"),
    ("noise,holdings=XYZ:5", None, "noise cannot hold XYZ: it is not listed"),
    ("noise,max_size=x", None, "Noise: max_size must be a whole number, found 'x'"),
    ("noise,maxsize=5", None, "Noise has no parameter maxsize; did you mean max_size?"),
    ("noise,name=maker-0", None, "there is an account maker-0 already; choose another name, name=me"),
    ("noise,cash=1e40", None, "no balance exceeds 9,223,372,036,854,775,807 of the smallest unit, found 1000000"),
    ("noise,every_ms=nan", None, "noise wakes up every nan ms"),
    ("mine.py", "raise SystemExit(3)\n", r"mine\.py, line 1: SystemExit: 3"),
    (
        "mine.py:M",
        f"{MINE}def __init__(self, size): ...\n    decide = None\n",
        r"M needs arguments \(missing",
    ),
    ("mine.py:M", f"{MINE}def decides(self, view): ...\n", r"mine\.py: M has no method decide\(self, view\)"),
    ("mine.py:M", "class M: ...\n", r"mine\.py: M is no strategy: write class M\(Strategy\)"),
    ("option-writer", None, "OptionWriter needs option: join it in a scenario"),
]


@pytest.mark.parametrize(("typed", "source", "sentence"), WRONG)
def test_what_cannot_join_is_one_sentence(typed, source, sentence, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    if source is not None:
        Path("mine.py").write_text(source)
    assert main([*QUICK, "--with", typed]) == 2
    *before, told = capsys.readouterr().err.strip().splitlines()
    assert len(before) <= 1  # what will be run
    assert told.startswith("simulate.py: ")
    assert re.search(re.escape(sentence) if "\\" not in sentence else sentence, told), told


def test_a_file_with_two_strategies_needs_a_name(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    body = "    def decide(self, view):\n        return ()\n"
    file.write_text(f"from market_sim import Strategy\nclass One(Strategy):\n{body}class Two(Strategy):\n{body}")
    with pytest.raises(InputError, match=r"found One, Two; say which: .*two\.py:NAME"):
        guest(str(file))
    assert guest(f"{file}:Two").kind.__name__ == "Two"
    assert guest(f"{file}:Two,name=me").name == "me"
