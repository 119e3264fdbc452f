"""Every table of a run is a file that its page leads to; so is the comparison of its venues at an instant."""

from __future__ import annotations

import csv

import pytest

from market_sim.analysis.results.result import TABLES
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.venue_comparison import comparisons
from market_sim.core.data import archive
from market_sim.core.models.intents import BUY, SELL
from market_sim.simulation.run import simulate


def rows(answer):
    return list(csv.DictReader(answer.text.splitlines()))


@pytest.mark.thorough
def test_the_page_of_a_run_leads_to_every_table_as_a_file(visitor, run_address, folders):
    page = visitor.get(run_address).text
    result = open_run(f"{folders['RESULTS']}/{run_address.rpartition('/')[2]}")
    assert [one.name for one in result.tables] == list(TABLES)
    for table in result.tables:
        address = f"{run_address}/tables/{table.name}.csv"
        assert f'href="{address}"' in page
        found = rows(visitor.get(address))
        assert len(found) == len(table)
        for mine, row in zip(found[:20], table, strict=False):
            assert list(mine) == list(table.names)
            told = {name: "" if value is None else str(value) for name, value in row.items()}
            assert {name: value.removeprefix("'") for name, value in mine.items()} == told
    assert visitor.get(f"{run_address}/tables/nothing.csv").status_code == 404
    for kind in ("regulatory", "flow"):
        assert f'href="{run_address}/reports/?kind={kind}"' in page


def test_the_comparison_of_the_venues_is_a_file_for_the_same_event_and_quantity(visitor, tmp_path):
    result = simulate("three-venues", epochs=3, settlement="none")
    archive.save(result.journal, tmp_path / "results" / "three")
    page = visitor.get("/runs/three?event=900&size=5").text
    assert 'href="/runs/three/venues.csv?event=900&amp;size=5"' in page
    assert 'href="/runs/three/tables/venues.csv"' in page
    found = rows(visitor.get("/runs/three/venues.csv?event=900&size=5"))
    [one] = comparisons(result.journal, 900, 5)
    assert [row["venue"] for row in found] == [quote.venue for quote in one.quotes]
    for row, quote in zip(found, one.quotes, strict=True):
        assert row["bid"] == ("" if quote.bid is None else str(quote.bid))
        assert row["buys_for"] == ("" if quote.bought is None else str(quote.bought / 1_000_000))
        slippage = one.slippage_bps(quote, SELL)
        assert row["sell_slippage_bps"] == ("" if slippage is None else str(slippage))
        assert (row["best_to_buy"] == "True") == (quote == one.best(BUY))
    assert visitor.get("/runs/three/venues.csv?size=many").status_code == 422
