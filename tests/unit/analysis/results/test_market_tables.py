"""The tables of market data, each counted again another way."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from market_sim.analysis.results.market_tables import book_names
from market_sim.core.models.market_events import Trade, book_name
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.exchange.book_feed import BookChange, BookCopy, BookSnapshot
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session

SIDES = {"buy": 1, "sell": -1}


@pytest.fixture(scope="module", params=[FirstMarket, TwoVenues], ids=lambda kind: kind.name)
def session(request) -> Session:
    session = Session(request.param(), Options(epochs=3, settlement="none"))
    session.run()
    return session


def test_the_changes_of_depth_applied_in_order_are_the_books_of_the_exchange(session):
    depth = session.result.depth
    for venue in session.world.venues.by_name.values():
        for symbol, listing in venue.listings.items():
            book = book_name(symbol, venue.name)
            rows = [row for row in depth if row["book"] == book]
            assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
            assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
            copy = BookCopy(BookSnapshot(book, 0, (), ()))
            copy.apply(
                BookChange(row["sequence"], row["time"], SIDES[row["side"]], row["price"], row["quantity"])
                for row in rows
            )
            shown = tuple([(level.price, level.quantity) for level in copy.depth(side, 1_000)] for side in (1, -1))
            assert rows and shown == listing.book.depth(1_000)


def test_the_candles_hold_every_trade_once(session):
    volumes: Counter[tuple[str, int]] = Counter()
    for trade in session.journal.of(Trade):
        volumes[book_name(trade.symbol, trade.venue), trade.time // TRADING_DAY_NS] += trade.quantity
    told = {(row["book"], row["start"] // TRADING_DAY_NS): row["volume"] for row in session.result.candles}
    assert told == volumes


def test_the_fees_add_up_to_what_the_trades_cost(session):
    paid = sum(trade.maker_fee + trade.taker_fee for trade in session.journal.of(Trade))
    assert sum(session.result.fees.column("amount")) == paid > 0


def test_every_book_has_a_name(session):
    listed = [
        book_name(symbol, venue.name) for venue in session.world.venues.by_name.values() for symbol in venue.listings
    ]
    assert sorted(book_names(session.journal)) == sorted(listed)


def test_both_exports_of_the_trades_have_the_same_rows(session, tmp_path):
    trades = session.result.trades
    for kind in ("csv", "json"):
        trades.save(tmp_path / f"trades.{kind}")
    head, *lines = (tmp_path / "trades.csv").read_text().splitlines()
    rows = json.loads((tmp_path / "trades.json").read_text())
    assert [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert {"trade", "maker_order", "taker_order", "side", "time"} <= set(rows[0])
