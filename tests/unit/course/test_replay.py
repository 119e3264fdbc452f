"""A replay says what is right and what the answer gave, right after the event at which they differ."""

from __future__ import annotations

from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.visualization.charts import charts_of, drawn_together
from market_sim.core.data.archive import load
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import AnswerCompared
from market_sim.course.replay import LONGEST_SHOWN, Compared, PracticeExchange, drawable, keep, told


def day():
    stage = PracticeExchange("lesson")
    stage.play("ann", Sell("ACME", 5, 10_000))
    stage.play("bob", Buy("ACME", 5, 10_008))
    return stage.end()


def test_the_comparison_stands_right_after_the_event_and_nothing_else_changes(tmp_path):
    journal = day()
    place = next(number for number, event in enumerate(journal) if type(event) is Trade)
    film = told(journal, place, Compared("order 2 arrives", "(1, 10000, 5)", "(1, 10008, 5)"))
    kept = load(tmp_path / "film") if keep(film, tmp_path / "film") else None
    events = list(kept.journal)
    assert EventSentences(film).sentence(events[place + 1]) == (
        "order 2 arrives: (1, 10000, 5) is right, your answer gives (1, 10008, 5)"
    )
    assert events[: place + 1] + events[place + 2 :] == list(journal)


def test_the_trades_of_an_answer_are_drawn_beside_those_of_the_exchange_from_their_event_on():
    journal = day()
    place = next(number for number, event in enumerate(journal) if type(event) is Trade)
    gave = drawable([(1, 10_004, 3), (1, 10_004, 2.5), (1, 10**30, 1), "abc"])
    film = told(journal, place, Compared("order 2 arrives", "5", "3", gave))
    run = RunHistory(film)
    [book] = charts_of(run)
    assert "a trade that your answer gives" in [entry.means for entry in book.legend]
    figure = drawn_together(run, [book])
    [mine] = [trace for trace in figure["data"] if trace["name"] == "your answer"]
    assert (mine["y"], mine["customdata"]) == ([100.04], ["your answer: 3 at 100.04 against order 1"])
    assert mine["born"] == [place + 1]
    [plain] = charts_of(RunHistory(journal))
    assert "a trade that your answer gives" not in [entry.means for entry in plain.legend]


def test_what_an_answer_gives_is_cut_where_nobody_could_read_it():
    film = told(day(), 1, Compared("it", "1", "9" * 10_000))
    [compared] = film.of(AnswerCompared)
    assert compared.found == "9" * LONGEST_SHOWN + "…"
