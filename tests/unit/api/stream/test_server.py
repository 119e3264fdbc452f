"""The server of the stream: what each client gets, who is refused, and that nobody makes anybody else wait."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from multiprocessing import Pipe
from typing import Any

import pytest
from websockets.asyncio.client import connect as connect_with_queue
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode

from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.feeder import Feeder
from market_sim.api.stream.opening import bound
from market_sim.api.stream.server import Settings, serving
from market_sim.api.stream.ticker import CYCLE_NS
from market_sim.core.data.codec import encode
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.session import Session
from tests.conftest import PATIENCE
from tests.unit.api.stream.raw_client import read_rest, stopped_reader

connect = partial(connect_with_queue, max_queue=None)
"""A client that leaves with messages unread would wait in vain for the answer to its farewell, behind them."""
SITE = "http://127.0.0.1:5000"
EPOCHS = 120
INSTANTS = (EPOCHS + 1) * 10


@asynccontextmanager
async def streamed(speed: float | None, epochs: int = EPOCHS, **settings: Any) -> AsyncIterator[tuple[LiveMarket, int]]:
    """A live market whose clock stands still at first, and its stream, served on the loop of the test."""
    market = LiveMarket(Session(Marksim(), Options(epochs=epochs, settlement="none")), speed)
    market.stop_clock()
    sockets = bound("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    news, ours = Pipe(duplex=False)
    asked, asking = Pipe()
    feeder = Feeder(market, ours, asked)
    server = asyncio.ensure_future(serving(sockets, news, asking, Settings(sites=(SITE,), **settings)))
    market.start()
    feeder.start()
    try:
        yield market, port
    finally:
        await asyncio.to_thread(market.end)
        assert await asyncio.to_thread(feeder.end, PATIENCE)
        ours.close()
        await server
        asking.close()
        feeder.wait()
        for one in (news, asked):
            one.close()


async def all_of(address: str) -> tuple[list[Any], int]:
    """Every message until the other side ends the connection, and the code with which it does."""
    async with connect(address) as connection:
        return [json.loads(message) async for message in connection], connection.close_code


async def clients(port: int) -> dict[str, Any]:
    def look() -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/clients", timeout=PATIENCE) as answer:
            return json.load(answer)

    return await asyncio.to_thread(look)


async def until(condition: Any) -> Any:
    """Wait for a condition; the test fails if it takes too long."""
    latest = time.monotonic() + PATIENCE
    while not (found := await condition()):
        assert time.monotonic() < latest, "waited in vain"
        await asyncio.sleep(0.01)
    return found


@dataclass
class Seen:
    """What several clients of one market saw."""

    lines: list[Any] = field(default_factory=list)
    tickers: list[list[Any]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    journal: list[Any] = field(default_factory=list)
    pieces: list[list[Any]] = field(default_factory=list)
    slow: list[Any] = field(default_factory=list)
    slow_dropped: int = 0
    slow_sent: int = 0
    gone: int = 0


async def watched() -> Seen:
    """Two who read, one who comes and goes, one who stops reading, and one who disconnects for ever."""
    seen = Seen()
    async with streamed(speed=100) as (market, port):
        address = f"ws://127.0.0.1:{port}"
        slow = await asyncio.to_thread(stopped_reader, port)

        async def connected(number: int) -> bool:
            return len((await clients(port))["clients"]) == number

        readers = [asyncio.ensure_future(all_of(address)) for _ in range(2)]
        journal = asyncio.ensure_future(all_of(f"{address}/journal"))
        leaver = await connect(address)
        await until(lambda: connected(5))
        await leaver.close()
        await until(lambda: connected(4))
        market.start_clock()
        place = 0
        while True:  # a client that comes, takes some events, goes, and continues where it stopped
            piece: list[Any] = []
            async with connect(f"{address}/journal?from={place}") as connection:
                try:
                    while len(piece) < 1_000:
                        piece.append(json.loads(await connection.recv()))
                except ConnectionClosed:
                    pass
            seen.pieces.append(piece)
            place += len(piece)
            if not piece or piece[-1]["event"]["type"] == "RunEnded":
                break  # whoever hears nothing before the connection ends would come back for ever
        for reader in readers:
            messages, code = await reader
            seen.tickers.append(messages)
            seen.codes.append(code)
        seen.journal, code = await journal
        seen.codes.append(code)
        [left] = (await clients(port))["clients"]
        seen.gone = (await clients(port))["totals"]["connected"] - 1
        reading = asyncio.ensure_future(asyncio.to_thread(read_rest, slow))
        seen.slow_dropped = left["dropped"]
        seen.slow_sent = left["sent"] + left["waiting"]
        seen.slow = await reading
        slow.close()
        seen.lines = [json.loads(encode(event)) for event in market.journal]
    return seen


@pytest.fixture(scope="module")
def seen() -> Seen:
    return asyncio.run(watched())


def test_who_reads_gets_every_ticker_and_the_gaps_are_a_tenth_of_a_simulated_second(seen):
    for messages in seen.tickers:
        stamps = [message["timestamp"] for message in messages]
        assert len(stamps) == INSTANTS
        assert {after - before for before, after in pairwise(stamps)} == {CYCLE_NS // 1_000}
    assert seen.tickers[0] == seen.tickers[1]


def test_the_journal_of_the_stream_is_the_journal_of_the_market(seen):
    assert [message["event"] for message in seen.journal] == seen.lines
    assert [message["number"] for message in seen.journal] == list(range(len(seen.lines)))


def test_the_journal_is_dense_through_disconnects(seen):
    assert len(seen.pieces) > 3
    assert [message for piece in seen.pieces for message in piece] == seen.journal


def test_a_stopped_reader_loses_the_oldest_tickers_and_its_counter_says_how_many(seen):
    assert seen.slow_dropped > 100
    assert seen.slow_sent + seen.slow_dropped == INSTANTS
    assert len(seen.slow) == seen.slow_sent, "what was not dropped arrives when it reads again"
    assert seen.slow[-100:] == seen.tickers[0][-100:], "the newest are kept"


def test_the_end_of_the_market_ends_every_connection_in_order(seen):
    assert seen.codes == [1000, 1000, 1000]


def test_who_has_gone_is_counted_and_forgotten(seen):
    assert seen.gone == 4 + len(seen.pieces)


def test_a_client_far_behind_is_told_to_resume_and_misses_nothing_when_it_does():
    async def follow() -> tuple[list[int], int, int]:
        async with streamed(speed=None, recent_events=50) as (market, port):
            address = f"ws://127.0.0.1:{port}/journal"
            slow = await asyncio.to_thread(stopped_reader, port, "/journal")
            market.start_clock()

            async def was_closed() -> bool:
                return (await clients(port))["totals"]["resumable"] > 0

            await until(was_closed)
            got = [message["number"] for message in await asyncio.to_thread(read_rest, slow)]
            slow.close()
            times, code = 0, CloseCode.TRY_AGAIN_LATER
            while code == CloseCode.TRY_AGAIN_LATER:
                times += 1
                async with connect(f"{address}?from={len(got)}") as connection:
                    with contextlib.suppress(ConnectionClosed):
                        while True:
                            got.append(json.loads(await connection.recv())["number"])
                code = connection.close_code
                if code == CloseCode.TRY_AGAIN_LATER:
                    assert connection.close_reason == f"too slow: resume with from={len(got)}"
            return got, code, len(market.journal)

    got, code, length = asyncio.run(follow())
    assert got == list(range(length))
    assert code == CloseCode.NORMAL_CLOSURE


def test_a_client_that_takes_nothing_for_too_long_is_closed():
    async def follow() -> dict[str, int]:
        async with streamed(speed=None, blocked_seconds=0.2) as (market, port):
            stopped = [await asyncio.to_thread(stopped_reader, port, path) for path in ("/", "/journal")]
            market.start_clock()

            async def are_closed() -> Any:
                totals = (await clients(port))["totals"]
                return totals if totals["blocked"] == 2 and not totals["clients"] else None

            totals = await until(are_closed)
            for one in stopped:
                one.close()
            return totals

    assert asyncio.run(follow())["connected"] == 2


REFUSALS = [
    ("/", {"Origin": "http://evil.example"}, 403, "WRONG_ORIGIN"),
    ("/", {"Origin": SITE}, 101, ""),
    ("/", {"Origin": "null"}, 101, ""),
    ("/", {}, 101, ""),
    ("/journal", {"Origin": "null"}, 403, "WRONG_ORIGIN"),
    ("/journal", {"Origin": "http://evil.example"}, 403, "WRONG_ORIGIN"),
    ("/journal", {"Origin": SITE}, 101, ""),
    ("/journal?from=1", {}, 101, ""),
    ("/clients", {"Origin": "null"}, 403, "WRONG_ORIGIN"),
    ("/nothing", {}, 404, "NOT_FOUND"),
    ("/journal?from=-1", {}, 400, "BAD_NUMBER"),
    ("/journal?from=x", {}, 400, "BAD_NUMBER"),
    ("/journal?from=", {}, 400, "BAD_NUMBER"),
    ("/journal?from=1e3", {}, 400, "BAD_NUMBER"),
    ("/journal?from=999999999", {}, 400, "BAD_NUMBER"),
    ("/", {"Host": "evil.example:8765"}, 403, "WRONG_HOST"),
    ("/clients", {"Host": "evil.example"}, 403, "WRONG_HOST"),
]


def test_origins_hosts_and_numbers_are_checked_by_path():
    async def knock(port: int, path: str, headers: dict[str, str]) -> tuple[int, str, str]:
        host = headers.get("Host")
        extra = {name: value for name, value in headers.items() if name not in ("Origin", "Host")}
        address = f"ws://{host or f'127.0.0.1:{port}'}{path}"
        place = {"host": "127.0.0.1", "port": port} if host else {}
        try:
            async with connect(address, origin=headers.get("Origin"), additional_headers=extra, **place):
                return 101, "", ""
        except InvalidStatus as refused:
            body = json.loads(refused.response.body)
            assert sorted(body) == ["code", "numbers", "sentence"]
            return refused.response.status_code, body["code"], body["sentence"]

    async def knock_all() -> tuple[list[tuple[int, str, str]], int]:
        async with streamed(speed=1) as (_, port):
            answers = [await knock(port, path, headers) for path, headers, *_ in REFUSALS]
            return answers, (await clients(port))["totals"]["refused"]

    answers, refused = asyncio.run(knock_all())
    assert [answer[:2] for answer in answers] == [(status, code) for *_, status, code in REFUSALS]
    assert refused == sum(status != 101 for *_, status, _ in REFUSALS)


def test_the_journal_of_a_class_is_closed_and_its_tickers_are_not():
    async def knock() -> tuple[str, str]:
        async with streamed(speed=10, journal_is_open=False) as (market, port):
            market.start_clock()
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/journal")
            async with connect(f"ws://127.0.0.1:{port}") as connection:
                return json.loads(refused.value.response.body)["code"], json.loads(await connection.recv())["symbol"]

    assert asyncio.run(knock()) == ("JOURNAL_CLOSED", "BTC/USD")


def test_too_large_a_message_ends_its_sender_only():
    async def shout() -> tuple[int, Any]:
        async with streamed(speed=10) as (market, port):
            address = f"ws://127.0.0.1:{port}"
            async with connect(address) as loud, connect(address) as other:
                market.start_clock()
                await loud.send("x" * 64 * 1024)
                await loud.recv()
                await loud.send("x" * (64 * 1024 + 1))
                with contextlib.suppress(ConnectionClosed):
                    while True:
                        await loud.recv()
                return loud.close_code, json.loads(await other.recv())

    code, message = asyncio.run(shout())
    assert code == 1009
    assert message["symbol"] == "BTC/USD"
