"""One list of alerts at every door: command, table, page, timeline, REST; halts, margin and the chain are in it too."""

from __future__ import annotations

import json
import re

import pytest

from market_sim import open_run
from market_sim.analysis.alerts import alerts
from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.visualization.event_lines import event_lines
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, PhaseChanged
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled
from market_sim.core.models.settlement_events import CallExecuted, SettlementReverted, TradeRefused
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.spoofer import SpooferScenario
from market_sim.ui.cli.main import main
from market_sim.ui.web.application import create_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A stored run with a spoofer and a layerer."""
    place = tmp_path_factory.mktemp("runs") / "spoofed"
    archive.save(simulate(SpooferScenario(), Options(epochs=4, settlement="none")).journal, place)
    return place


@pytest.fixture(scope="module")
def site(folder):
    return create_app({"RESULTS": folder.parent, "TESTING": True}).test_client()


def test_the_command_prints_each_alert_with_its_rule_and_its_evidence(folder, capsys) -> None:
    found = open_run(folder).listed_alerts
    assert main(["surveil", str(folder)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith(f"{len(found)} alerts; accused of misconduct: ")
    for one in found:
        assert f"event {one.event} {one.severity} {one.code}" in told
        assert " ".join(one.sentence.split()) in told
        assert one.rule in told
        assert f"trades {one.trades[0]}" in told


def test_the_command_prints_the_alerts_of_one_account_as_a_document(folder, capsys) -> None:
    assert main(["surveil", str(folder), "--json", "--account", "layerer", "--accused"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {tuple(one["accounts"]) for one in told} == {("layerer",)}
    assert all(one["accuses"] for one in told)


def test_an_unknown_account_is_refused_with_the_known_ones(folder, capsys) -> None:
    assert main(["surveil", str(folder), "--account", "eve"]) == 2
    assert "there is no account 'eve' in this run; there is fees, maker-ladder" in capsys.readouterr().err


def test_the_table_the_page_and_the_interface_hold_the_same_alerts(folder, site) -> None:
    found = open_run(folder).listed_alerts
    table = open_run(folder).alerts
    assert table.column("event") == [one.event for one in found]
    page = site.get("/runs/spoofed/alerts", base_url="http://127.0.0.1:5000").text
    answer = site.get("/api/runs/spoofed/alerts", base_url="http://127.0.0.1:5000")
    assert [one["event"] for one in answer.json] == [one.event for one in found]
    file = site.get("/runs/spoofed/alerts?as=csv", base_url="http://127.0.0.1:5000").text
    assert len(file.splitlines()) == 1 + len(found)
    for one in found:
        assert one.rule in page
        assert f"/runs/spoofed?event={one.event}" in page
        assert all(f"/runs/spoofed/orders/{order}" in page for order in one.orders)
    assert site.get("/runs/spoofed/alerts?show=x", base_url="http://127.0.0.1:5000").status_code == 422
    assert site.get("/api/runs/nothing/alerts", base_url="http://127.0.0.1:5000").json["code"] == "UNKNOWN_RUN"


def test_the_page_of_a_run_and_its_timeline_name_the_accused(folder, site) -> None:
    page = site.get("/runs/spoofed", base_url="http://127.0.0.1:5000").text
    assert re.search(r"accused of misconduct: \w+, \w+\.", page)
    lines = [line for line in event_lines(RunHistory(open_run(folder).journal)) if line.role == "bad"]
    found = [one for one in open_run(folder).listed_alerts if one.accuses]
    assert len(lines) == len(found)
    assert [one.sentence in line.hover for one, line in zip(found, lines, strict=True)] == [True] * len(found)
    # Those that come close together share the label of the first, or labels would lie over each other.
    assert lines[0].label == f"⚑ {found[0].accounts[0]}"


def test_halts_margin_calls_liquidations_and_failed_transactions_are_in_the_list() -> None:
    journal = Journal()
    for event in (
        InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
        PhaseChanged(
            1, "ACME", "halted", "HALTED_MOVE", {"symbol": "ACME", "price": 12_345, "move": "5.1 %", "until": "9.0 s"}
        ),
        PhaseChanged(2, "ACME", "continuous", "OPERATOR", {}),
        MarginCalled(3, "ann", 100, 300, 200, 5_000_000_000),
        LiquidationStarted(4, "ann", "", 1, 100, 300, 0),
        TradeRefused(5, 7, "ann", "INSUFFICIENT_CASH", {}),
        CallExecuted(6, 1, "ann", "escrow", "lock", False, "DealOver", {"deal": 3}, "0x1", 5),
        CallExecuted(7, 2, "ann", "escrow", "lock", True, "", {}, "0x2", 5),
        SettlementReverted(8, 1, 2, "Insolvent", {}),
    ):
        journal.record(event)
    found = alerts(journal)
    assert [(one.event, one.source, one.code) for one in found] == [
        (1, "market", "HALTED_MOVE"),
        (3, "margin", "MARGIN_CALL"),
        (4, "margin", "LIQUIDATION"),
        (5, "chain", "INSUFFICIENT_CASH"),
        (6, "chain", "DealOver"),
        (8, "chain", "SETTLEMENT_REVERTED"),
    ]
    assert not any(one.accuses for one in found)
    halt = "ACME traded at 123.45, 5.1 % from the mean of the trades before; it reopens by auction at 9.0 s"
    assert found[0].sentence.startswith(f"ACME is halted: {halt}")
    assert EventSentences(journal).sentence(journal[1]).endswith(halt)
    assert found[2].sentence == "ann is liquidated (all positions): it has 1.00 of the 3.00 required"


def test_a_run_in_which_nothing_happens_has_no_alert() -> None:
    assert alerts(Journal()) == []


def test_a_halt_by_a_rule_names_the_trade_that_caused_it() -> None:
    numbers = {"symbol": "ACME", "until": "09:40:00", "price": 9_400, "move": "-6.00 %", "trade": 2}
    journal = Journal()
    journal.record(PhaseChanged(1_000, "ACME", "halted", "HALTED_MOVE", numbers))
    journal.record(PhaseChanged(2_000, "ACME", "halted", "OPERATOR", {}))
    assert [one.trades for one in alerts(journal)] == [(2,), ()]
