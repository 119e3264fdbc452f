"""docs/exchange.md tells the truth: every example in it runs."""

from __future__ import annotations

import doctest

from tests.conftest import ROOT


def test_every_example_of_the_page_runs():
    page = ROOT / "docs" / "exchange.md"
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 60
    assert result.failed == 0
