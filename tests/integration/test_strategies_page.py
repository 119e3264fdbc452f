"""The page on strategies: every block runs, one after the other, and prints what the page shows after it."""

from __future__ import annotations

import contextlib
import io
import re

from market_sim.market.agents import reports
from market_sim.market.agents.view import InstrumentView, View
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


def test_every_block_prints_what_is_shown_after_it():
    names = {"__name__": __name__}
    printed, shown = "", 0
    for language, text in re.findall(r"```(python|text)\n(.*?)```", PAGE, re.DOTALL):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                # The page is ours, and what it shows is what is run here.
                exec(compile(text, "docs/strategies.md", "exec"), names)  # noqa: S102
            printed = out.getvalue()
        else:
            assert text == printed
            shown += 1
    assert shown == 7


def test_the_page_names_everything_that_a_view_shows():
    for kind in (View, InstrumentView):
        for name in vars(kind):
            if not name.startswith("_") and name not in ("FACTS", "PAST", "at", "symbols", "symbol"):
                assert re.search(rf"`{name}\b|\b{name}`|`{name}\(|, `?{name}\b", PAGE), name


def test_the_page_names_every_report():
    for name in reports.KINDS:
        assert f"`{name}`" in PAGE
