"""The site with the keyboard alone: everything is reached by Tab and shows that it has the focus; an order is placed
and cancelled without a mouse. The same runs tell whether the table of venues fits a screen."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

from market_sim.core.data import archive
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from tests.conftest import PATIENCE, ROOT
from tests.system.browsing import browser, expect, visit

LESSON, RUN = "/lessons/01-order-book", "/runs/venues"
READY = {
    "/market": "#ticket",
    LESSON: "#code",
    "/scenarios/first-market": "form button.primary",
    RUN: "#stepper",
    f"{RUN}/fork?event=500": "form button.primary",
}
"""What a page shows once its script has run, or what it has without one."""
MOST_STOPS = 400

BEGIN = """() => {
  window.isThere = (one) => one.isConnected && one.checkVisibility({ visibilityProperty: true });
  window.walked = new Set();
  window.usable = [...document.querySelectorAll(
    "a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled, summary, [tabindex]"
  )].filter((one) => isThere(one) && one.tabIndex >= 0);
}"""
"""What can be used now; a chart that is drawn meanwhile has buttons of its own."""
STEP = """() => {
  const at = document.activeElement;
  if (at === document.body || walked.has(at)) return null;
  walked.add(at);
  const style = getComputedStyle(at);
  const isShown = (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
  return isShown ? "" : at.outerHTML.slice(0, 120);
}"""
MISSED = """() => usable.filter((one) => isThere(one) && !walked.has(one)
  && !(one.type === "radio" && [...walked].some((other) => other.name === one.name))
).map((one) => one.outerHTML.slice(0, 120))"""
"""What was not reached; of radio buttons Tab reaches one, and the arrows the others."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with a run on three venues, and a live market that everybody on this computer may join."""
    folder = tmp_path_factory.mktemp("keyboard")
    made = simulate("three-venues", Options(epochs=2, settlement="none"))
    archive.save(made.journal, folder / "results" / "venues")
    live = ["--scenario", "first-market", "--no-settle", "--stream-port", "0"]
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0", "--lessons", str(ROOT / "lessons")]
    process = subprocess.Popen([*command, *live], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def window(needs):
    with browser(needs("chromium")) as opened:
        yield opened


def tab_to(page, what: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"Tab does not reach {what}")


def walk(page, address: str) -> None:
    """Press Tab until the focus has been everywhere: it is seen at each stop, and nothing is left out."""
    expect(page.locator(READY[address]).first).to_be_visible()
    page.evaluate(BEGIN)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        unseen = page.evaluate(STEP)
        assert not unseen, (address, unseen)
        if unseen is None:
            break
    assert page.evaluate(MISSED) == [], address


def test_everything_is_reached_by_tab_and_shows_its_focus_and_an_order_needs_no_mouse(window, site):
    with visit(window, site, latency=0) as visitor:
        page = visitor.open("/market/join")
        tab_to(page, "#name")
        page.keyboard.type("ann")
        page.keyboard.press("Enter")
        page.wait_for_url("**/market")
        expect(page.locator("#show")).to_be_hidden()  # by the script of the page, which has begun
        walk(page, "/market")
        tab_to(page, "#quantity")
        page.keyboard.type("5")
        tab_to(page, "#limit")
        page.keyboard.type("50.00")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_have_text(re.compile(r"^Order \d+ waits in the book\.$"))
        expect(page.locator("#own-orders button")).to_have_count(1)
        tab_to(page, "#own-orders button")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_have_text(re.compile(r"^Order \d+ is cancelled\. 5 withdrawn\.$"))
        expect(page.locator("#own-orders")).to_contain_text("cancelled: 5 withdrawn")
        expect(page.get_by_role("region", name="Your orders, table")).to_be_focused()
        visitor.open(LESSON).get_by_role("button", name="Begin").click()
        expect(page.locator("#code")).to_be_visible()
        for address in list(READY)[1:]:
            walk(visitor.open(address), address)


def test_the_table_of_venues_fits_a_screen(window, site):
    with visit(window, site, latency=0) as visitor:
        visitor.allowed.append("Failed to load resource")
        visitor.page.route("**/plotly/**", lambda route: route.abort())  # a table needs no pictures
        visitor.page.goto(site + RUN)
        table = visitor.page.get_by_role("region", name="The venues: the table")
        assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
        visitor.page.add_style_tag(content=".data thead th { white-space: nowrap !important; }")
        assert table.evaluate("one => one.scrollWidth - one.clientWidth") > 0, "the canary: its heads do wrap"
