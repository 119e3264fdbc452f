"""The written page in a real browser: it draws without an error, asks nobody for anything, and can be used by keyboard.

Pictures of it at 1280 and 390 pixels, light and dark, are left in pytest's temporary folder for a person to look at.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import time

import pytest

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.visualization.as_of import figure_as_of
from market_sim.analysis.visualization.charts import charts_of, drawn_together, together
from market_sim.analysis.visualization.page import timeline_page
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.conftest import PATIENCE
from tests.system.browsing import expect

RUNS = {
    "short": Options(epochs=12, settlement="memory", byzantine="n2:equivocate@2-6"),
    "long": Options(epochs=80, settlement="memory"),
}
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """An ordinary run with a liar in it, and one that is long enough to be panned through."""
    folder = tmp_path_factory.mktemp("timeline")
    for name, options in RUNS.items():
        (folder / f"{name}.html").write_text(timeline_page(simulate(FirstMarket(), options)), encoding="utf-8")
    return folder


def library(name: str):
    """A library of the extra [browser]; without it the test is skipped, or fails where a browser is demanded."""
    if os.environ.get("REQUIRE_BROWSER") in ("1", "true"):
        return importlib.import_module(name)
    return pytest.importorskip(name, reason="needs the extra [browser]")


@pytest.fixture(scope="module")
def journal():
    """What the page `short` is made from."""
    return simulate(FirstMarket(), RUNS["short"]).journal


@pytest.fixture(scope="module")
def browser(needs):
    program = needs("chromium")
    playwright = library("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser, pages):
    """Opens a page and remembers everything that went wrong or out."""
    contexts, troubles = [], []

    def open_page(name: str = "short", width: int = 1280, height: int = 900, scheme: str = "light"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US", timezone_id="UTC"
        )
        context.set_default_timeout(1_000 * PATIENCE)
        contexts.append(context)
        page = context.new_page()
        file = (pages / f"{name}.html").as_uri()
        page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda sent: troubles.append(sent.url) if not sent.url.startswith((file, "data:")) else 0)
        page.goto(file)
        page.wait_for_selector("#chart-0[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


def until(page, expression: str) -> None:
    """Wait for a condition; playwright's own way is an eval, which the policy of the page forbids."""
    late = time.monotonic() + PATIENCE
    while time.monotonic() < late:
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def shown_seconds(page) -> list[float]:
    return page.evaluate("document.getElementById('chart-0').layout.xaxis.range")


def shown_blocks(page) -> dict[str, int]:
    """How many blocks of each fate are drawn."""
    drawn = page.evaluate("document.getElementById('chart-0').data.map((one) => [one.name, one.x ? one.x.length : 0])")
    return {name: count for name, count in drawn if name in ("proposed", "notarized", "finalized", "orphaned")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_everything_and_never_scrolls_sideways(opened, tmp_path, width, scheme):
    page = opened(width=width, scheme=scheme)
    assert page.locator("#chart-0 .heatmaplayer image").count() == 1
    assert page.locator("#chart-0 .scatterlayer .trace").count() > 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.querySelector('#chart-0 .main-svg')).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 27)"}[scheme]
    picture = tmp_path / f"timeline-{width}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 50_000


def test_an_empty_cell_of_the_depth_has_no_hover_text(opened):
    page = opened()
    cells = """document.getElementById("chart-0").calcdata.map(([one]) => one.z).find((z) => z)
        .map((row) => [...row]).flat()"""
    for at in ("End", "Home", "ArrowRight"):
        page.keyboard.press(at)
        page.wait_for_timeout(300)
        if at != "Home":
            shades = page.evaluate(cells)
            assert 0 not in shades
            assert None in shades
    assert page.locator("#chart-0 .heatmaplayer image").count() == 1


def test_on_a_phone_the_chart_keeps_its_width_in_a_box_that_scrolls(opened):
    page = opened(width=390, height=844)
    box = page.locator(".scroll").filter(has=page.locator("#chart-0"))
    assert box.evaluate("box => box.scrollWidth") >= 760
    box.focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('#chart-0').parentElement.scrollLeft > 0")
    expect(page.locator("#told")).to_contain_text("whole run")


def test_nothing_offers_to_send_the_work_to_a_cloud(opened):
    page = opened()
    names = [button.get_attribute("data-title") for button in page.locator(".modebar-btn").all()]
    assert "Download plot as a PNG" in names
    assert not [name for name in names if any(word in name.lower() for word in ("share", "cloud", "edit", "send"))]
    assert page.locator(".modebar a[href], .plotlyjsicon").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barrier_that_axe_knows(opened, scheme):
    axe = library("axe_playwright_python.sync_playwright")
    page = opened(scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_theme_follows_the_system_until_somebody_chooses(opened):
    page = opened(scheme="light")
    theme = "document.documentElement.dataset.theme"
    page.emulate_media(color_scheme="dark")
    until(page, f"{theme} === 'dark'")
    page.click("#theme")
    until(page, f"{theme} === 'light'")
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(theme) == "light"
    assert page.evaluate("document.getElementById('chart-0').layout.paper_bgcolor") == "#ffffff"


def test_the_left_and_right_keys_step_through_the_events(opened):
    page = opened()
    told = page.locator("#told")
    page.focus("#step")
    page.keyboard.press("Home")
    expect(told).to_contain_text("epoch 1 starts, validator 1 leads")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("validator 1 proposes block 1")
    until(page, "document.getElementById('chart-0').layout.shapes.at(-1).x0 === 1")
    assert shown_blocks(page) == {"finalized": 1, "proposed": 1}, "genesis and the proposal, nothing that comes later"
    page.locator(".scroll").filter(has=page.locator("#chart-0")).focus()
    page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("epoch 1 starts")
    page.focus("#step")
    page.keyboard.press("End")
    expect(told).to_contain_text("The whole run")
    until(page, "document.querySelector('[data-tells=whole]').hidden === false")
    until(page, "document.getElementById('chart-0').data.find((one) => one.name === 'finalized')?.x.length > 5")


def test_the_browser_draws_what_the_state_function_says_at_any_place(opened, journal):
    """The modules in two languages that choose what is drawn agree, mark by mark."""
    page = opened()
    run = RunHistory(journal)
    figure = drawn_together(run, together(charts_of(run)))
    numbers = json.loads(page.locator("#data").text_content())["steps"]["numbers"]
    for step in [*random.Random(8).sample(range(len(numbers)), 12), 0, len(numbers) - 1]:
        number = numbers[step]
        page.locator("#step").evaluate(
            "(one, step) => { one.value = step; one.dispatchEvent(new Event('input')); }", step
        )
        time = seconds(journal[number].time)
        until(page, f"document.getElementById('chart-0').layout.shapes.at(-1).x0 === {time}")
        wanted = figure_as_of(figure, number, time)
        marks = {trace["name"]: len(trace["x"]) for trace in wanted["data"] if trace.get("x")}
        drawn = page.evaluate("document.getElementById('chart-0').data.map((one) => [one.name, (one.x || []).length])")
        assert {name: count for name, count in drawn if count} == marks, step
        shapes = page.evaluate(
            "document.getElementById('chart-0').layout.shapes.map((one) => [one.type, one.x0, one.x1])"
        )
        assert shapes == [[shape["type"], shape["x0"], shape["x1"]] for shape in wanted["layout"]["shapes"]], step
        told = page.evaluate("document.getElementById('chart-0').layout.annotations.map((one) => one.text)")
        assert told == [one["text"] for one in wanted["layout"]["annotations"]], step


def test_play_steps_by_itself_until_it_is_paused_and_the_whole_run_ends_it(opened):
    page = opened()
    told = page.locator("#told")
    page.get_by_role("button", name="Play").click()
    until(page, "parseInt(document.getElementById('told').textContent) >= 3")
    page.get_by_role("button", name="Pause").click()
    reached = told.inner_text()
    page.wait_for_timeout(1_500)
    assert told.inner_text() == reached
    page.get_by_role("button", name="Whole run").click()
    expect(told).to_contain_text("The whole run")
    until(page, "document.querySelector('[data-tells=whole]').hidden === false")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_keys_step_from_anywhere_on_the_page_and_the_words_of_the_end_are_hidden(opened):
    page = opened()
    page.keyboard.press("Home")
    until(page, "document.getElementById('told').textContent.startsWith('1 of')")
    assert page.locator("figcaption table").count() > 0
    expect(page.locator("figcaption [data-tells=whole]").first).to_be_hidden()
    page.keyboard.press("ArrowRight")
    until(page, "document.getElementById('told').textContent.startsWith('2 of')")


def test_on_a_phone_the_box_scrolls_to_the_step(opened):
    page = opened(width=390, height=844)
    box = "document.querySelector('#chart-0').parentElement"
    page.focus("#step")
    page.keyboard.press("ArrowLeft")
    until(page, f"{box}.scrollLeft > 200")
    page.keyboard.press("Home")
    until(page, f"{box}.scrollLeft < 100")


def test_panel_titles_fit_on_a_phone(opened):
    page = opened(width=390, height=844)
    ends = page.evaluate(
        "[...document.querySelectorAll('#chart-0 .annotation')].filter((one) => one.querySelector('tspan'))"
        ".map((one) => [one.textContent, one.getBoundingClientRect().right])"
    )
    titles = {text: right for text, right in ends if ":" in text}
    assert len(titles) == 5
    assert not {text: right for text, right in titles.items() if right > 390}


def test_a_zoom_survives_a_step_and_a_change_of_colours(opened):
    page = opened()
    page.evaluate("Plotly.relayout('chart-0', {'xaxis.range': [2, 6]})")
    page.focus("#step")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.evaluate("Plotly.relayout('chart-0', {'xaxis.range': [0.5, 4.5]})")
    page.click("#theme")
    page.keyboard.press("Tab")
    assert shown_seconds(page) == [0.5, 4.5]
    page.click("[data-window=whole]")
    assert shown_seconds(page) == pytest.approx([-0.45, 13.27])


def test_waiting_orders_can_be_hidden(opened):
    page = opened()
    page.uncheck("#depth")
    until(page, "document.querySelectorAll('#chart-0 .heatmaplayer image').length === 0")
    page.check("#depth")
    until(page, "document.querySelectorAll('#chart-0 .heatmaplayer image').length === 1")


def test_a_long_run_opens_on_its_last_epochs_and_pans(opened):
    page = opened("long")
    first, last = shown_seconds(page)
    assert 50 < first < 51 and 81 < last < 82
    page.click("[data-window=back]")
    assert shown_seconds(page) == pytest.approx([first - (last - first), first])
    for _ in range(3):
        page.click("[data-window=back]")
    assert shown_seconds(page)[0] == pytest.approx(-0.45)
    page.click("[data-window=last]")
    assert shown_seconds(page) == pytest.approx([first, last])
    page.focus("#step")
    page.keyboard.press("Home")
    assert shown_seconds(page)[0] < 1 < shown_seconds(page)[1], "the window follows the step"


def test_printing_opens_every_table_and_closes_it_again(opened):
    page = opened(scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
