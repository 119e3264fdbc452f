"""What the mechanism panels say is what the journal says."""

from __future__ import annotations

import pytest

from market_sim.analysis import mechanism_words
from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.mechanism_history import MechanismHistory, mechanism_history, net_by_column
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.story_steps import story_steps
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.visualization.as_of import trace_as_of
from market_sim.analysis.visualization.charts import charts_of
from market_sim.analysis.visualization.event_lines import MOST_PHASES, ROWS, event_lines
from market_sim.analysis.visualization.mechanism_marks import FAMILIES, GROUPS, MARKS, REASONS
from market_sim.analysis.visualization.mechanism_timeline import (
    MOST_ROWS,
    decision_panels,
    decision_sentence,
    event_rows,
    flow,
    moved_panels,
    moved_sentence,
    reason_rows,
)
from market_sim.core.data.journal import Journal
from market_sim.core.models import mechanism_events as happened
from market_sim.core.models.market_events import InstrumentListed, PhaseChanged, Transferred
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.funding import Funding
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from tests.unit.analysis.visualization.journals import SECOND, Chain


def told() -> Chain:
    """Two epochs: a pledge, half of it back; a loan; variation through clearing; a call that is met."""
    chain = Chain()
    chain.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    moves = [
        ("ann", "pledges", "USD", 1_000, "PLEDGED"),
        ("pledges", "ann", "USD", 600, "PLEDGE_RETURNED"),
        ("broker", "ann", "USD", 5_000, "LENT"),
        ("lender", "bob", "ACME", 7, "BORROWED"),
    ]
    chain.start(1)
    for number, (source, target, asset, amount, reason) in enumerate(moves, 1):
        chain.record(Transferred(chain.time + number, number, source, target, asset, amount, reason, "ACME"))
    chain.record(happened.MarginCalled(chain.time + 5, "ann", 900, 1_500, 600, 2 * SECOND))
    chain.start(2)
    chain.record(Transferred(chain.time, 5, "ann", "clearing", "USD", 250, "VARIATION", "ACME"))
    chain.record(Transferred(chain.time, 6, "clearing", "bob", "USD", 250, "VARIATION", "ACME"))
    chain.record(happened.MarginCallMet(chain.time, "ann", 1_500, 1_500, 600))
    return chain


@pytest.fixture
def journal() -> Journal:
    return told().end().journal


@pytest.fixture
def history(journal) -> MechanismHistory:
    return mechanism_history(journal)


def test_what_comes_back_counts_against_what_was_given(history):
    assert net_by_column(history, [0, SECOND, 2 * SECOND]) == {
        "PLEDGED": [0, 400, 0],
        "LENT": [0, 5_000, 0],
        "VARIATION": [0, 0, 250],
    }


def test_cash_that_passes_through_clearing_is_counted_once(history):
    assert history.paid("VARIATION") == 250
    assert moved_sentence(history) == (
        "6 transfers moved 68.50 USD, each cent that passes through clearing counted once: lent 50.00 USD, "
        "pledged 10.00 USD, pledge returned 6.00 USD, variation margin 2.50 USD."
    )


def test_the_table_of_reasons_has_cash_and_other_assets(history):
    assert list(reason_rows(history)) == [
        ("pledged", "1", "10.00", "ann", "pledges", ""),
        ("pledge returned", "1", "6.00", "pledges", "ann", ""),
        ("variation margin", "2", "2.50", "2 accounts", "2 accounts", ""),
        ("shares borrowed", "1", "", "lender", "bob", "7 ACME"),
        ("lent", "1", "50.00", "broker", "ann", ""),
    ]


def test_every_event_is_a_row_in_words(history, journal):
    assert decision_sentence(history) == "Mechanisms decided: 1 margin call, 1 call met."
    [called, met] = event_rows(history, TimeAxis.of(journal))
    assert called[:3] == ("1.000", "1", "margin call")
    assert called[3] == "ann is called for 6.00 USD by 2 s: its equity is 9.00 USD and 15.00 USD are needed"
    assert met[3] == "the call of ann is met, 6.00 USD were brought in: equity 15.00 USD, needed 15.00 USD"


def test_the_bars_of_an_epoch_add_up_to_its_transfers(history, journal):
    axis = TimeAxis.of(journal)
    [rows], [cash] = decision_panels(history, axis), moved_panels(history, axis)
    assert rows.yaxis["ticktext"] == ["margin"]
    assert {trace["name"]: sum(trace["y"]) for trace in cash.traces} == {
        "pledged": 4.0, "lent": 50.0, "variation margin": 2.5,
    }  # fmt: skip


def test_events_close_together_are_one_mark_that_tells_all():
    chain = told()
    for number in range(9):
        chain.record(happened.Located(chain.time + number, f"bear-{number}", "ACME", 1, "lender"))
    journal = chain.end().journal
    rows = decision_panels(mechanism_history(journal), TimeAxis.of(journal))[0]
    [located] = [trace for trace in rows.traces if trace["name"] == "loans of shares"]
    located = trace_as_of(located, END - 1)
    assert len(located["x"]) == 1
    assert "bear-5 borrowed 1 ACME" in located["customdata"][0]
    assert located["customdata"][0].endswith("and 3 more")


def test_a_long_table_says_how_much_it_leaves_out():
    chain = told()
    for number in range(MOST_ROWS):
        chain.record(happened.Located(chain.time + number, "bear", "ACME", 1, "lender"))
    journal = chain.end().journal
    rows = list(event_rows(mechanism_history(journal), TimeAxis.of(journal)))
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1][3] == "2 more events, which the journal tells"


def test_whatever_has_a_sentence_has_a_mark_in_a_row():
    assert {kind.__name__ for kind in mechanism_words.SENTENCES} == set(MARKS)
    assert {mark.family for mark in MARKS.values()} == set(FAMILIES)
    assert {known.group for known in REASONS.values()} < set(GROUPS)


def test_every_event_of_a_mechanism_is_told_or_only_adds_up():
    only_adds_up = {"ContractSpecified", "MarginGranted", "MarksTaken", "BasisMeasured", "LiquidationEnded"}
    kinds = {
        name for name, kind in vars(happened).items() if isinstance(kind, type) and kind.__module__ == happened.__name__
    }
    assert kinds - only_adds_up == set(MARKS)


def test_a_reason_that_nobody_described_is_told_by_its_code():
    assert flow("STORAGE_FEE").words == "storage fee"


def test_instruments_that_end_together_share_one_label():
    chain = told()
    chain.record(PhaseChanged(chain.time, "C100", "closed", "INSTRUMENT_ENDED", {}))
    chain.record(PhaseChanged(chain.time, "P100", "closed", "INSTRUMENT_ENDED", {}))
    chain.record(PhaseChanged(chain.time + 1, "ACME", "halted", "HALTED", {}))
    lines = [line for line in event_lines(RunHistory(chain.end().journal)) if line.strong]
    assert [line.label for line in lines if line.gone == END] == ["2 instruments closed", "ACME halted"]
    assert [line.label for line in lines if line.gone < END] == ["C100 closed"], "between the two events"
    assert [line.row for line in lines] == [0, 0, 1], "a line that has grown stays in its row"
    assert "C100 is closed" in lines[1].hover and "P100 is closed" in lines[1].hover


@pytest.mark.parametrize(("changes", "labelled"), [(MOST_PHASES, True), (MOST_PHASES + 1, False)])
def test_very_many_changes_of_phase_are_thin_lines_without_labels(changes: int, labelled: bool):
    chain = told()
    for number in range(changes):
        chain.record(PhaseChanged(chain.time + number, "ACME", ("call", "continuous")[number % 2], "BATCH", {}))
    lines = [line for line in event_lines(RunHistory(chain.end().journal)) if line.hover.startswith("ACME is ")]
    assert len(lines) == changes
    assert {line.strong for line in lines} == {labelled}
    assert len([line for line in lines if line.label]) == (ROWS if labelled else 0), "what covers another is left out"


def test_the_steps_tell_what_mechanisms_decided():
    journal = told().end().journal
    texts = [text for *_, text in story_steps(journal, TimeAxis.of(journal), None)]
    assert [text.split(":")[0] for text in texts] == [
        "ann is called for 6.00 USD by 2 s", "the call of ann is met, 6.00 USD were brought in",
    ]  # fmt: skip


def test_without_mechanisms_there_is_no_panel():
    result = simulate(FirstMarket(), Options(epochs=2, settlement="none"))
    assert "mechanisms" not in {chart.group for chart in charts_of(RunHistory(result.journal))}


def test_every_reason_and_every_event_of_a_scenario_is_told():
    for scenario in (OptionExpiry(expiry_day=3), Funding()):
        journal = simulate(scenario, Options(epochs=4, settlement="none")).journal
        charts = {chart.name: chart for chart in charts_of(RunHistory(journal))}
        transferred = [event for event in journal if isinstance(event, Transferred)]
        assert {event.reason for event in transferred} <= set(REASONS)
        moved, events = charts["transfers"].table.rows, charts["decisions"].table.rows
        assert sum(int(row[1].replace(",", "")) for row in moved) == len(transferred)
        assert events and all(row[3] for row in events)


def test_funding_adds_up_to_what_was_paid():
    history = mechanism_history(simulate(Funding(), Options(epochs=4, settlement="none")).journal)
    assert history.paid("FUNDING") == sum(each.event.paid for each in history.of(happened.FundingPaid)) > 0
