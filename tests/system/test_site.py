"""The site in Chromium: every page in light and dark, wide and narrow; stepping by keys; nothing leaves the machine."""

from __future__ import annotations

import re

import pytest

from market_sim.core.data import archive
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.sweep.axes import axes
from market_sim.simulation.sweep.engines import serial
from market_sim.simulation.sweep.outcomes_file import OutcomesFile
from market_sim.simulation.sweep.plan import Plan
from tests.system.browsing import axe, browser, expect, expect_stillness, seconds_at_best, served, visit

LESSON = "/lessons/01-order-book"
RUN = "/runs/one"
OPTIONS_RUN = "/runs/options"
SWEEP = Plan("crowded-room", axes(["traders=2,3"]), repetitions=1, epochs=2)
PAGES = [
    "/",
    LESSON,
    f"{LESSON}/reset",
    "/scenarios",
    "/scenarios/first-market",
    "/runs",
    "/runs/compare?left=one&right=two",
    RUN,
    f"{RUN}?event=1500",
    OPTIONS_RUN,
    f"{RUN}/orders",
    f"{RUN}/orders?show=orders",
    f"{RUN}/journal",
    f"{RUN}/alerts",
    f"{RUN}/reports/?kind=weekly",
    f"{RUN}/reports/?kind=regulatory",
    f"{RUN}/reports/?kind=flow",
    f"{RUN}/trades/5",
    f"{RUN}/chain",
    f"{RUN}/transactions/2",
    f"{RUN}/orders/40",
    f"{RUN}/difference?then=800&event=1500",
    f"{RUN}/fork?event=1500&change=parameter",
    "/glossary",
    "/rules",
    "/rules/classroom",
    "/protocols",
    "/api",
    "/attack",
    "/meter",
    f"{RUN}/allocation",
    f"{RUN}/microscope",
    f"{RUN}/budget",
    f"/iceberg?run={RUN.rpartition('/')[2]}",
    "/trajectory",
    f"{RUN}/backtest",
    f"/execution?run={RUN.rpartition('/')[2]}",
    "/scenarios/first-market/sweep",
    "/sweeps",
    f"/sweeps/{SWEEP.name}",
]
NOW = "document.getElementById('chart').layout.shapes.at(-1).x0"
"""The moment of the place at which the timeline stands."""
MOST_SECONDS = 3
"""Until the page of 12 epochs can be used, with room for a busy machine; benchmarks/site.py has the figure."""


@pytest.fixture(scope="module")
def chromium(needs):
    return needs("chromium")


@pytest.fixture(scope="module")
def window(chromium):
    with browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    options = Options(epochs=12, settlement="memory", byzantine="n3:equivocate@5-7")
    archive.save(simulate(FirstMarket(), options).journal, folder / "results" / "one")
    other = simulate(FirstMarket(traders=5), Options(epochs=6, settlement="memory"))
    archive.save(other.journal, folder / "results" / "two")
    expiring = simulate(OptionExpiry(), Options(epochs=3, settlement="memory"))
    archive.save(expiring.journal, folder / "results" / "options")
    swept = OutcomesFile(folder / "results" / f"{SWEEP.name}.jsonl", SWEEP)
    for outcome in serial(list(SWEEP.jobs())):
        swept.add(outcome)
    swept.close()
    with served(folder) as address:
        yield address


@pytest.fixture
def visitor(window, site):
    with visit(window, site) as one:
        yield one


# A wide screen has the elements and colours of 1280 pixels: only its width is looked at, in one theme.
@pytest.mark.parametrize(
    ("width", "theme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"), (1920, "light")]
)
def test_every_page_is_accessible_quiet_and_never_wider_than_the_screen(window, site, width, theme):
    with visit(window, site, width, theme, latency=0) as visitor:
        for address in PAGES:
            page = visitor.open(address)
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            violations = axe().run(page).response["violations"] if width <= 1280 else []
            found = [(one["id"], node["html"][:120]) for one in violations for node in one["nodes"]]
            assert not found, (address, found)


def test_a_missing_page_is_accessible_too(window, site):
    with visit(window, site) as visitor:
        visitor.allowed.append("404")
        page = visitor.open("/nothing")
        assert not axe().run(page).response["violations"]


def test_the_run_page_can_be_used_soon(window, site):
    with visit(window, site, latency=0) as visitor:

        def open_it() -> None:
            visitor.open(RUN)
            visitor.page.locator("#stepper").wait_for()

        assert seconds_at_best(open_it, MOST_SECONDS) < MOST_SECONDS


def test_no_button_sends_the_work_to_a_cloud(visitor, tmp_path):
    page = visitor.open(RUN)
    page.locator(".modebar-btn").first.wait_for(state="attached")
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(one => one.dataset.title || '')")
    assert len(titles) >= 4
    assert not [title for title in titles if re.search(r"share|cloud|edit|studio", title, re.IGNORECASE)]
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    exported = tmp_path / "export.html"
    download.value.save_as(exported)
    assert '"showSendToCloud":false' in exported.read_text().replace(" ", "").replace("False", "false")


def test_keys_step_forward_and_back(visitor):
    page = visitor.open(f"{RUN}?event=1500")
    told = page.locator("#told")
    page.locator("#told .muted").wait_for()
    started = told.inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.getElementById('told').innerText !== before", arg=started)
    next_one = told.inner_text()
    assert "block" in next_one
    page.wait_for_function("() => document.getElementById('chart').layout.shapes.at(-1).x0 > 0")
    expect(page.locator("#state-card")).to_be_visible()
    expect(page.get_by_text("aggressive orders bought").first, "the sentences tell the whole run").to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.getElementById('told').innerText !== before", arg=next_one)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.getElementById('told').innerText === before", arg=next_one)
    place = re.search(r"event=(\d+)", page.url)[1]
    page.reload()
    page.locator("#told .muted").wait_for()
    page.wait_for_function("before => document.getElementById('told').innerText === before", arg=next_one)
    expect(page.locator("#stepper")).to_have_attribute("data-at", place)
    page.keyboard.press("Home")
    page.wait_for_url("**event=0")
    expect(told).to_contain_text("the run starts")
    page.keyboard.press("End")
    page.get_by_text("aggressive orders bought").first.wait_for()


@pytest.mark.parametrize("broken", ["**/plotly.min.js", "**/figure.json"])
def test_without_its_chart_the_page_says_so_and_still_steps(visitor, broken):
    visitor.allowed += ["404"]
    visitor.page.route(broken, lambda route: route.fulfill(status=404))
    page = visitor.page
    page.goto(f"{visitor.base}{RUN}?event=1500")
    page.get_by_role("alert").get_by_text("The chart could not be drawn").wait_for()
    page.locator("#told .muted").wait_for()
    page.keyboard.press("Home")
    page.wait_for_url("**event=0")
    expect(page.locator("#told")).to_contain_text("the run starts")
    expect(page.locator("#matched")).to_be_visible()
    expect(page.get_by_role("button", name="Whole run")).to_be_hidden()


def test_nothing_moves_when_the_chart_comes(visitor):
    page = visitor.page
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(all => all.getEntries().forEach(one => { moved += one.value; }))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    held = []
    page.route("**/plotly.min.js", lambda route: held.append(route))
    page.goto(visitor.base + RUN, wait_until="commit")
    page.locator("#told .muted").wait_for()
    page.wait_for_function("() => document.getElementById('chart').offsetHeight > 600")
    height = page.evaluate("document.body.scrollHeight")
    held[0].continue_()
    page.locator("#chart[data-ready]").wait_for()
    assert page.evaluate("document.body.scrollHeight") == height
    assert page.evaluate("moved") < 0.05


def test_a_chart_that_fails_half_way_leaves_its_reason(visitor):
    page = visitor.open(RUN)
    page.evaluate("() => { Plotly.react = () => { throw new Error('it is too tired'); }; }")
    page.get_by_label("market", exact=True).uncheck()
    page.get_by_role("alert").get_by_text("it is too tired").wait_for()
    expect(page.locator("#chart .js-plotly-plot, #chart .main-svg")).to_have_count(0)


def test_filters_choose_what_a_step_is(visitor):
    page = visitor.open(f"{RUN}?event=1500")
    page.locator("#told .muted").wait_for()
    page.locator("[name=kind]").select_option("trades")
    page.locator("[name=account]").select_option("maker-1")
    page.get_by_role("button", name="Step on").click()
    page.wait_for_function("() => /trade \\d+.*maker-1/.test(document.getElementById('told').innerText)")
    expect(page.locator("#bids tr")).not_to_have_count(0)
    page.get_by_role("link", name="follow it").click()
    page.wait_for_url("**/trades/*")


def test_panels_can_be_left_out(visitor):
    page = visitor.open(RUN)
    panels = (
        "() => Object.keys(document.getElementById('chart')._fullLayout).filter(key => /^yaxis\\d*$/.test(key)).length"
    )
    assert page.evaluate(panels) == 5
    page.get_by_label("market", exact=True).uncheck()
    page.wait_for_function(f"() => ({panels})() === 3")
    expect(page.locator("figcaption [data-group=market]")).to_be_hidden()


def test_on_a_phone_play_steps_by_itself_and_the_place_stays_in_sight(window, site):
    with visit(window, site, width=390) as visitor:
        page = visitor.open(f"{RUN}?event=0")
        page.locator("#told .muted").wait_for()
        page.locator("[name=kind]").select_option("epochs")
        seen = f"""() => {{
            const chart = document.getElementById('chart'), box = chart.parentElement, layout = chart._fullLayout;
            const across = layout._size.l + layout.xaxis.d2p({NOW}) - box.scrollLeft;
            return across >= 0 && across <= box.clientWidth;
        }}"""
        page.get_by_role("button", name="Play", exact=True).click()
        for epoch in (2, 5, 9):
            page.wait_for_function(f"() => document.getElementById('told').innerText.includes('epoch {epoch} starts')")
            page.wait_for_function(seen)
        page.get_by_role("button", name="Pause").click()
        assert page.evaluate("document.getElementById('chart').parentElement.scrollLeft") > 0, "it had to move"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("[data-move=last]").click()
        page.get_by_text("aggressive orders bought").first.wait_for()
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_what_was_chosen_last_stays_however_late_an_earlier_answer_comes(visitor):
    page = visitor.open(RUN)
    held = []
    page.route("**/figure.json?*", lambda route: route.continue_() if held else held.append(route))
    page.get_by_label("settlement", exact=True).uncheck()
    page.get_by_label("market", exact=True).uncheck()
    page.wait_for_timeout(500)
    held[0].continue_()
    titles = "() => document.getElementById('chart')._fullLayout.annotations.map(one => one.text).join()"
    page.wait_for_function(f"() => !({titles})().includes('order book')")
    page.wait_for_timeout(500)
    assert "order book" not in page.evaluate(titles)
    assert "Settlement" not in page.evaluate(titles)


def test_pictures_are_drawn_when_they_are_seen_and_follow_the_place_or_are_hidden_there(visitor):
    page = visitor.open(OPTIONS_RUN)
    page.locator("#told .muted").wait_for()
    pictures = page.locator("[data-picture]")
    assert pictures.count() == 3
    assert page.locator("[data-picture][data-ready]").count() == 0
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function("one => one.dataset.ready", arg=picture.element_handle())
    page.keyboard.press("ArrowLeft")
    payoff, open_interest = pictures.last, "document.querySelectorAll('[data-picture]')[1]"
    payoff.wait_for(state="hidden")
    page.wait_for_function(f"() => {open_interest}.layout.shapes.at(-1)?.x0 === {NOW}")
    assert page.evaluate(f"Math.max(...{open_interest}.data.flatMap(one => one.x)) <= {NOW}")
    expect(page.locator("figcaption").last, "its sentence and table tell the whole run").to_be_hidden()
    page.get_by_role("button", name="Whole run").click()
    payoff.wait_for(state="visible")
    page.wait_for_function(f"() => !{open_interest}.layout.shapes.length")
    page.get_by_label("mechanisms", exact=True).uncheck()
    page.wait_for_function("() => document.querySelectorAll('[data-picture]')[1].closest('figure').hidden")


def test_the_theme_is_switched_and_remembered(visitor):
    page = visitor.open(RUN)
    light = page.evaluate("document.getElementById('chart')._fullLayout.paper_bgcolor")
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function("before => document.getElementById('chart')._fullLayout.paper_bgcolor !== before", arg=light)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_click_on_a_vote_verifies_its_signature(visitor):
    page = visitor.open(f"{RUN}/trades/5")
    button = page.get_by_role("button", name=re.compile("Verify the signature of validator")).first
    button.click()
    verdict = page.locator("[data-vote] ~ [role=status]").first
    expect(verdict).to_have_text(re.compile("^✔ valid under key"))


def test_a_click_on_an_aggressive_order_opens_its_trace(visitor):
    page = visitor.open(RUN)
    where = page.evaluate(
        """() => {
            const chart = document.getElementById('chart');
            chart.scrollIntoView({ behavior: 'instant' });  // the mouse reaches what is on the screen
            const trace = chart._fullData.find(one => one.name === 'aggressive buy');
            const place = trace.marker.size.indexOf(Math.max(...trace.marker.size));
            const box = chart.getBoundingClientRect(), size = chart._fullLayout._size;
            const axes = chart._fullLayout;
            return [box.left + size.l + axes.xaxis.d2p(trace.x[place]),
                    box.top + axes.yaxis._offset + axes.yaxis.d2p(trace.y[place])];
        }"""
    )
    page.mouse.move(*where)
    page.mouse.click(*where)
    page.wait_for_url("**/orders/*")
    expect(page.get_by_role("heading", name=re.compile(r"^Order \d+"))).to_be_visible()


def test_everything_is_reached_by_tab(visitor):
    page = visitor.open(RUN)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.name || document.activeElement.innerText"
            )
        )
    assert {"again-seed", "place", "kind", "account", "Play again", "Whole run"} <= reached


def test_a_run_is_started_followed_and_opened(visitor):
    page = visitor.open("/scenarios/streamlet")
    page.get_by_label("Seed").fill("no number")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("alert").wait_for()
    expect(page.get_by_label("Seed")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Seed").fill("21")
    page.get_by_label("Settled on").select_option("memory")
    visitor.faults.clear()  # a page with the status 422 is an error to the console
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**/runs/streamlet-seed21-*")
    page.locator("#chart[data-ready]").wait_for()


def test_the_policy_stops_inline_script(visitor):
    page = visitor.open("/glossary")
    visitor.allowed += ["Content Security Policy"]
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_a_paused_run_is_stepped_by_keys_and_forked(window, site, width, theme):
    with visit(window, site, width, theme) as visitor:
        page = visitor.page
        page.goto(f"{visitor.base}/scenarios/streamlet")
        page.select_option("[name=pace]", "paused")
        page.select_option("[name=settlement]", "none")
        page.get_by_role("button", name="Run", exact=True).click()
        told = page.locator("#told")
        told.wait_for()
        expect(page.locator("#state")).to_have_text(re.compile("^It stands still at its beginning: “Go on” plays it"))
        for epoch in (0, 1):  # the time before the first epoch is number 0
            page.get_by_role("button", name="One epoch on").click()
            page.get_by_text(f"epoch {epoch}:").wait_for()
        before = told.inner_text()
        page.locator("h1").click()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("before => document.getElementById('told').innerText !== before", arg=before)
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => document.getElementById('told').innerText === before", arg=before)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not axe().run(page).response["violations"]
        page.get_by_role("link", name="Fork here with a change").click()
        page.select_option("[name=change]", "byzantine")
        expect(page.locator("[name=behaviour]")).to_be_visible()
        expect(page.locator("[name=limit]")).to_be_hidden()
        page.get_by_role("button", name="Fork", exact=True).click()
        page.wait_for_url("**/runs/**")
        page.get_by_text("n3:silent@2-8").first.wait_for()


HELD = "() => document.querySelector('[data-figure]').data.find((one) => one.name === 'formula').y[3]"
"""What is left after the fourth slice, as it is drawn."""


def test_the_slider_of_the_aversion_to_risk_moves_the_curve_its_sentence_and_its_address(visitor):
    page = visitor.open("/trajectory")
    page.locator("summary").click()
    before, told = page.evaluate(HELD), page.locator("figcaption p").first.inner_text()
    page.locator("#risk_aversion").press("ArrowRight")
    page.wait_for_function(f"before => ({HELD})() < before", arg=before)
    page.wait_for_function("before => !document.querySelector('figcaption').innerText.includes(before)", arg=told)
    page.wait_for_url(re.compile(r"/trajectory\?.*risk_aversion=0\.00"))
    page.locator("figcaption table").wait_for()  # what was open stays open
    page.locator("#risk_aversion").press("Home")
    page.wait_for_function(f"() => ({HELD})() === 450")
    page.locator("#aversion").get_by_text("0", exact=True).wait_for()
    page.wait_for_url(re.compile(r"risk_aversion=0&"))
    page.reload()
    page.get_by_text("With an aversion to risk of 0 half").wait_for()
    assert page.locator("#risk_aversion").input_value() == "0"


REACHED = "() => document.getElementById('chart').layout?.xaxis.range[1]"
"""The simulated second up to which the chart of a run on its way is drawn."""


def test_the_chart_of_a_run_grows_while_it_goes_and_expect_stillness_when_it_is_paused(visitor):
    page = visitor.page
    page.goto(f"{visitor.base}/scenarios/first-market")
    page.select_option("[name=pace]", "5")
    page.select_option("[name=settlement]", "none")
    page.fill("[name=epochs]", "200")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#chart[data-ready]").wait_for()
    reached = page.evaluate(REACHED)
    page.wait_for_function(f"before => ({REACHED})() > before + 1", arg=reached)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").wait_for()
    page.locator("#told").wait_for()
    expect_stillness(page, lambda: (page.evaluate(REACHED), page.locator("#epochs tr").count()))
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/runs/**")
