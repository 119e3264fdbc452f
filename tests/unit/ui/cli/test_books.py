"""`simulate.py book` prints what the books of a stored run showed."""

from __future__ import annotations

import re

import pytest

from market_sim import open_run
from market_sim.core.models.market_events import Trade
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    asked = ["--scenario", "two-venues", "--epochs", "3", "--headless", "--no-plot", "-q", "--no-settle"]
    assert main([*asked, "--out", str(folder)]) == 0
    (found,) = folder.iterdir()
    return found


def test_the_ladder_is_the_book_of_the_exchange_at_that_time_with_running_sums(run, capsys):
    session = Session(TwoVenues(), Options(epochs=3, settlement="none"))
    session.step(until=2 * SECOND + 1)
    assert main(["book", str(run), "--symbol", "ACME on SIM-B", "--at", "2", "--levels", "3"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[3:6]]
    bids, asks = session.world.venues.by_name["SIM-B"].listings["ACME"].book.depth(3)
    assert [(cells[2], cells[1]) for cells in lines] == [(written(price), str(size)) for price, size in bids]
    assert [(cells[3], cells[4]) for cells in lines] == [(written(price), str(size)) for price, size in asks]
    assert [cells[0] for cells in lines] == [str(sum(size for _, size in bids[: n + 1])) for n in range(3)]
    assert [cells[5] for cells in lines] == [str(sum(size for _, size in asks[: n + 1])) for n in range(3)]


def test_the_statistics_are_those_of_the_trades_until_then(run, capsys):
    assert main(["book", str(run), "--symbol", "ACME on SIM-A", "--at", "2.5"]) == 0
    said = capsys.readouterr().out
    trades = [
        trade for trade in open_run(run).journal.of(Trade) if trade.venue == "SIM-A" and trade.time <= 2.5 * SECOND
    ]
    prices = [trade.price for trade in trades]
    first, last, high, low = (written(price) for price in (prices[0], prices[-1], max(prices), min(prices)))
    assert f"after 2.5 s: last {last}, open {first}, high {high}, low {low};" in said
    assert f"{sum(trade.quantity for trade in trades)} in {len(trades)} trades" in said


def test_without_a_name_every_book_is_told_at_the_end_of_the_run(run, capsys):
    assert main(["book", str(run)]) == 0
    told = capsys.readouterr().out
    assert re.findall(r"^(ACME on SIM-\w) after 4 s:", told, re.MULTILINE) == ["ACME on SIM-A", "ACME on SIM-B"]


def test_before_anything_happened_a_book_is_empty(run, capsys):
    assert main(["book", str(run), "--at", "0"]) == 0
    told = capsys.readouterr().out
    assert told.count("no trade in the last 24 hours") == told.count("nothing waits in this book") == 2


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--symbol", "ACME on SIM-C"], "there is no book 'ACME on SIM-C'; did you mean ACME on SIM-"),
        (["--symbol", "XYZ"], "there is no book 'XYZ'; there is ACME on SIM-A, ACME on SIM-B"),
        (["--at", "-1"], "a run's clock starts at 0 seconds, found -1"),
        (["--at", "noon"], "found 'noon'"),
        (["--levels", "0"], "expected a whole number from 1"),
    ],
)
def test_a_mistake_is_one_sentence(run, flags, expected, capsys):
    assert main(["book", str(run), *flags]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1
