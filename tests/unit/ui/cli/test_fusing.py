"""`simulate.py fuse`: Bayes, Dempster and Yager beside each other, their conflict, and what is refused."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.analysis.microstructure.fusion import bayes, pooled_odds
from market_sim.core.errors import InputError
from market_sim.ui.cli.fusing import completed, read, told
from market_sim.ui.cli.main import main

UP, DOWN = frozenset({"up"}), frozenset({"down"})
EITHER = UP | DOWN


def cells(said: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in said.splitlines() if line[:1] in "ABC" and " to " in line}


def test_zadehs_two_doctors_agree_on_what_both_find_next_to_impossible(capsys):
    """L. Zadeh 1979: K = 0.9999, Dempster is certain of B, Yager of nothing."""
    assert main(["fuse", "A=0.99,B=0.01", "C=0.99,B=0.01"]) == 0
    said = capsys.readouterr().out
    rows = cells(said)
    assert rows["B"] == ["1.0000", "1.0000", "to", "1.0000", "0.0001", "to", "1.0000"]
    assert rows["A"] == ["0.0000", "0.0000", "to", "0.0000", "0.0000", "to", "0.9999"]
    assert "The conflict K of all sources is 0.9999" in said


def test_sources_that_exclude_each_other_wholly_are_refused_with_the_reason_and_yager_knows_nothing(capsys):
    assert main(["fuse", "A=1", "B=1"]) == 0
    said = capsys.readouterr().out
    assert "The conflict K of all sources is 1.0000: Yager's rule gives it to what is unknown." in said
    assert "Dempster: the sources exclude each other wholly (K = 1), so Dempster's rule has no answer." in said
    assert "Bayes: the sources leave no outcome possible" in said
    for line in said.splitlines()[1:3]:
        assert line.split() == [line[0], "refused", "refused", "0.0000", "to", "1.0000"]


def test_what_is_left_of_one_says_nothing_and_shafers_simple_support_adds_up():
    """G. Shafer 1976, chapter 4: two simple supports of 0.6 and 0.5 for one thing support it with 1 - 0.4 x 0.5."""
    masses = [completed(read(text), EITHER) for text in ("up=0.6", "up=0.5")]
    assert masses[0] == {UP: 0.6, EITHER: pytest.approx(0.4)}
    lines = told(EITHER, masses)
    assert lines[2].split()[2:5] == ["0.8000", "to", "1.0000"]
    assert "is 0.0000" in lines[3]
    assert read("up|flat=0.3,up=0.1") == {frozenset({"up", "flat"}): 0.3, UP: 0.1}


@pytest.mark.parametrize("seed", range(5))
def test_with_two_outcomes_bayes_is_the_sum_of_log_odds(seed):
    draw = Random(seed)
    chances = [draw.uniform(0.05, 0.95) for _ in range(draw.randint(1, 5))]
    found = bayes(EITHER, *({UP: chance, DOWN: 1 - chance} for chance in chances))
    assert found["up"] == pytest.approx(pooled_odds(chances))
    assert found["up"] + found["down"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("up", "a source is written like up=0.6,up|flat=0.3, found 'up'"),
        ("=0.5", "a source is written like"),
        ("up=0.8,down=0.4", "masses are not negative and add up to at most 1, found up=0.8,down=0.4"),
        ("up=-0.1", "masses are not negative"),
        ("up=0.1,up=0.2", "found a second one for up"),
        ("up=nan", "expected a number with at most 6 decimals, found 'nan'"),
    ],
)
def test_a_mistake_is_one_sentence(text, sentence, capsys):
    with pytest.raises(InputError):
        read(text)
    assert main(["fuse", text]) == 2
    assert sentence in capsys.readouterr().err
