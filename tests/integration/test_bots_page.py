"""docs/bots.md tells the truth: its code runs from top to bottom and prints what the page says."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")


def test_the_page_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    pairs = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert len(pairs) == PAGE.count("```python") > 1
    for code, told in pairs:
        # The page is ours, and what it shows is what is run here.
        exec(compile(code, "docs/bots.md", "exec"), names)  # noqa: S102
        assert capsys.readouterr().out == told
