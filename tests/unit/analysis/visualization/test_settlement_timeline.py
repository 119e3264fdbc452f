"""What the settlement chart says is what the journal says."""

from __future__ import annotations

import json
import re

import pytest

from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.settlement_history import settlement_history
from market_sim.analysis.history.story_steps import story_steps
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.visualization.charts import charts_of
from market_sim.analysis.visualization.settlement_timeline import (
    captions,
    settlement_panel,
    settlement_rows,
    settlement_sentence,
)
from market_sim.analysis.words import entry_noun
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Deposited, Transferred, Withdrawn
from market_sim.core.models.settlement_events import Reconciled, ReorgSeen, SettlementReverted
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.unit.analysis.visualization.journals import SECOND, Chain, eventful


def settled() -> Chain:
    """Height 1 alone, heights 2 to 4 together, as validators do after a partition."""
    chain = eventful()
    chain.open_settlement()
    chain.settle(1, 1, "ab" * 32, trades=3, gas=60_000)
    chain.record(Reconciled(chain.time, 1, 8, (0,), (0,)))
    chain.time += SECOND // 2
    chain.settle(2, 4, "cd" * 32, trades=9, gas=90_000, refused=1)
    chain.record(Reconciled(chain.time, 4, 8, (0,), (0,)))
    return chain


@pytest.fixture
def journal() -> Journal:
    return settled().end().journal


def test_the_sentence_adds_up_the_batches(journal):
    assert settlement_sentence(settlement_history(journal)) == (
        "4 of 4 final blocks are settled (in memory) in 2 batches: 12 trades paid for 150,000 gas, 1 refused; "
        "all balances were compared with the journal 2 times and agreed."
    )


OTHERS = (
    Transferred(7 * SECOND, 1, "ann", "bob", "USD", 5, "INTEREST", ""),
    Withdrawn(7 * SECOND, "ann", "USD", 5, 1),
    Deposited(7 * SECOND, "ann", "USD", 5, 1),
)


def test_what_was_brought_in_before_the_run_is_no_entry():
    chain = settled()
    chain.record(Deposited(0, "ann", "USD", 5))
    assert entry_noun(chain.end().journal) == ("trade", "trades")


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: type(one).__name__)
def test_where_others_are_among_them_a_block_and_a_batch_hold_entries_and_not_trades(other):
    chain = settled()
    chain.record(other)
    run = RunHistory(chain.end().journal)
    charts = {chart.name: chart for chart in charts_of(run)}
    shown = charts["settlement"]
    assert "2 batches: 12 entries paid" in shown.sentence
    assert shown.table.head[2] == "entries" and charts["consensus"].table.head[5] == "entries"
    drawn = json.dumps([panel.traces for panel in shown.panels()]).split(chr(34))
    texts = [*drawn, *(entry.means for entry in shown.legend)]
    assert any("3 entries paid" in text for text in texts) and any("3 entries<br>" in text for text in texts)
    blocks = json.dumps([panel.traces for panel in charts["consensus"].panels()])
    assert "1 entry" in blocks
    steps = " ".join(text for *_, text in story_steps(run.journal, run.axis, run.chain))
    journal = " ".join(map(EventSentences(run.journal).sentence, run.journal))
    assert "with 1 entry" in steps and "with 1 entry" in journal and "9 entries" in journal
    for said in (*texts, blocks, steps, journal):
        assert not re.search(r"\btrades?\b", said), said


def test_the_table_has_a_row_for_each_batch(journal):
    rows = list(settlement_rows(settlement_history(journal), TimeAxis.of(journal)))
    assert rows == [
        ("1", "6.050", "3", "0", "4", "60,000", "0xababab…", "5.050"),
        ("2–4", "6.550", "9", "1", "4", "90,000", "0xcdcdcd…", "4.550"),
    ]


def test_a_line_leads_from_every_block_of_a_batch_to_its_payment(journal):
    panel = settlement_panel(settlement_history(journal), TimeAxis.of(journal))
    ways = next(trace for trace in panel.traces if trace["name"] == "way")
    assert ways["x"] == [1, 6.05, None, 2, 4, 5, 6.55, None]
    assert ways["y"] == [1, 0, None, 1, 1, 1, 0, None]


def test_batches_close_together_share_one_text(journal):
    batches = list(settlement_history(journal).batches)
    one, two = batches
    assert list(captions([], near=SECOND)) == []
    together, apart = list(captions(batches, near=SECOND)), list(captions(batches, near=SECOND // 4))
    assert [(each.batches, each.born, each.gone) for each in together] == [
        ((one,), one.number, two.number),
        ((one, two), two.number, END),
    ]
    assert [(each.batches, each.gone) for each in apart] == [((one,), END), ((two,), END)]


def test_what_the_chain_refused_or_forgot_is_told():
    chain = settled()
    chain.record(SettlementReverted(chain.time, 5, 5, "WrongParent", {}))
    chain.record(ReorgSeen(chain.time, 2, 4, "cd" * 32, 1))
    journal = chain.end().journal
    history = settlement_history(journal)
    assert "; 2 reverts or reorganisations of the chain" in settlement_sentence(history)
    marks = next(t for t in settlement_panel(history, TimeAxis.of(journal)).traces if t["name"] == "trouble")
    assert len(marks["x"]) == 2 and "WrongParent" in marks["customdata"][0]


def test_a_run_without_settlement_has_none():
    assert settlement_history(eventful().end().journal) is None


def test_a_whole_run_settles_what_the_sentence_says():
    result = simulate(FirstMarket(), Options(epochs=6, settlement="memory"))
    history = settlement_history(result.journal)
    rows = list(settlement_rows(history, TimeAxis.of(result.journal)))
    trades = sum(int(row[2]) for row in rows)
    assert trades > 0
    assert f"in {len(rows)} batches: {trades} trades paid" in settlement_sentence(history)
    assert f"{history.final} of {history.final} final blocks" in settlement_sentence(history)


def test_before_the_first_batch_the_sentence_says_that_nothing_was_settled():
    chain = eventful()
    chain.open_settlement()
    journal = chain.end().journal
    assert settlement_sentence(settlement_history(journal)) == "Nothing was settled (in memory); 4 blocks are final."
    assert list(settlement_rows(settlement_history(journal), TimeAxis.of(journal))) == []
