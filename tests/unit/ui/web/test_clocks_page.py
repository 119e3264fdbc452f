"""The page of the three clocks: the figures of the command, and a dial for epoch and lag."""

from __future__ import annotations

import re
from html import unescape

import pytest

from market_sim import Options, simulate
from market_sim.analysis.accounts_by_clock import as_of
from market_sim.analysis.clock_tables import clock_rows, undone_sentence
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.simulation.scenarios.streamlet_faults import Partition
from tests.unit.ui.web.test_explorer_pages import rows, text


@pytest.fixture(scope="module")
def split() -> Journal:
    return simulate(Partition(), Options(settlement="memory")).journal


@pytest.fixture
def address(folders, tmp_path, split) -> str:
    archive.save(split, tmp_path / "results" / "split")
    return "/runs/split"


def test_the_page_shows_the_accounts_of_an_epoch_and_the_margin_of_a_lag(visitor, address, split) -> None:
    for place in ("", "/chain"):
        assert f'href="{address}/clocks"' in visitor.get(address + place).text
    page = visitor.get(f"{address}/clocks?epoch=5&lag=3").text
    found, words = as_of(split, 5), Words(split)
    assert rows(page, "Accounts at the three clocks") == [list(row) for row in clock_rows(found, words)]
    told = undone_sentence(found, words)
    assert told[:1].upper() + told[1:] + "." in text(page)
    assert re.findall(r"<option value=\"(\d+)\" selected>", page) == ["5", "3"]
    *each, sums = rows(page, "Margin for the settlement lag")
    for column in (3, 5):
        assert sum(round(float(row[column]) * 100) for row in each) == round(float(sums[column]) * 100) > 0
    assert all(float(row[3]) < float(row[5]) for row in (*each, sums))


def test_the_page_opens_at_the_end_of_the_run_and_at_its_longest_wait(visitor, address, split) -> None:
    page = text(visitor.get(f"{address}/clocks").text)
    assert "As of the end of epoch 12" in page and "can never become final" in page
    assert "Margin for a lag of 8 epochs" in page and "7.108 s at most" in page


@pytest.mark.parametrize("query", ["epoch=13", "epoch=0", "lag=5", "lag=x"])
def test_another_epoch_or_lag_is_one_sentence(visitor, address, query) -> None:
    answer = visitor.get(f"{address}/clocks?{query}")
    name = query.partition("=")[0]
    assert answer.status_code == 422 and f"{name[1:]} must be one of 1, 2, 3" in unescape(answer.text)


def test_before_the_first_trade_nothing_waits(visitor, folders, tmp_path) -> None:
    quiet = Options(epochs=2, settlement="memory", without="noise-0,noise-1,noise-2,noise-3")
    archive.save(simulate(Partition(), quiet).journal, tmp_path / "results" / "quiet")
    page = text(visitor.get("/runs/quiet/clocks").text)
    assert "No trade of this run was settled. Nobody had traded by then, so nothing waits." in page
