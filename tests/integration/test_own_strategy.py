"""A strategy typed into a form of the site: it trades in a process of its own, and its mistakes name its lines."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from market_sim import open_run, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import AgentJoined, RunStarted, StrategyFailed
from market_sim.course import kept_apart
from market_sim.course.kept_apart import KeptApart
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.web import own_strategy
from market_sim.ui.web.application import create_app
from tests.unit.ui.web.conftest import Visitor

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

CODE = """from dataclasses import dataclass
from market_sim import Buy, Sell, Strategy


@dataclass
class BuyTheDip(Strategy):
    window: int = 5

    def decide(self, view):
        market = view["ACME"]
        if market.ask and market.position < 5 and view.random.random() < 0.5:
            yield Buy("ACME", 1, market.ask)
"""
FORM = {
    "seed": "7", "epochs": "3", "p-traders": "6", "p-makers": "3", "p-shock_percent": "-3", "p-volatility_bps": "3",
    "settlement": "none",
}  # fmt: skip


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    places = {name.upper(): str(tmp_path / name) for name in ("results", "instance", "lessons", "answers")}
    (tmp_path / "lessons").mkdir()
    return Visitor(create_app({**places, "TESTING": False}))


def played(visitor: Visitor, **form: str) -> str:
    """The address of the run that this form starts."""
    answer = visitor.post("/scenarios/first-market", {**FORM, **form})
    assert answer.status_code == 303, re.findall(r'<p class="error"[^>]*>(.*?)</p>', answer.text)
    live = answer.headers["Location"]
    assert "event: done" in visitor.get(f"{live}/events").text
    return str(visitor.get(live).headers["Location"])


def journal_at(tmp_path: Path, address: str) -> Journal:
    return open_run(str(tmp_path / "results" / address.rpartition("/")[2])).journal


def own_orders(journal: Journal) -> list[object]:
    return [(event.time, event.terms) for event in journal.of(OrderAccepted) if event.account == "buy-the-dip"]


def test_it_trades_as_it_does_from_the_command_line_and_is_played_again(visitor, tmp_path) -> None:
    address = played(visitor, own_strategy=CODE.replace("\n", "\r\n"))
    journal = journal_at(tmp_path, address)
    [joined] = [event for event in journal.of(AgentJoined) if event.agent == "buy-the-dip"]
    assert (joined.strategy, joined.parameters) == ("BuyTheDip", {"window": 5})
    file = tmp_path / "own.py"
    file.write_text(CODE)
    scenario = FirstMarket(traders=6, makers=3, shock_percent=-3.0)
    here = simulate(scenario, epochs=3, settlement="none", guests=f"{file}:BuyTheDip")
    assert own_orders(journal) == own_orders(here.journal) != []
    # The page offers it again: the form holds the code, and a run of it is the same.
    page = visitor.get(address).text
    [kept] = set(re.findall(r'name="own" value="([0-9a-f]{16})"', page))
    change = re.search(r'href="(/scenarios/first-market\?[^"]*)"', page)
    assert change is not None
    assert "class BuyTheDip(Strategy):" in visitor.get(change[1].replace("&amp;", "&")).text
    again = journal_at(tmp_path, played(visitor, own=kept))
    assert own_orders(again) == own_orders(journal)
    assert again[0] == journal[0]
    assert isinstance(again[0], RunStarted)


def test_the_code_is_never_run_in_the_process_of_the_site_or_of_the_market(visitor, tmp_path) -> None:
    trap = CODE + "\nimport os\nSEEN = os.environ.get('MARKET_SIM_TRAP', 'nothing')\n"
    trap = trap.replace(
        "window: int = 5", "window: str = 'x'\n\n    def __post_init__(self):\n        self.window = SEEN"
    )
    os.environ["MARKET_SIM_TRAP"] = "sprung"
    try:
        journal = journal_at(tmp_path, played(visitor, own_strategy=trap))
    finally:
        del os.environ["MARKET_SIM_TRAP"]
    [joined] = [event for event in journal.of(AgentJoined) if event.agent == "buy-the-dip"]
    assert joined.parameters == {"window": "nothing"}  # it sees nothing of the site's environment


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("def decide(self, view):", "def decide(self, view)", "line 9: "),
        (
            "window: int = 5",
            "window: int = 1 / 0",
            "loading it raised ZeroDivisionError in line 7 of your strategy: division by zero",
        ),
        ("(Strategy)", "", "expected one class derived from Strategy, found none"),
        ("@dataclass", "class Other(Strategy):\n    pass\n\n\n@dataclass", "found Other, BuyTheDip"),
        ("window: int = 5", "window: int", "BuyTheDip(...) raised TypeError"),
        ("window: int = 5", "window: int = 5  # " + "x" * 40_000, "at most 32 KiB"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line_and_the_form_keeps_the_code(visitor, old, new, sentence) -> None:
    answer = visitor.post("/scenarios/first-market", {**FORM, "own_strategy": CODE.replace(old, new, 1)})
    assert answer.status_code == 422
    [said] = re.findall(r'<p class="error"[^>]*>(.*?)</p>', answer.text)
    assert sentence in said.replace("&#39;", "'")
    assert "view.random.random()" in answer.text


def test_a_mistake_in_a_decision_ends_the_strategy_and_names_its_line(visitor, tmp_path) -> None:
    code = CODE.replace('market = view["ACME"]', 'market = view["ACNE"]')
    journal = journal_at(tmp_path, played(visitor, own_strategy=code))
    [failed] = journal.of(StrategyFailed)
    assert failed.agent == "buy-the-dip"
    assert "line 10 of your strategy" in failed.cause


LOOP = "is there a loop that does not end?"


@pytest.mark.thorough
def test_a_loop_in_a_decision_ends_the_strategy_at_its_limit_and_the_market_goes_on(tmp_path) -> None:
    code = CODE.replace(
        'market = view["ACME"]', 'market = view["ACME"]\n        while view.time > 10**9:\n            pass'
    )
    guest = own_strategy.saved(code, tmp_path)
    wrapper = Path(guest.rpartition(":")[0])
    assert KeptApart.seconds == 60
    wrapper.write_text(wrapper.read_text() + "    seconds = 3\n")
    journal = simulate(FirstMarket(traders=6), epochs=3, settlement="none", guests=guest).journal
    [failed] = journal.of(StrategyFailed)
    assert failed.agent == "buy-the-dip"
    assert f"no answer within 3 s: {LOOP}" in failed.cause
    assert any(event.time > failed.time for event in journal.of(Trade))
    assert journal[-1].complete


def test_a_loop_while_the_code_is_loaded_is_told_in_the_form(visitor, monkeypatch) -> None:
    assert kept_apart.TRIED_SECONDS == 5, "a person waits for it"
    monkeypatch.setattr(kept_apart, "TRIED_SECONDS", 0.5)
    answer = visitor.post("/scenarios/first-market", {**FORM, "own_strategy": f"{CODE}\nwhile True:\n    pass\n"})
    assert answer.status_code == 422
    assert f"loading it gave no answer within 0.5 s: {LOOP}" in answer.text
    assert "while True:" in answer.text, "the form keeps the code"


def test_kept_code_is_found_by_its_digest_only(tmp_path) -> None:
    secret = tmp_path / "secret" / "code.py"
    secret.parent.mkdir()
    secret.write_text("secret")
    folder = tmp_path / "strategies"
    folder.mkdir()
    for asked in ("../secret", "", ".", "0" * 16, "A" * 16, f"{'0' * 15}/"):
        assert own_strategy.kept(asked, folder) == ""
