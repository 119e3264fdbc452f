"""Every page answers, every address refuses what it does not know, and every answer carries the headers."""

from __future__ import annotations

import re
from html import unescape

import pytest
from markupsafe import escape
from plotly.graph_objects import Figure

from market_sim.analysis.glossary import TERMS
from market_sim.analysis.rules_table import rule_rows
from market_sim.analysis.visualization import charts
from market_sim.analysis.visualization.as_of import figure_as_of, finished
from market_sim.analysis.visualization.page import least_width
from market_sim.core.data import archive
from market_sim.core.models.reasons import REASONS
from market_sim.course.replay import Compared, keep, told
from market_sim.market.compliance.profiles import PROFILES
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.ui.web.fork_form import CHANGES
from market_sim.ui.web.security import CONTENT_POLICY
from tests.unit.analysis.visualization.queue_chart import queue_charts
from tests.unit.ui.web.conftest import LESSON

PAGES = [
    "/",
    "/scenarios",
    "/scenarios/first-market",
    "/runs",
    "/attack",
    "/glossary",
    "/rules",
    "/rules/luld",
    "/api",
    f"/lessons/{LESSON}",
    f"/lessons/{LESSON}/reset",
]
OF_A_RUN = [
    "",
    "?event=400",
    "/difference?then=100&event=400",
    "/fork?event=400",
    "/orders",
    "/orders?show=orders&account=maker-0",
    "/orders/3",
    "/trades/1",
    "/journal",
    "/journal?kind=votes",
    "/figure.json",
    "/figure.json?show=consensus",
    "/instant.json?event=400&move=on&kind=blocks",
    "/summary.json",
    "/export",
    "/dashboard",
]
BAD_NAMES = ["A" * 200, *"nothing .. %2e%2e ..%2f..%2fetc%2fpasswd a%00b small-run%2f é 1e400 -1".split()]
BAD_NUMBERS = ["0", "999999999999", "9" * 5000, "-1", "1.0", "1e3", "NaN", "%F0%9F%98%80", "..", "0x1", "²"]


def addresses(visitor, run_address):
    return PAGES + [run_address + rest for rest in OF_A_RUN] + ["/runs/compare?left=small-run&right=small-run"]


def test_every_page_answers_with_the_policy(visitor, run_address):
    for address in addresses(visitor, run_address):
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-eval" not in CONTENT_POLICY
    assert "script-src 'self';" in CONTENT_POLICY


def test_the_style_knows_each_change_that_a_fork_offers(visitor, run_address):
    """Which fields belong to a change is written in the page; that the others are hidden, in the style."""
    page = visitor.get(run_address + "/fork?event=400").text
    style = visitor.get(re.search(r'href="([^"]+site\.css)"', page)[1]).text
    selector = r"#fork:has\(\[name=change\] \[value=(\w+)\]:checked\) \[data-for\]:not\(\[data-for~=(\w+)\]\)"
    belonging = {word for words in re.findall(r'data-for="([^"]+)"', page) for word in words.split()}
    assert set(re.findall(selector, style)) == {(one, one) for one in CHANGES}
    assert belonging == set(CHANGES)


def test_no_page_has_inline_script_or_an_outside_address(visitor, run_address):
    for address in addresses(visitor, run_address):
        answer = visitor.get(address)
        if answer.mimetype != "text/html" or address.endswith(("/export", "/dashboard")):
            continue
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL)
        assert scripts, address
        assert all("src=" in attributes and not inside for attributes, inside in scripts), address
        assert not re.search(r"\son\w+=", answer.text), address
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', answer.text)
        assert all(one.startswith("/") and not one.startswith("//") for one in loaded), address


def test_every_address_with_an_unknown_name_or_number_is_not_found(visitor, run_address):
    rules = [rule for rule in visitor.app.url_map.iter_rules() if rule.arguments and "GET" in rule.methods]
    asked = 0
    for rule in rules:
        for name in BAD_NAMES:
            filled = re.sub(r"<(?:number|string)[^>]*>", "1", rule.rule)
            filled = re.sub(r"<[^>]+>", name, filled)
            assert visitor.get(filled).status_code in (404, 308, 405), filled
            asked += 1
        if "<number" in rule.rule and "<name:" in rule.rule:
            for number in BAD_NUMBERS:
                filled = re.sub(r"<number[^>]*>", number, rule.rule).replace("<name:name>", "small-run")
                if filled == "/runs/small-run/pictures/0.json":  # pictures count from nothing
                    continue
                answer = visitor.get(filled)
                assert answer.status_code == 404, filled[:80]
                asked += 1
    assert asked > 150


def test_what_stands_behind_the_question_mark_is_read_with_bounds(visitor, run_address):
    queries = ["event=x", "event=-1", "event=1.5", "event=²", "kind=nothing", "move=up", "symbol=OTHER"]
    for query in [*queries, "event=" + "9" * 400]:
        assert visitor.get(f"{run_address}/instant.json?{query}").status_code == 422, query
    last = visitor.get(f"{run_address}/instant.json?event=99999999").get_json()
    assert last["instant"]["moment"]["kind"] == "RunEnded"


def test_an_error_says_one_sentence_and_no_path(visitor, folders):
    for address in ("/runs/nothing", "/nothing", "/lessons/nothing"):
        answer = visitor.get(address)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text
        assert folders["RESULTS"] not in answer.text
        assert "<h1>There is " in answer.text
    asked = visitor.get("/runs/nothing/figure.json")
    assert asked.get_json()["error"]["status"] == 404


def test_a_damaged_run_is_said_to_be_damaged_without_a_path(visitor, folders, small_run, tmp_path):
    journal = tmp_path / "results" / small_run.name / "journal.jsonl.gz"
    damaged = bytearray(journal.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    journal.write_bytes(damaged)
    answer = visitor.get(f"/runs/{small_run.name}")
    assert answer.status_code == 422
    assert re.search(r"line \d+ of \d+", answer.text)
    assert str(tmp_path) not in answer.text


def test_a_defect_of_ours_shows_no_trace(visitor, monkeypatch, caplog):
    monkeypatch.setattr("market_sim.ui.web.pages.site.example_of", lambda reason: 1 / 0)
    answer = visitor.get("/glossary")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert "/glossary" in caplog.text


def test_a_defect_after_the_beginning_of_a_page_was_sent_ends_it_with_a_sentence(visitor, monkeypatch, caplog):
    monkeypatch.setattr("market_sim.ui.web.pages.runs.shown", lambda run: 1 / 0)
    page = visitor.get("/runs/small-run").text
    assert "A mistake of this program, not yours." in page
    assert "division" not in page
    assert page.endswith("</main></body></html>")
    assert "/runs/small-run" in caplog.text


def test_plotly_comes_from_the_package_for_ever(visitor):
    address = re.search(r'/plotly/[^"]+', visitor.get("/runs/small-run").text)[0]
    with visitor.get(address) as answer:
        assert len(answer.data) > 1_000_000
        assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get(address.replace("7.", "0.")).status_code == 404


def test_files_change_their_address_with_their_contents(visitor):
    files = visitor.app.extensions["files"]
    address = f"/static/{files.edition}/site.css"
    assert "immutable" in visitor.get(address).headers["Cache-Control"]
    assert visitor.get("/static/000000000000/site.css").status_code == 404
    assert visitor.get(f"/static/{files.edition}/../application.py").status_code == 404
    assert visitor.get(f"/static/{files.edition}/%2e%2e/application.py").status_code == 404
    assert visitor.get("/favicon.ico").mimetype == "image/svg+xml"


def test_the_glossary_holds_every_reason_code(visitor):
    page = visitor.get("/glossary").text
    missing = [code for code in REASONS if f'id="{code}"' not in page]
    assert len(REASONS) > 40
    assert not missing


@pytest.mark.parametrize("name", PROFILES)
def test_the_page_of_rules_has_every_number_of_the_profile_with_its_source(visitor, name):
    page = unescape(visitor.get(f"/rules/{name}").text).replace("<wbr>", "")
    for row in rule_rows(PROFILES[name]):
        assert row.title in page
        assert not row.holds or (row.says in page and row.imitates in page and row.differs in page)
        assert all(f"<code>{one.name}</code>" in page and one.value in page for one in row.figures)
    assert visitor.get("/rules/nobody").status_code == 404


def test_the_glossary_explains_the_words_of_the_market_and_shows_no_unfilled_template(visitor):
    page = visitor.get("/glossary").text
    for term in TERMS:
        assert f'id="{term.anchor}"' in page
        assert str(escape(term.sentence)) in page
    assert not re.search(r"\{\w+(:\w+)?\}", page)
    assert "limit 100.03 is not a multiple of the tick 0.05" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_each_chart_has_a_sentence_and_a_table(visitor, run_address):
    page = visitor.get(run_address).text
    label = re.search(r'aria-roledescription="chart" aria-label="([^"]+)"', page)[1]
    assert "validators, quorum 3" in label
    assert page.count("<details><summary>Table:") == 6, "three on the time axis, spread, inventories, gains"
    assert page.count("<tbody>") >= 3


def test_the_chart_of_a_run_is_as_wide_as_the_texts_of_its_epochs_need(visitor, run_address):
    page = visitor.get(run_address).text
    width, epochs = (
        int(re.search(what, page)[1])
        for what in (r'id="chart" style="min-width: (\d+)px"', r"<dt>epochs</dt><dd>(\d+)")
    )
    assert width == least_width(epochs) < least_width(12)


def test_the_figure_knows_its_orders_and_cannot_be_sent_away(visitor, run_address):
    drawn = visitor.get(f"{run_address}/figure.json").get_json()
    assert drawn["config"]["showSendToCloud"] is False
    assert drawn["config"]["plotlyServerURL"] == ""
    [buys] = [trace for trace in drawn["figure"]["data"] if trace.get("name") == "aggressive buy"]
    assert len(buys["ids"]) == len(buys["x"]) > 0
    assert visitor.get(f"{run_address}/orders/{buys['ids'][0]}").status_code == 200


def test_the_figure_is_one_that_plotly_accepts(visitor, run_address):
    sent = visitor.get(f"{run_address}/figure.json").get_json()["figure"]
    drawn = figure_as_of(sent, 2_000)
    accepted = Figure(drawn).to_plotly_json()
    assert accepted["data"] == drawn["data"]
    assert {key: accepted["layout"][key] for key in drawn["layout"]} == drawn["layout"]


@pytest.fixture
def option_run(visitor, tmp_path):
    """The address of a run with options in it."""
    result = simulate(OptionExpiry(), Options(epochs=3, settlement="memory"))
    archive.save(result.journal, tmp_path / "results" / "options")
    return "/runs/options"


def test_a_chart_in_the_list_is_on_the_page_of_a_run(visitor, run_address, monkeypatch):
    monkeypatch.setattr(charts, "CHARTS", (*charts.CHARTS, queue_charts))
    page = visitor.get(run_address).text
    assert "Who waits" in page and "Seven people wait." in page and "Table: People waiting" in page
    picture = visitor.get(f"{run_address}/pictures/2.json").json
    assert picture["figure"]["data"][0]["y"] == [3, 4]
    assert visitor.get(f"{run_address}/pictures/3.json").status_code == 404


def test_pictures_that_stand_alone_have_figure_sentence_legend_and_table(visitor, option_run):
    page = visitor.get(option_run).text
    addresses = re.findall(r'data-picture="([^"]+)"', page)
    assert addresses == [f"{option_run}/pictures/{number}.json" for number in range(3)]
    figures = re.findall(r'<figure role="group"[^>]*data-group="\w+"[^>]*>(.*?)</figure>', page, re.DOTALL)
    for figure, address in zip(figures, addresses, strict=True):
        assert 'class="legend"' in figure
        assert re.search(r"<strong>[^<]+</strong> [^<]{20,}", figure)
        assert "<details><summary>Table:" in figure
        height = int(re.search(r"height: (\d+)px", figure)[1])
        drawn = visitor.get(address).get_json()
        assert drawn["figure"]["layout"]["height"] == height
        assert drawn["config"]["showSendToCloud"] is False
        assert Figure(finished(drawn["figure"]))
    assert [visitor.get(address).get_json()["stepped"] for address in addresses] == [True, True, False], (
        "a payoff has no time to stand at"
    )
    assert visitor.get(f"{option_run}/pictures/3.json").status_code == 404


def test_the_page_of_a_run_shows_its_warnings_and_what_an_answer_gave(visitor, tmp_path):
    result = simulate(FirstMarket(traders=2), Options(epochs=1, settlement="none"))
    assert result.warnings
    archive.save(result.journal, tmp_path / "results" / "warned")
    page = visitor.get("/runs/warned").text
    assert all(f"Warning: {warning}." in unescape(page) for warning in result.warnings)
    assert "What your answer gave" not in page
    film = told(result.journal, 5, Compared("what was the price", "100.01", "99.99"))
    keep(film, tmp_path / "results" / "film")
    page = visitor.get("/runs/film").text
    assert re.search(r"What was the price: <strong>100.01</strong> is right, [^.]*<strong>99.99</strong>", page)
    assert 'href="/runs/film?event=6"' in page


def test_instruments_share_one_legend(visitor, option_run):
    page = visitor.get(option_run).text
    assert page.count("waiting buyers (stronger: more)") == 1


def test_the_export_is_one_file_that_asks_nobody(visitor, run_address):
    answer = visitor.get(f"{run_address}/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="small-run.html"'
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', answer.text)


@pytest.mark.parametrize("kind", ["votes", "trades", "settlement", "refusals"])
def test_the_journal_lists_what_was_asked_for(visitor, run_address, kind):
    page = visitor.get(f"{run_address}/journal?kind={kind}").text
    areas = set(re.findall(r'<span class="area (\w+)">', page))
    expected = {"votes": {"consensus"}, "trades": {"market"}, "settlement": {"settlement"}}
    assert areas == expected.get(kind, areas)
    assert areas or kind == "refusals"
