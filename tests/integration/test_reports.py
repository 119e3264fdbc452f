"""Reports say what the journal adds up to: gains and their parts, prices of periods, orders and venues by trades."""

from __future__ import annotations

import csv

import pytest

from market_sim.analysis.gains import gains
from market_sim.analysis.reports.attribution import attribution
from market_sim.analysis.reports.report import DAYS, KINDS, NOTICE, UNITS, report_of
from market_sim.analysis.reports.sheet import Sheet
from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.fold import FEES, fold
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.ui.cli.main import main
from market_sim.ui.web.application import create_app

HERE = "http://127.0.0.1:5000"


def played(scenario: Scenario, epochs: int) -> Result:
    return simulate(scenario, Options(epochs=epochs, settlement="none", seed=7))


@pytest.fixture(scope="module")
def run() -> Result:
    """Two weeks, the second one begun."""
    return played(FirstMarket(traders=5), 7)


@pytest.fixture(scope="module")
def venues() -> Result:
    return played(TwoVenues(), 2)


def rows(sheet: Sheet) -> list[dict[str, object]]:
    return list(sheet.table)


def sheets(result: Result, kind: str) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in report_of(result, kind).sheets}


def total(found: list[dict[str, object]], name: str) -> int:
    return sum(int(row[name]) for row in found)


@pytest.mark.parametrize("days", [1, 5, 21])
def test_the_parts_of_every_account_sum_to_its_gain_to_the_smallest_unit(run, days):
    parts = attribution(run.journal, days * TRADING_DAY_NS)
    known = {(row.account, row.currency): row for row in gains(run.journal) if row.strategy}
    found: dict[tuple[str, str], list[int]] = {}
    for part in parts:
        sums = found.setdefault((part.account, part.currency), [0, 0, 0, 0])
        for place, amount in enumerate((part.gain, part.from_prices, part.dividends, part.trading - part.fees)):
            sums[place] += amount
    assert found == {key: [row.gain, row.from_prices, row.dividends, row.from_trading] for key, row in known.items()}
    # The only other account that moves is the one that fees go to.
    assert sum(part.fees for part in parts) == fold(run.journal)[FEES]["USD"] > 0
    assert max(part.period for part in parts) == -(-run.journal[-1].time // (days * TRADING_DAY_NS))


def test_dividends_are_a_part_of_their_own():
    result = played(CorporateActionsScenario(), 12)
    parts = attribution(result.journal, TRADING_DAY_NS)
    known = {row.account: row.dividends for row in gains(result.journal) if row.strategy}
    assert any(known.values())
    for account, amount in known.items():
        assert sum(part.dividends for part in parts if part.account == account) == amount


def test_prices_and_orders_by_period_are_those_of_the_journal(run):
    trades = list(run.journal.of(Trade))
    for kind in ("daily", "weekly", "monthly"):
        found = sheets(run, kind)
        prices = rows(found["market"])
        assert total(prices, "volume") == sum(trade.quantity for trade in trades)
        assert (prices[0]["open"], prices[-1]["close"]) == (trades[0].price, trades[-1].price)
        assert max(row["high"] for row in prices) == max(trade.price for trade in trades)
        orders = rows(found["activity"])
        for name, event in (("accepted", OrderAccepted), ("refused", OrderRejected), ("trades", Trade)):
            assert total(orders, name) == sum(1 for _ in run.journal.of(event))
        periods = -(-run.journal[-1].time // (DAYS[kind] * TRADING_DAY_NS))
        assert len(orders) == periods
        assert f" in {periods} {UNITS[kind]}" in report_of(run, kind).sentences[1]


def test_orders_by_type_and_size_cover_each_order_once(run):
    found = rows(sheets(run, "regulatory")["orders_by_type_and_size"])
    accepted, trades = list(run.journal.of(OrderAccepted)), list(run.journal.of(Trade))
    assert total(found, "covered_orders") == len(accepted)
    assert total(found, "shares") == sum(event.terms.quantity for event in accepted)
    assert total(found, "executed") == 2 * sum(trade.quantity for trade in trades), "the maker's side and the taker's"
    assert len({(row["book"], row["type"], row["size"]) for row in found}) == len(found)
    taken = [row for row in found if row["effective_spread"] is not None]
    classed = sum(total(taken, name) for name in ("better_than_quote", "at_quote", "outside_quote"))
    assert classed == sum(one.trade.quantity for book in _microscope(run).books for one in book.spreads)
    for row in taken:
        assert row["type"] != "resting limit"
        assert row["effective_over_quoted"] == pytest.approx(row["effective_spread"] / row["quoted_spread"])


def _microscope(run):
    from market_sim.analysis.microstructure.microscope import Microscope

    return Microscope(run.journal)


def test_venues_by_day_and_by_clients_add_up(venues):
    found = sheets(venues, "regulatory")
    trades = list(venues.journal.of(Trade))
    days, clients = rows(found["venues_by_day"]), rows(found["venues_by_clients"])
    assert len({row["book"] for row in days}) >= 2
    assert total(days, "trades") == len(trades)
    assert venues.journal[-1].time == max(row["day"] for row in days) * TRADING_DAY_NS, "no day begins as the run ends"
    assert total(days, "volume") == sum(trade.quantity for trade in trades)
    assert total(clients, "volume") == 2 * sum(trade.quantity for trade in trades)
    assert all(row["passive"] + row["aggressive"] == pytest.approx(100) for row in clients)
    for name in {row["clients"] for row in clients}:
        assert sum(row["share"] for row in clients if row["clients"] == name) == pytest.approx(100)
    for row in days:
        if row["trades"]:
            assert row["lowest"] <= row["average"] <= row["highest"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_a_page_and_a_file_for_each_table(run, tmp_path, capsys, kind):
    archive.save(run.journal, tmp_path / "run")
    assert main(["report", kind, "--run", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    assert NOTICE in told
    folder = tmp_path / "run" / "reports"
    page = (folder / f"{kind}.html").read_text()
    assert NOTICE in page and "<script" not in page and "default-src 'none'" in page
    for sheet in report_of(run, kind).sheets:
        path = folder / f"{kind}-{sheet.name.replace('_', '-')}.csv"
        assert f"{path}: " in told
        with path.open(newline="") as file:
            head, *body = csv.reader(file)
        assert (head, len(body)) == ([one.name for one in sheet.heads], len(sheet.rows))
        assert sheet.title in page
    assert main(["verify", str(tmp_path / "run")]) == 0, "the files do not damage the run"


def test_what_cannot_be_reported_is_said_in_a_sentence(tmp_path, capsys):
    result = played(FirstMarket(traders=1, shock_percent=0), 1)
    quiet = [sheet for sheet in report_of(result, "regulatory").sheets if not sheet.rows]
    assert quiet or any(result.journal.of(Trade))
    assert main(["report", "yearly", "--run", str(tmp_path)]) == 2
    assert "daily" in capsys.readouterr().err
    assert main(["report", "daily", "--run", str(tmp_path / "nowhere")]) == 2
    assert "expected a stored run" in capsys.readouterr().err


def test_the_site_shows_each_report_and_gives_its_tables(run, tmp_path):
    archive.save(run.journal, tmp_path / "results" / "one")
    site = create_app({"RESULTS": tmp_path / "results", "TESTING": True}).test_client()
    assert 'href="/runs/one/reports/"' in site.get("/runs/one", base_url=HERE).text
    for kind in KINDS:
        page = site.get(f"/runs/one/reports/?kind={kind}", base_url=HERE).text
        assert NOTICE in page
        for sheet in report_of(run, kind).sheets:
            assert sheet.title in page
            file = site.get(f"/runs/one/reports/?kind={kind}&as={sheet.name}", base_url=HERE)
            assert file.mimetype == "text/csv"
            assert len(file.text.splitlines()) == len(sheet.rows) + 1
    assert site.get("/runs/one/reports/?kind=yearly", base_url=HERE).status_code == 422
    assert site.get("/runs/one/reports/?as=nothing", base_url=HERE).status_code == 422
    assert site.get("/runs/none/reports/", base_url=HERE).status_code == 404


def test_figures_are_written_for_people_and_integers_for_files(run):
    sheet = sheets(run, "daily")["attribution"]
    figures = Words(run.journal)
    row, shown = rows(sheet)[0], dict(zip(sheet.labels, sheet.shown(figures)[0], strict=True))
    assert type(row["gain"]) is int
    assert shown["gain"] == figures.figure("USD", row["gain"])
