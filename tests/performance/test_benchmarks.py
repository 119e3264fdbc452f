"""`python -m benchmarks`: what it measures when nothing is named, and what it says of a name that it does not know."""

from __future__ import annotations

import json

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.consensus import epochs_per_second

PARTS = {"__init__", "__main__", "calibration", "core_stream", "crowd", "soak", "spilling"}
"""Modules that others use, or that have a command of their own."""


def test_each_module_is_measured_or_part_of_another():
    assert {*benchmarks.modules()} == {path.stem for path in benchmarks.HERE.glob("*.py")} - PARTS


@pytest.mark.thorough
def test_a_figure_is_measured_and_written_into_the_file_and_the_page(monkeypatch, tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{benchmarks.BEGIN}\nold\n{benchmarks.END}\nafter\n")
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(benchmarks, "PAGE", page)
    benchmarks.main(["pricing"])
    [figures] = [result["figures"] for result in json.loads((tmp_path / "results.json").read_text()).values()]
    assert figures
    assert all(f"| {name} |" in page.read_text() for name in figures)
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")


def test_an_unknown_module_is_a_sentence_and_nothing_is_written(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path / "results.json")
    with pytest.raises(SystemExit) as ended:
        benchmarks.main(["levels", "crowds"])
    assert ended.value.code == 2
    assert "found crowds" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_the_committee_of_the_figures_has_all_that_consensus_asks_of_it():
    assert epochs_per_second(4, 6, "shared") > 0
