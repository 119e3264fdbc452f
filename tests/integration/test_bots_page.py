"""docs/bots.md tells the truth: its code runs from top to bottom and prints what the page says."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from market_sim.api.client import ADDRESS, STREAM
from market_sim.core.models.market_events import OrderAccepted
from tests.conftest import ROOT
from tests.served_market import served

PAGE = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")


def snippets(needs_ccxt: bool) -> list[tuple[str, str]]:
    """The code of the page with what it prints; what needs ccxt runs in tests/system/test_ccxt.py."""
    pairs = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert len(pairs) == PAGE.count("```python") > 1
    return [(code, told) for code, told in pairs if ("import ccxt" in code) is needs_ccxt]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with served(tmp_path_factory.mktemp("bots"), has_stream=True) as found:
        yield found


def test_the_page_prints_what_it_says(live, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for code, told in snippets(needs_ccxt=False):
        here = code.replace(ADDRESS, live.address).replace(STREAM, live.stream)
        # The page is ours, and what it shows is what is run here.
        exec(compile(here, "docs/bots.md", "exec"), names)  # noqa: S102
        assert capsys.readouterr().out == told


@pytest.mark.parametrize("module", ["trading_bot", "lesson_bot"])
def test_its_commands_have_the_options_that_it_types(live, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [typed] = re.findall(rf"^python -m examples\.{module} (.*)$", PAGE, re.MULTILINE)
    words = [re.sub(r"^100$", "1", word) for word in typed.split()]
    monkeypatch.chdir(ROOT)
    places = ["--address", live.address, *(["--stream", live.stream] if module == "lesson_bot" else [])]
    import_module(f"examples.{module}").main([*words, *places])
    name = module.replace("_", "-")
    assert any(event.account == name for event in live.market.journal.of(OrderAccepted))
