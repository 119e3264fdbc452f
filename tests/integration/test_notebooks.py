"""The notebooks in examples/ say what their code gives: every cell is run again, and its outputs are compared."""

from __future__ import annotations

import json

import pytest

from examples.run_notebook import differences, main, outputs_of
from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LARGEST = 400_000
REFRESH = "python -m examples.run_notebook --write examples/*.ipynb; then read once more what the text says"


def test_there_are_two_notebooks_and_they_are_small():
    assert [path.stem for path in NOTEBOOKS] == ["a_first_market", "your_strategy_against_the_room"]
    assert all(path.stat().st_size < LARGEST for path in NOTEBOOKS)


@pytest.mark.thorough
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_states_what_its_code_gives(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert differences(notebook) == [], REFRESH
    shown = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    pictures = [output["data"]["image/png"] for output in shown if "image/png" in output.get("data", {})]
    assert pictures and all(picture.startswith("iVBOR") for picture in pictures), "the charts are there as pictures"
    assert any("text/html" in output.get("data", {}) for output in shown), "tables are there as tables"


def test_a_changed_number_in_a_notebook_is_found():
    cell = {"cell_type": "code", "source": ["print(1)\n", "2 + 2"], "outputs": []}
    [outputs] = outputs_of({"cells": [cell]})
    assert [output.get("text", output.get("data")) for output in outputs] == [["1\n"], {"text/plain": ["4"]}]
    assert differences({"cells": [{**cell, "outputs": outputs}]}) == []
    outputs[1]["data"]["text/plain"] = ["5"]
    assert len(differences({"cells": [{**cell, "outputs": outputs}]})) == 1


def test_a_notebook_that_says_something_else_ends_with_an_error(tmp_path, monkeypatch, capsys):
    path = tmp_path / "wrong.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": []}]}))
    monkeypatch.setattr("sys.argv", ["run_notebook", str(path)])
    assert main() == 1 and "cell 1 says []" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["run_notebook", "--write", str(path)])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["run_notebook", str(path)])
    assert main() == 0
