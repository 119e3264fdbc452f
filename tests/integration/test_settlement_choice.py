"""Where trades are paid out, as chosen on the command line; the fast chain itself is in tests/system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import RunStarted
from market_sim.core.randomness import Randomness
from market_sim.simulation.options import SETTLED_ON
from market_sim.simulation.pipeline import settlement_on
from market_sim.ui.cli.main import main

QUICK = ["--epochs", "2", "--headless", "--no-plot", "-q"]


def test_without_its_package_the_fast_chain_is_refused_in_one_sentence_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrevm", None)
    assert main([*QUICK, "--settlement", "fast", "--out", str(tmp_path / "results")]) == 2
    said = capsys.readouterr().err
    assert said == (
        "simulate.py: the fast chain needs the extra [fast]: pip install '.[fast]' in the folder of this program\n"
    )
    assert list(tmp_path.rglob("*.*")) == []


@pytest.mark.parametrize("words", [("--settlement", "none"), ("--no-settle",)])
def test_none_has_two_names(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert main([*QUICK, *words, "--out", str(tmp_path)]) == 0
    [run] = tmp_path.iterdir()
    assert next(open_run(run).journal.of(RunStarted)).options["settlement"] == "none"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--settlement", "mainnet"], "there is no chain 'mainnet'; there is eth-tester, fast, memory, none"),
        (["--settlement", "memory", "--no-settle"], "not allowed with"),
        (["--settlement", "memory", "--chain", "http://127.0.0.1:9"], "not allowed with"),
    ],
)
def test_another_place_or_two_places_are_refused(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUICK, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_scenario_that_names_another_place_is_told_which_there_are() -> None:
    with pytest.raises(InputError, match=r"on eth-tester, fast, memory or none, found 'mainnet'") as refused:
        settlement_on("mainnet", Randomness(1), bytes(32))
    assert all(name in str(refused.value) for name in SETTLED_ON)
