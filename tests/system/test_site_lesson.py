"""A newcomer does the first lesson with the page and nothing else, from the map to the debrief."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.system.browsing import axe, browser, expect, served, visit

LESSON = "01-order-book"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_lesson_from_start_to_pass(needs, tmp_path, width):
    with browser(needs("chromium")) as window, served(tmp_path) as site, visit(window, site, width) as visitor:
        page = visitor.open("/")
        page.get_by_role("link", name="Who trades first?").first.click()
        page.get_by_role("heading", name="Who trades first?").wait_for()

        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Lock it and play the run").click()
        page.wait_for_url(f"**/lessons/{LESSON}*")
        page.locator("#chart[data-ready]").wait_for()
        expect(page.get_by_text("Your prediction is locked")).to_be_visible()
        page.locator("#told .muted").wait_for()
        page.locator("#place").focus()
        page.keyboard.press("ArrowLeft")
        page.get_by_text("tell the whole run; they are here again").wait_for()

        page.get_by_role("button", name="Begin", exact=True).click()
        page.get_by_role("button", name="Save and check").click()
        page.get_by_text(re.compile("public checks 0/5")).wait_for()
        expect(page.get_by_text("✖ failed")).to_have_count(5)
        page.get_by_role("button", name="Show hint 1 of 3 for task 1").click()
        page.locator("#hints-1 li").wait_for()
        expect(page.locator("#hints-1 li")).to_have_count(1)
        assert not axe().run(page).response["violations"]

        solution = (ROOT / "lessons" / LESSON / "solution.py").read_text()
        page.get_by_label(re.compile(r"answers/01-order-book\.py")).fill(solution)
        page.get_by_role("button", name="Save and check").click()
        page.get_by_text(re.compile("public checks 5/5, 10 of 10 points")).wait_for()
        page.get_by_role("heading", name="Debrief").wait_for()
        page.get_by_text("The model solution", exact=True).click()
        if width == 390:  # no scroll bar says there that a line goes on
            for field in page.locator("textarea.code, pre.code").all():
                assert field.evaluate("one => one.scrollWidth <= one.clientWidth")
        assert not axe().run(page).response["violations"]
        page.get_by_role("link", name="Course", exact=True).click()
        page.get_by_text("✔ passed").first.wait_for()
    assert (tmp_path / "answers" / f"{LESSON}.py").read_text() == solution
