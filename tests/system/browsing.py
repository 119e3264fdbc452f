"""A browser on the real site, strict about every request and every error."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.conftest import PATIENCE, ROOT

if TYPE_CHECKING:  # imported late: collecting these tests must not need a browser's libraries
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, Locator, LocatorAssertions, Page

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


ATTEMPTS = 5


def seconds_at_best(act: Callable[[], None], enough: float) -> float:
    """What an act takes when the machine does little else: the best of some attempts, which end when one was quick
    enough. A page that is slow by itself is slow each time; a neighbour's burst of work hits one or two of them."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        began = time.monotonic()
        act()
        best = min(best, time.monotonic() - began)
        if best < enough:
            break
    return best


def expect(what: Locator, message: str | None = None) -> LocatorAssertions:
    """What a page must come to show. A script, a stream and a server answer later than a test asks: whatever depends on
    them is waited for, and `is_hidden()` and its like, which look once, are for what the server wrote into the page."""
    from playwright.sync_api import expect as expect_soon

    expect_soon.set_options(timeout=1_000 * PATIENCE)
    return expect_soon(what, message)


STILL = 1.5  # seconds: what moves at all moves more often than that


def expect_stillness(page: Page, shown: Callable[[], tuple]) -> tuple:
    """What a page shows once it moves no more: what was on its way when the clock was stopped may still arrive."""
    late = time.monotonic() + PATIENCE
    while time.monotonic() < late:
        seen = shown()
        page.wait_for_timeout(1_000 * STILL)
        if shown() == seen:
            return seen
    raise AssertionError(f"it still moves after {PATIENCE} seconds: {shown()}")


def axe() -> Axe:
    """The checker of accessibility."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a site over these folders, with the shipped course."""
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0", "--lessons", str(ROOT / "lessons")]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """The browser of this machine, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            yield opened
        finally:
            opened.close()


@dataclass
class Visit:
    """One page of one browser, and whatever it did that a page of ours never does."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"error {error}"))

    def _asked(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.faults.append(f"asked {address}")

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(one in text for one in self.allowed):
            self.faults.append(f"console {kind} {text}")

    def open(self, path: str) -> Page:
        """Go there and wait until it is drawn."""
        self.page.goto(self.base + path)
        for chart in self.page.locator("#chart, .chart[data-figure]").all():
            self.page.wait_for_function("one => one.dataset.ready", arg=chart.element_handle())
        return self.page


LATENCY = 200
"""Milliseconds until the first byte of an answer: a page is there before its scripts are, as over a network, and a test
that asks it too early fails every time and not one time in a hundred."""


@contextmanager
def visit(
    browser: Browser, base: str, width: int = 1280, theme: str = "light", latency: int = LATENCY
) -> Iterator[Visit]:
    """A fresh visitor; at the end the faults of the visit are the test's."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-US", timezone_id="UTC"
    )
    context.set_default_timeout(1_000 * PATIENCE)
    one = Visit(context.new_page(), base)
    network = context.new_cdp_session(one.page)
    network.send("Network.enable")
    unbounded = {"downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency, **unbounded})
    try:
        yield one
    finally:
        context.close()
    assert not one.faults, one.faults
