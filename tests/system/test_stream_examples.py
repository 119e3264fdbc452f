"""The consumers in examples/ that need a compiler or a browser."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import PATIENCE, ROOT
from tests.integration.live_stream import live_stream
from tests.integration.test_stream_examples import ASKED, followed
from tests.system.browsing import axe, browser


def test_the_consumer_in_go_prints_the_tickers(needs, tmp_path):
    program = str(tmp_path / "stream_client")
    source = str(ROOT / "examples/stream_client.go")
    subprocess.run([needs("go"), "build", "-o", program, source], cwd=tmp_path, check=True)
    assert followed([program], str(ASKED)) == ASKED


def test_the_consumer_in_javascript_prints_the_tickers(needs):
    node = needs("node")
    script = "process.exit(typeof WebSocket === 'undefined' ? 1 : 0)"
    for flags in ([], ["--experimental-websocket"]):  # built in from Node 22 on, and behind a flag before
        if subprocess.run([node, *flags, "-e", script], capture_output=True, check=False).returncode == 0:
            command = [node, *flags, "--no-warnings", str(ROOT / "examples/stream_client.mjs")]
            assert followed(command, str(ASKED)) == ASKED
            return
    pytest.skip("this Node is too old: WebSocket is there from Node 20.10 on")


def test_the_page_opens_from_disk_moves_with_the_market_and_says_when_it_ends(needs):
    with browser(needs("chromium")) as opened, live_stream("arena", epochs=300) as (market, stream):
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = opened.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.set_default_timeout(1_000 * PATIENCE)
            faults: list[str] = []
            page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
            page.on("console", lambda message, faults=faults: faults.append(message.text))
            page.goto(f"{(ROOT / 'examples/websocket_client.html').as_uri()}?{stream.address}")
            page.get_by_text(f"Connected to {stream.address}.").wait_for()
            page.locator("tbody tr").nth(5).wait_for()
            assert page.locator("tbody th").all_inner_texts()[0] == "BTC/USD"
            before = page.locator("#time").inner_text()
            page.wait_for_function("before => document.getElementById('time').textContent !== before", arg=before)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it never scrolls sideways"
            assert axe().run(page).violations_count == 0
            assert faults == []
        market.end()
        page.get_by_text("The stream has ended: the market has ended.").wait_for()
