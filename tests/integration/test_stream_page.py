"""docs/stream.md tells the truth: its snippets, its curl line, its tables of keys and codes, its numbers."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import threading
from http import HTTPStatus

import msgspec
import pytest

from market_sim.api.live.state import REPORTS_KEPT
from market_sim.api.stream.clients import FAREWELL_SECONDS
from market_sim.api.stream.hub import BLOCKED_SECONDS, RECENT_EVENTS, TOO_SLOW
from market_sim.api.stream.pipe import Counted
from market_sim.api.stream.server import LARGEST_MESSAGE, MOST_CLIENTS, Settings
from market_sim.api.stream.ticker import Ticker
from market_sim.api.tickets import LIFETIME_SECONDS
from tests.conftest import ROOT
from tests.integration.live_stream import live_stream, tickers_of

PAGE = (ROOT / "docs/stream.md").read_text(encoding="utf-8")
ADDRESS = "localhost:8765"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def session():
    """What the page's snippets print beside a live market, what curl gets, and the journal of that market."""
    with live_stream() as (market, stream):
        [line] = [line for text in blocks("sh") for line in text.splitlines() if line.startswith("curl ")]
        line = line.replace(ADDRESS, f"localhost:{stream.port}")
        got = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
        printed = []
        for code in blocks("python"):
            end = threading.Timer(1, market.end)  # the second snippet stops when the market does
            if printed:
                end.start()
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                # The page is ours, and what it shows is what is run here.
                exec(compile(code.replace(ADDRESS, f"localhost:{stream.port}"), "docs/stream.md", "exec"), {})  # noqa: S102
            printed.append(out.getvalue())
    return printed, got, market.end().journal


def test_the_snippets_print_what_the_page_says(session):
    assert session[0] == blocks("text") == ["100000 100000\n", "True\n"]


def test_curl_gets_the_counters_that_the_page_explains(session):
    got = session[1]
    shown = json.loads(blocks("json")[2])
    found = json.loads(got)
    assert shown.keys() == found.keys()
    assert list(found["totals"]) == list(shown["totals"]) == list(Counted.__struct_fields__)
    [client] = shown["clients"]
    for name in client:
        assert f'"{name}"' in (ROOT / "market_sim/api/stream/hub.py").read_text()


def test_the_example_message_is_a_ticker_of_this_market_and_the_table_has_its_keys(session):
    shown = msgspec.json.decode(blocks("json")[0], type=Ticker)
    assert shown in tickers_of(session[2])
    keys = [key for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE) for key in row.split(", ")]
    assert {f"`{key}`" for key in Ticker.__struct_fields__} == set(keys)


def test_the_example_of_the_journal_has_fields_of_its_event(session):
    journal = session[2]
    shown = json.loads(blocks("json")[1])
    found = msgspec.to_builtins(journal[shown["number"]])
    assert shown["event"].items() <= found.items()


def test_the_table_of_refusals_is_that_of_the_server():
    source = (ROOT / "market_sim/api/stream/server.py").read_text()
    raised = re.findall(r"Refusal\(\s*HTTPStatus\.(\w+),\s*\"(\w+)\"", source)
    told = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert {(str(HTTPStatus[status].value), code) for status, code in raised} == set(told)
    assert len(told) == 7


def test_the_numbers_of_the_page_are_those_of_the_program():
    for said in (
        f"at most {Settings().client_buffer} (`--client-buffer`)",
        f"falls {RECENT_EVENTS:,} events behind",
        f"takes nothing for {BLOCKED_SECONDS:g} seconds",
        f"there are {MOST_CLIENTS:,} clients already",
        f"at most {LARGEST_MESSAGE // 1024} KiB",
        TOO_SLOW.format(5469),
        f"within {LIFETIME_SECONDS:g} seconds",
        f"the last {REPORTS_KEPT:,} of each account",
    ):
        assert said in PAGE
    assert Settings().blocked_seconds == BLOCKED_SECONDS > FAREWELL_SECONDS
