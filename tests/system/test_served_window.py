"""`serve --window` with a real browser: it shows the market, and closing it ends the site.

In a module of its own: the browser of the other tests lives as long as their module, and one program has one at a time.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time

import pytest

from tests.conftest import PATIENCE, ROOT
from tests.system.browsing import ARGUMENTS

pytestmark = pytest.mark.system


def test_serve_window_shows_the_market_in_a_browser_and_ends_with_it(tmp_path, needs):
    """The browser has no screen here; beside that it is the one that a person has."""
    from playwright.sync_api import sync_playwright

    quiet = shlex.join([needs("chromium"), "--headless", "--remote-debugging-port=0", *ARGUMENTS])
    (tmp_path / "browser").write_text(f'#!/bin/sh\nexec {quiet} "$@"\n')
    (tmp_path / "browser").chmod(0o755)
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--window", "--scenario", "first-market"]
    command += ["--no-settle", "--port", "0", "--stream-port", "0", "--lessons", str(ROOT / "lessons")]
    environment = {**os.environ, "BROWSER_PATH": str(tmp_path / "browser")}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        address = process.stdout.readline().strip()
        port = tmp_path / "instance" / "window" / "DevToolsActivePort"
        late = time.monotonic() + PATIENCE
        while not (port.exists() and port.read_text().count("\n")) and time.monotonic() < late:
            time.sleep(0.05)
        with sync_playwright() as playwright:
            shown = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port.read_text().split()[0]}")
            [page] = shown.contexts[0].pages
            page.wait_for_url(f"{address}/**")
            page.goto(f"{address}/market")
            seen = page.inner_text("#time")
            page.wait_for_function("before => document.getElementById('time').innerText !== before", arg=seen)
            shown.new_browser_cdp_session().send("Browser.close")  # as a person closes the window
        said = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, said
    assert said.index("The window was closed.") < said.index("The site has ended.")
