"""A replay says what is right and what the answer gave, right after the event at which they differ."""

from __future__ import annotations

from market_sim.analysis.event_sentences import Teller
from market_sim.core.data.archive import load
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import AnswerCompared
from market_sim.course.replay import LONGEST_SHOWN, Compared, Stage, keep, told


def day():
    stage = Stage("lesson")
    stage.play("ann", Sell("ACME", 5, 10_000))
    stage.play("bob", Buy("ACME", 5, 10_008))
    return stage.end()


def test_the_comparison_stands_right_after_the_event_and_nothing_else_changes(tmp_path):
    journal = day()
    place = next(number for number, event in enumerate(journal) if type(event) is Trade)
    film = told(journal, place, Compared("order 2 arrives", "(1, 10000, 5)", "(1, 10008, 5)"))
    kept = load(tmp_path / "film") if keep(film, tmp_path / "film") else None
    events = list(kept.journal)
    assert Teller(film).sentence(events[place + 1]) == (
        "order 2 arrives: (1, 10000, 5) is right, your answer gives (1, 10008, 5)"
    )
    assert events[: place + 1] + events[place + 2 :] == list(journal)


def test_what_an_answer_gives_is_cut_where_nobody_could_read_it():
    film = told(day(), 1, Compared("it", "1", "9" * 10_000))
    [compared] = film.of(AnswerCompared)
    assert compared.found == "9" * LONGEST_SHOWN + "…"
