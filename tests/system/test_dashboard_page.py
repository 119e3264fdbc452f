"""The dashboard of a run as a file: opened from disk it draws everything, is accessible, and asks nobody."""

from __future__ import annotations

import pytest

from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.conftest import PATIENCE
from tests.system.browsing import axe, browser, expect


@pytest.fixture(scope="module")
def window(needs):
    with browser(needs("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("dashboard") / "dashboard.html"
    result = simulate(FirstMarket(traders=6), Options(epochs=4, settlement="none"))
    path.write_text(result.dashboard.generate_html_dashboard(), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_it_opens_from_disk_without_server_and_network(window, file, width, theme):
    context = window.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, offline=True)
    context.set_default_timeout(1_000 * PATIENCE)
    page, asked, faults = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(file.as_uri())
    page.locator("#dashboard[data-ready]").wait_for()
    expect(page.locator(".main-svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = axe().run(page).response["violations"]
    assert not [(one["id"], node["html"][:120]) for one in violations for node in one["nodes"]]
    assert [one for one in asked if not one.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert not faults
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") != theme
    context.close()
