"""An unmodified ccxt trades in a live market: `ccxt.binance`, of which nothing but its addresses is replaced."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from typing import Any

import pytest

from market_sim.api.client import ADDRESS, Client
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.scenarios.marksim import Marksim
from tests.conftest import PATIENCE
from tests.integration.test_bots_page import snippets
from tests.served_market import served

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    if find_spec("ccxt") is None:
        demanded = os.environ.get("REQUIRE_STREAM") in ("1", "true")
        (pytest.fail if demanded else pytest.skip)("needs ccxt, which is not installed")
    # Without an informed trader the maker does not run out of coins to offer.
    with served(tmp_path_factory.mktemp("ccxt"), Marksim(informed=False), COMPAT="binance") as found:
        yield found


def replaced(value: Any, address: str) -> Any:
    """Every address in a tree of addresses, replaced."""
    if isinstance(value, dict):
        return {name: replaced(one, address) for name, one in value.items()}
    return address


def exchange(live, key: str = "", secret: str = "") -> Any:
    import ccxt

    found = ccxt.binance(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "options": {
                "recvWindow": 60_000,
                "fetchCurrencies": False,
                "fetchMargins": False,
                "fetchMarkets": {"types": ["spot"]},
            },
        }
    )
    for name in ("api", "test", "demo"):
        found.urls[name] = replaced(found.urls[name], f"{live.address}/compat/binance/api/v3")
    return found


@pytest.fixture(scope="module")
def trader(live):
    pair = Client.join(live.address, "ann").binance_keys()
    return exchange(live, pair.api_key, pair.secret)


def test_it_loads_markets_and_reads_book_ticker_trades_and_candles(live, trader) -> None:
    market = trader.load_markets()["BTC/USD"]
    assert (market["spot"], market["active"], market["precision"]) == (True, True, market["precision"])
    assert (market["precision"]["price"], market["precision"]["amount"]) == (1.0, 0.01)
    live.market.stop_clock()
    try:
        state = live.app.extensions["live"].state
        quote, book = state.quote("BTC/USD"), state.book("BTC/USD", 100)
        read = trader.fetch_order_book("BTC/USD")
        assert read["bids"] == [[float(level.price), level.quantity / 100] for level in book.bids]
        assert read["asks"] == [[float(level.price), level.quantity / 100] for level in book.asks]
        ticker = trader.fetch_ticker("BTC/USD")
        assert (ticker["last"], ticker["baseVolume"]) == (quote.last, quote.volume / 100)
        assert trader.fetch_tickers(["BTC/USD"])["BTC/USD"]["last"] == quote.last
        trades = trader.fetch_trades("BTC/USD", limit=3)
        expected = state.trades("BTC/USD", limit=3)
        assert [(one["id"], one["price"]) for one in trades] == [(str(one.trade), one.price) for one in expected]
        assert [one["side"] for one in trades] == ["buy" if one.side > 0 else "sell" for one in expected]
        candles = trader.fetch_ohlcv("BTC/USD", "1m", limit=5)
        assert candles[-1][4] == quote.last
    finally:
        live.market.start_clock()


def test_it_places_finds_and_cancels_an_order_by_the_door_of_all_others(live, trader) -> None:
    placed = trader.create_order("BTC/USD", "limit", "buy", 0.1, 40_000)
    assert (placed["status"], placed["amount"], placed["price"]) == ("open", 0.1, 40_000)
    last = list(live.market.journal.of(InputReceived))[-1]
    assert (last.sender, last.kind, last.terms["limit"], last.terms["quantity"]) == ("ann", "PlaceOrder", 40_000, 10)
    assert [one["id"] for one in trader.fetch_open_orders("BTC/USD")] == [placed["id"]]
    balance = trader.fetch_balance()
    assert (balance["USD"]["used"], balance["USD"]["total"]) == (4_000, 100_000)
    assert trader.cancel_order(placed["id"], "BTC/USD")["status"] == "canceled"
    assert trader.fetch_order(placed["id"], "BTC/USD")["status"] == "canceled"
    assert trader.fetch_balance()["USD"]["used"] == 0


def test_a_market_order_is_filled_and_the_coins_are_there(trader) -> None:
    latest = time.monotonic() + PATIENCE
    while True:  # between two wake-ups of the maker its offer may be gone
        bought = trader.create_order("BTC/USD", "market", "buy", 0.01)
        if bought["filled"] or time.monotonic() > latest:
            break
    assert (bought["status"], bought["filled"]) == ("closed", 0.01)
    assert trader.fetch_balance()["BTC"]["total"] == 0.01


def test_the_page_about_bots_prints_what_it_says(live, capsys) -> None:
    [(code, told)] = snippets(needs_ccxt=True)
    # The page is ours, and what it shows is what is run here.
    exec(compile(code.replace(ADDRESS, live.address), "docs/bots.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == told


def test_refusals_are_the_errors_that_its_users_catch(live, trader) -> None:
    import ccxt

    with pytest.raises(ccxt.InsufficientFunds):
        trader.create_order("BTC/USD", "limit", "buy", 50, 40_000)
    with pytest.raises(ccxt.OrderNotFound):
        trader.cancel_order("999999", "BTC/USD")
    with pytest.raises(ccxt.AuthenticationError):
        exchange(live, trader.apiKey, "wrong").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError):
        exchange(live, "unknown", "wrong").fetch_balance()
