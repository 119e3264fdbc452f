"""The consumers in examples/ print what the journal says, in each language; those that need more are system tests."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone

from market_sim.api.stream.server import Settings
from market_sim.api.stream.ticker import Ticker
from tests.conftest import PATIENCE, ROOT
from tests.integration.live_stream import live_stream, tickers_of

ASKED = 25
MANY = 1_000_000
"""Tickers that may wait for a consumer: a busy machine makes it slow, and none may be dropped here."""


def line(ticker: Ticker) -> str:
    """A ticker in the form in which every example prints it."""
    time = datetime.fromtimestamp(ticker.timestamp / 1_000_000, timezone.utc)
    prices = (ticker.last_price, ticker.bid_price, ticker.ask_price)
    last, bid, ask = ("-" if price is None else f"{price:.2f}" for price in prices)
    return f"{time:%H:%M:%S.%f} {ticker.symbol} last {last} bid {bid} ask {ask} volume {ticker.volume_24h:.2f}"


def started(command: list[str], *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str], code: int = 0) -> list[str]:
    """What an example printed, once it has ended."""
    printed, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, complained
    return (printed or complained).splitlines()


def followed(command: list[str], *some: str) -> int:
    """Two consumers of one market: one asks for a number of tickers, the other one stops when the market does.

    Returns how many tickers the first one printed.
    """
    with live_stream(settings=Settings(client_buffer=MANY)) as (market, stream):
        other = started(command, stream.address)
        begun = other.stdout.readline() if other.stdout else ""  # it has joined before the market ends
        counted = said(started([*command, stream.address], *some))
        journal = market.end().journal
        endless = [begun.rstrip("\n"), *said(other)]
    expected = [line(ticker) for ticker in tickers_of(journal)]
    first = expected.index(counted[0])
    assert counted == expected[first : first + ASKED]
    first = expected.index(endless[0])
    assert endless == [*expected[first:], "The stream has ended: the market has ended."]
    assert said(started(command, stream.address), code=1)[0].startswith(f"No stream at {stream.address}")
    return len(counted)


def test_the_consumer_in_python_prints_the_tickers_and_ends_with_the_market():
    command = [sys.executable, str(ROOT / "examples/stream_client.py")]
    assert followed(command, "--messages", str(ASKED)) == ASKED
