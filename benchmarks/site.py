"""The site: until the page of a run can be used in a browser, for a short run and for a long one.

"Can be used" means that the chart is drawn and the stepper answers. Each first opening has a server of its own that has
never read the run. Prints one JSON object; run by `python -m benchmarks` where Chromium is there (the variable CHROMIUM
may say where).

A browser that is driven from outside compiles differently: once developer tools listen to a page, V8 reads all of
plotly a second time to know the line of every call, which takes longer than anything else on the page. So the way of
somebody who types an address is measured in a browser that nobody listens to: it is told to open the address, and only
when the page has been there for long is it asked for the marks that the page has set (`performance.mark` in run.js).
The other ways begin on a page where plotly is compiled already, and are driven; the first way is measured with
developer tools, too, to see what they cost.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from market_sim.core.data import archive
from market_sim.core.models.market_events import Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).resolve().parent.parent
REPETITIONS = 3
WARM_UP_MS = 1_500
"""The server has loaded its libraries before anybody types an address."""
RUNS = (("12 epochs", FirstMarket(), 12), ("300 epochs", FirstMarket(traders=180), 300))
STEPS, DRAWN = "place told", "chart drawn"
"""The marks that the page of a run sets when its stepper has answered, and when its chart is there."""
LONG_ENOUGH_S = 6
"""No page is still being drawn then, on a machine that is worth measuring."""
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
LEAST_TRADES = 50_000
"""The long run must have so many, or the figure is not that of the promise."""


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a site in a process of its own."""
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield (process.stdout.readline() if process.stdout else "").strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def openings(browser: Browser, folder: Path) -> dict[str, float]:
    """Seconds until the page of the run can be used, by the way to it, and until a step is shown.

    First by an address, in a window that has never been here; then, with a fresh server and browser,
    from the list of runs, where the chart library is compiled and the newest run read while somebody looks; then once
    more; and from the list again when another run is newer, so that this one is not read ahead.
    """
    times = {}
    with served(folder) as site, visitor(browser) as page:
        page.goto(f"{site}/glossary")
        page.wait_for_timeout(WARM_UP_MS)
        times["by a typed address, with developer tools"] = opening(page, f"{site}/runs/run")
    with served(folder) as site, visitor(browser) as page:
        page.goto(f"{site}/runs")
        page.wait_for_timeout(WARM_UP_MS)
        times["from the list of runs"] = opening(page, f"{site}/runs/run")
        times["again"] = opening(page, f"{site}/runs/run")
        begin = time.perf_counter()
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**event=*")
        times["one step"] = time.perf_counter() - begin
    with newer_run(folder), served(folder) as site, visitor(browser) as page:
        page.goto(f"{site}/runs")
        page.wait_for_timeout(WARM_UP_MS)
        times["from the list of runs, an older run"] = opening(page, f"{site}/runs/run")
    return times


def typed(playwright: Playwright, program: str, folder: Path) -> dict[str, float]:
    """Seconds until the page steps, and until all of it can be used, in a browser without developer tools."""
    with served(folder) as site, lonely_browser(program) as orders:
        for address, wait in ((f"{site}/glossary", WARM_UP_MS / 1000), (f"{site}/runs/run", LONG_ENOUGH_S)):
            urlopen(Request(f"{orders}/json/new?{address}", method="PUT")).close()
            time.sleep(wait)
        browser = playwright.chromium.connect_over_cdp(orders)
        page = next(page for page in browser.contexts[0].pages if page.url.endswith("/runs/run"))
        script = "performance.getEntriesByType('mark').map(mark => [mark.name, mark.startTime / 1000])"
        marks = dict(page.evaluate(script))
        browser.close()
    if not {STEPS, DRAWN} <= marks.keys():
        raise SystemExit(f"the page of the run has only {marks} after {LONG_ENOUGH_S} s, expected {STEPS} and {DRAWN}")
    return {"by a typed address, until it steps": marks[STEPS], "by a typed address": max(marks[STEPS], marks[DRAWN])}


@contextmanager
def lonely_browser(program: str) -> Iterator[str]:
    """A browser in a process of its own, and the address under which it takes orders."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = [*FLAGS, "--headless", "--window-size=1280,900", "--remote-debugging-port=0"]
        browser = subprocess.Popen(
            [program, *flags, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            told = Path(profile) / "DevToolsActivePort"
            while not (told.exists() and told.read_text()):
                if browser.poll() is not None:
                    raise SystemExit(f"{program} ended with code {browser.returncode} instead of waiting for orders")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{told.read_text().split()[0]}"
        finally:
            browser.terminate()
            browser.wait(timeout=20)


@contextmanager
def newer_run(folder: Path) -> Iterator[None]:
    """A short run that stands first in the list."""
    newer = folder / "results" / "newer"
    archive.save(simulate(FirstMarket(), Options(epochs=1, settlement="memory")).journal, newer)
    yield
    shutil.rmtree(newer)


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """A browser with empty caches."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def opening(page: Page, address: str) -> float:
    """Seconds until a page is drawn and its stepper has answered."""
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("#chart[data-ready]").wait_for()
    page.locator("#told .muted").wait_for()
    return time.perf_counter() - begin


def figures(program: str) -> dict[str, float]:
    """The medians of several openings, each with a fresh server and a fresh browser context."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for words, scenario, epochs in RUNS:
            journal = simulate(scenario, Options(epochs=epochs, settlement="memory")).journal
            trades = sum(1 for _ in journal.of(Trade))
            if epochs == 300 and trades < LEAST_TRADES:
                raise SystemExit(f"the long run has {trades} trades, at least {LEAST_TRADES} are promised")
            archive.save(journal, folder / "results" / "run")
            called = f"site, {words}"
            found[f"{called}, events"] = [len(journal)]
            found[f"{called}, trades"] = [trades]
            for _ in range(REPETITIONS):
                times = typed(playwright, program, folder) | openings(browser, folder)
                for way, seconds in times.items():
                    found.setdefault(f"{called}, {way}, s", []).append(seconds)
        browser.close()
    return {name: round(median(values), 3) for name, values in found.items()}


if __name__ == "__main__":
    program = chromium()
    if program is None or find_spec("playwright") is None:
        print(
            json.dumps({"the page of a run": "not measured: needs Chromium and the packages of requirements-dev.txt"})
        )
    else:
        print(json.dumps(figures(program), indent=2))
