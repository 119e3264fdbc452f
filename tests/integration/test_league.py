"""The league scores detectors on markets that they have not seen: who looks wins, who accuses all or none does not."""

from __future__ import annotations

import json

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import AccountOpened
from market_sim.course.league import (
    FLAG_ALL,
    FLAG_NONE,
    REFERENCE,
    Flag,
    FromFile,
    Reference,
    Score,
    hidden_seeds,
    markets,
    score,
)
from market_sim.ui.cli.main import main

QUIET = """
class Quiet:
    def __init__(self):
        self.times = []

    def feed(self, event):
        self.times.append(event["time"])
        if self.times != sorted(self.times):
            return [event["account"]]
"""
WRONG = {
    "Raises": ("def feed(self, event):\n        return event['nothing']", "KeyError"),
    "Counts": ("def feed(self, event):\n        return 7", "Counts: feed(event) returns a list of accounts, found 7"),
    "Invents": ("def feed(self, event):\n        return ['eve']", "Invents: feed(event) accused 'eve'"),
}


@pytest.fixture(scope="module")
def played():
    """The four markets of one seed."""
    return markets([1])


def test_the_reference_beats_those_who_do_not_look(played) -> None:
    reference, everybody, nobody = (score(one, played) for one in (Reference(), Flag(FLAG_ALL), Flag(FLAG_NONE)))
    assert (reference.detector, everybody.detector, nobody.detector) == (REFERENCE, FLAG_ALL, FLAG_NONE)
    assert (reference.precision, reference.recall) == (1, 1)
    assert reference.points > 70
    assert everybody.recall == 1
    assert everybody.precision < 0.2
    assert everybody.points < 30 < reference.points
    assert nobody.points == 0


def test_names_say_nothing_and_change_from_market_to_market(played) -> None:
    for market in played:
        real = {event.account for event in market.events if type(event) is AccountOpened}
        shown = [seen for seen in market.seen if seen is not None]
        text = json.dumps(shown)
        assert not [name for name in real if f'"{name}"' in text]
        named = {seen[key] for seen in shown for key in ("account", "maker", "taker") if key in seen}
        assert named <= {*market.accounts}
    assert played[0].guilty != played[1].guilty
    assert [bool(market.guilty) for market in played] == [True, True, False, False]


def test_points_fall_with_the_delay_and_with_each_wrong_accusation() -> None:
    assert Score("quick", 4, 4, 4, 0.0).points == 100
    assert Score("slow", 4, 4, 4, 1.0).points == 50
    assert Score("rash", 4, 8, 4, 0.0).points == 66.7
    assert Score("timid", 2, 2, 4, 0.0).points == 66.7


def test_a_detector_of_a_file_sees_the_events_in_their_order_in_a_sandbox(played, tmp_path) -> None:
    (tmp_path / "quiet.py").write_text(QUIET)
    assert score(FromFile(f"{tmp_path}/quiet.py:Quiet"), played[:1]).accused == 0


@pytest.mark.parametrize("name", WRONG)
def test_a_detector_that_cannot_be_used_is_a_sentence(name, played, tmp_path) -> None:
    body, sentence = WRONG[name]
    (tmp_path / "wrong.py").write_text(f"class {name}:\n    {body}\n")
    with pytest.raises(InputError) as problem:
        score(FromFile(f"{tmp_path}/wrong.py:{name}"), played[:1])
    assert sentence in str(problem.value)


@pytest.mark.parametrize("told", ["mine.py", "mine.py:", ":Mine", "mine.py:My Class"])
def test_a_detector_is_named_by_file_and_class(told, capsys) -> None:
    assert main(["league", told]) == 2
    assert f"a detector is FILE.py:Class, found {told!r}" in capsys.readouterr().err


def test_hidden_seeds_follow_from_the_secret() -> None:
    assert hidden_seeds(3, 5) == hidden_seeds(3, 5)
    assert hidden_seeds(3, 5) != hidden_seeds(3, 6)
    assert hidden_seeds(2, 5) == hidden_seeds(3, 5)[:2]


def test_the_command_prints_the_table_and_how_to_play_it_again(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("market_sim.course.league.MARKETS", markets_of_a_test())
    (tmp_path / "quiet.py").write_text(QUIET)
    assert main(["league", f"{tmp_path}/quiet.py:Quiet", "--seeds", "1", "--secret", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["secret"], told["scores"][0]["detector"]) == (5, REFERENCE)
    assert {one["detector"] for one in told["scores"]} == {REFERENCE, FLAG_ALL, FLAG_NONE, "Quiet"}


def markets_of_a_test():
    from market_sim.simulation.scenarios.spoofer import SpooferScenario

    return (SpooferScenario(traders=3),)
