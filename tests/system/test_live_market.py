"""A live market in Chromium and with a class of thirty: the page moves with it, orders show at once, it replays."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from market_sim.core.data import archive
from market_sim.core.models.market_events import OrderAccepted, OrderRejected
from market_sim.simulation.session import Session
from tests.conftest import PATIENCE, ROOT
from tests.system.browsing import axe, browser, expect, expect_stillness, seconds_at_best, visit

STUDENTS = 30
MOST_SECONDS = 1.0
"""Until a placed order shows in the book and in the account."""


@dataclass
class Served:
    """A site with the market of a class."""

    process: subprocess.Popen
    address: str
    folder: Path
    codes: dict[str, str]

    def end(self) -> str:
        """End it in order; what it said."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=PATIENCE)[1]


OPENING = re.search(r"^python simulate.py (serve .*)$", (ROOT / "docs" / "classes.md").read_text(), re.MULTILINE)[1]
"""The command that the page for instructors gives."""


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The market of a class, opened as the page for instructors says; it is visited from this computer."""
    more = ["--port", "0", "--stream-port", "0", "--no-settle", "--lessons", str(ROOT / "lessons")]
    command = [sys.executable, str(ROOT / "simulate.py"), *shlex.split(OPENING), *more]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port, codes = process.stdout.readline().strip().rpartition(":")[2], {}
        while "instructor" not in codes:
            found = re.fullmatch(r"Code for (?:the )?(\w+?)s?: (\w+)", process.stderr.readline().strip())
            codes |= {found[1]: found[2]} if found else {}
        yield Served(process, f"http://127.0.0.1:{port}", folder, codes)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def window(needs):
    with browser(needs("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("class")) as found:
        yield found


def come_in(visitor, site: Served, name: str, role: str = "student"):
    """Join by the door, as a person does."""
    page = visitor.open("/market/join")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Code of the class").fill(site.codes[role])
    page.locator(f"input[name=role][value={role}]").check()
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_url("**/market" if role == "student" else "**/market/class")
    return page


def drawn(page) -> None:
    for name in ("candles", "depth"):
        page.wait_for_function("name => document.getElementById(name).dataset.ready", arg=name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_is_accessible_quiet_and_never_wider_than_the_screen(window, site, width, theme):
    name = f"pupil {width} {theme}"
    with visit(window, site.address, width, theme, latency=0) as visitor:
        page = come_in(visitor, site, name)
        drawn(page)
        looked_at(page, "/market", width)
        for address in ("/market/wall", "/market/join", f"/market/accounts/{name}"):
            visitor.page.goto(site.address + address)
            if address.endswith("wall"):
                drawn(page)
            looked_at(page, address, width)
    with visit(window, site.address, width, theme) as visitor:
        looked_at(come_in(visitor, site, f"teacher {width} {theme}", "instructor"), "/market/class", width)


def looked_at(page, address: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    violations = axe().run(page).response["violations"]
    found = [(one["id"], node["html"][:120]) for one in violations for node in one["nodes"]]
    assert not found, (address, found)


def test_the_page_moves_with_the_market_and_expect_stillness_with_its_clock(window, site):
    with visit(window, site.address) as visitor, visit(window, site.address) as other:
        page = come_in(visitor, site, "mover")
        drawn(page)
        seen, figure = page.inner_text("#time"), page.inner_text("#candles-told")
        page.wait_for_function("before => document.getElementById('time').innerText !== before", arg=seen)
        page.wait_for_function("before => document.getElementById('candles-told').innerText !== before", arg=figure)
        teacher = come_in(other, site, "timekeeper", "instructor")
        teacher.get_by_role("button", name="Stop the clock").click()
        page.get_by_text("The clock stands still.").wait_for()
        stood = expect_stillness(
            page, lambda: (page.inner_text("#time"), page.locator("#market").get_attribute("data-seen"))
        )
        teacher.get_by_role("button", name="Start the clock").click()
        page.wait_for_function("before => document.getElementById('time').innerText !== before", arg=stood[0])


def test_an_order_shows_in_book_and_account_within_a_second(window, site):
    with visit(window, site.address) as visitor, visit(window, site.address) as other:
        page = come_in(visitor, site, "trader")
        drawn(page)
        come_in(other, site, "stopper", "instructor").get_by_role("button", name="Stop the clock").click()
        page.get_by_text("The clock stands still.").wait_for()
        best = page.locator("#bids tr").first.locator("td").nth(1).inner_text()
        page.get_by_label("Quantity").fill("77")
        page.get_by_label("Limit").fill(best)
        waited = int(page.locator("#bids tr").first.locator("td").first.inner_text())
        sent = itertools.count(1)

        def send() -> None:
            page.get_by_role("button", name="Send").click()
            orders = next(sent)
            page.wait_for_function(
                "([size, orders]) => document.querySelector('#bids td').innerText === size"
                " && document.querySelectorAll('#own-orders form').length === orders",
                arg=[f"{waited + 77 * orders}", orders],
            )

        assert seconds_at_best(send, MOST_SECONDS) < MOST_SECONDS
        expect(page.locator("#answer")).to_contain_text("waits in the book.")
        for left in reversed(range(next(sent) - 1)):
            page.locator("#own-orders").get_by_role("button").first.click()
            page.wait_for_function("left => document.querySelectorAll('#own-orders form').length === left", arg=left)
        page.wait_for_function("size => document.querySelector('#bids td').innerText === size", arg=f"{waited}")
        other.page.get_by_role("button", name="Start the clock").click()
        other.page.get_by_role("button", name="Stop the clock").wait_for()


def test_without_a_place_in_the_stream_the_page_asks(window, site):
    with visit(window, site.address) as visitor:
        visitor.allowed.append("429")
        visitor.page.route("**/market/events*", lambda route: route.fulfill(status=429, body=""))
        page = come_in(visitor, site, "latecomer")
        drawn(page)
        page.get_by_text("this page is brought up to date every two seconds").wait_for()
        seen = page.inner_text("#time")
        page.wait_for_function("before => document.getElementById('time').innerText !== before", arg=seen)
        assert page.inner_text("#time") != seen


# ---- thirty at once


class Student:
    """A program that does what a browser does: it keeps its cookie and sends the page's token."""

    def __init__(self, site: Served, name: str, role: str = "student") -> None:
        self.site, self.name = site, name
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = self.open("/market/join")
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
        self.post("/market/join", name=name, role=role, code=site.codes[role])

    def open(self, path: str) -> str:
        with self.opener.open(self.site.address + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, path: str, **form: str) -> str:
        body = urllib.parse.urlencode({"csrf_token": self.token, **form}).encode()
        headers = {"Origin": self.site.address, "Accept": "application/json"}
        with self.opener.open(
            urllib.request.Request(self.site.address + path, body, headers), timeout=PATIENCE
        ) as answer:
            return answer.read().decode()

    def order(self, side: str, quantity: int, limit: str) -> dict:
        return json.loads(self.post("/market/orders", symbol="ACME", side=side, quantity=f"{quantity}", limit=limit))


def test_thirty_students_trade_are_paused_and_reopened_and_the_replay_has_the_live_fingerprint(tmp_path):
    with served(tmp_path) as site, ThreadPoolExecutor(STUDENTS) as all_at_once:
        teacher = Student(site, "teacher", "instructor")
        students = list(all_at_once.map(lambda number: Student(site, f"student {number}"), range(STUDENTS)))
        teacher.post("/market/class/compete")
        opened = list(
            all_at_once.map(lambda one: [one.order("buy", 2, limit) for limit in ("", "98.50", "99.00")], students)
        )
        assert all(answer["order"] for answers in opened for answer in answers)
        teacher.post("/market/class/pause")
        refused = list(all_at_once.map(lambda one: one.order("buy", 1, "99.00"), students))
        assert {answer["reason"] for answer in refused} == {"PAUSED"}
        cancelled = list(all_at_once.map(lambda one: json.loads(one.post("/market/orders/cancel")), students))
        assert all("cancelled" in answer["sentence"] for answer in cancelled)
        teacher.post("/market/class/reopen")
        while "continuous" not in json.loads(teacher.open("/market/state.json"))["market"]["instruments"][0][-1]:
            pass
        assert all(one.order("sell", 1, "")["order"] for one in students)
        results = teacher.open("/market/results.csv").splitlines()
        assert len(results) == STUDENTS + 1
        said = site.end()
    [run] = (tmp_path / "results").iterdir()
    assert f"kept in results/{run.name}." in said
    stored = archive.load(run)
    accepted = [event for event in stored.journal.of(OrderAccepted) if event.account.startswith("student ")]
    assert len(accepted) == 4 * STUDENTS, "every order that was acknowledged is there"
    assert sum(event.account.startswith("student ") for event in stored.journal.of(OrderRejected)) == STUDENTS
    events = stored.journal.since(0)
    again = Session.replay(events, at=len(events) - 2).journal.since(0)
    assert again[: len(events) - 1] == events[:-1]
