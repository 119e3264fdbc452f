"""`simulate.py protocols`: a table, the sentences and a page; one sentence for what cannot be compared."""

from __future__ import annotations

import json

import pytest

from market_sim.analysis.protocol_figures import HEAD, document, figures_of, sentences
from market_sim.analysis.results.text_table import aligned
from market_sim.simulation.side_by_side import Question, side_by_side
from market_sim.ui.cli.main import main

TYPED = ["protocols", "--epochs", "6", "--partition", "3-4"]


@pytest.fixture(scope="module")
def plays():
    return side_by_side(Question(epochs=6, partition="3-4"))


def test_it_prints_one_table_and_a_sentence_for_each_protocol(plays, tmp_path, capsys):
    assert main([*TYPED, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[:4] == aligned([HEAD, *(figures_of(play).cells for play in plays)])
    for sentence in sentences(plays):
        assert sentence in printed
    page = tmp_path / "protocols.html"
    assert f"picture      {page}" in printed
    assert "Consensus protocols side by side" in page.read_text(encoding="utf-8")


def test_with_json_there_is_one_document_and_nothing_else(plays, capsys):
    assert main([*TYPED, "--no-plot", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps(document(plays))) | {"page": None}


def test_a_fault_after_the_end_is_told_once(capsys):
    assert main(["protocols", "--epochs", "3", "--no-plot"]) == 0
    calm = capsys.readouterr().out
    late = ["--byzantine", "n1:silent@99", "--crash", "n2@4-6", "--partition", "50-60"]
    assert main(["protocols", "--epochs", "3", "--no-plot", *late]) == 0
    faults = ("n1:silent from epoch 99 on", "the crash of n2 from epoch 4 on", "the partition from epoch 50 on")
    told = [f"Nothing comes of {fault}: the comparison ends with epoch 3." for fault in faults]
    assert capsys.readouterr().out.splitlines()[-3:] == told
    assert "Nothing comes of" not in calm


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--byzantine", "n3:usurp"], "found 'usurp'"),
        (["--confirmations", "0"], "expected a whole number from 1 to 100"),
        (["--protocol", "raft"], "unrecognized arguments"),
        (["--epochs", "6", "--plot", "/proc/nowhere.html"], "choose another place"),
    ],
)
def test_what_cannot_be_compared_is_answered_in_one_sentence(typed, says, capsys):
    assert main(["protocols", *typed]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
