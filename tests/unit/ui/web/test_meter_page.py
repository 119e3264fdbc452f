"""The page of the honest meter: the claims before anything is measured, the last readings afterwards."""

from __future__ import annotations

import csv
from html import unescape
from pathlib import Path

from market_sim.ui.meter.claims import CLAIMS
from market_sim.ui.meter.measuring import NOT_MEASURED
from market_sim.ui.meter.readings import Panel, Reading, Section, placed, write


def test_the_footer_leads_to_every_claim_before_anything_is_measured(visitor):
    assert 'href="/meter"' in visitor.get("/glossary").text
    page = unescape(visitor.get("/meter").text).replace("\u00a0", " ")
    assert page.count(NOT_MEASURED) >= len(CLAIMS)
    for claim in CLAIMS:
        assert claim.says in page


def test_the_last_readings_are_shown_with_their_tables_and_files(visitor, folders):
    panel = Panel("agents", "Markets", "Rates.", ("agents", "events/s"), (("10", "12,345"),))
    section = Section("throughput", (Reading("orders", "49,000 orders/s", 49_000.0, how="a stream"),), (panel,))
    write(Path(folders["RESULTS"]), [placed(section, "2026-11-27")])
    page = unescape(visitor.get("/meter").text).replace("\u00a0", " ")
    assert "49,000 orders/s" in page and "missed" in page and "12,345" in page and "on 2026-11-27" in page
    assert '<td class="text nowrap">2026-11-27</td>' in page, "a date stays on one line"
    assert page.count('<td class="text sentence">') > 1, "and a sentence has room"
    rows = list(csv.DictReader(visitor.get("/meter?as=claims").text.splitlines()))
    assert [row["claimed"] for row in rows] == [claim.says for claim in CLAIMS]
    assert visitor.get("/meter?as=agents").text.splitlines() == ["agents,events/s", '10,"12,345"']
    assert visitor.get("/meter?as=nothing").status_code == 422


def test_a_damaged_file_is_one_sentence(visitor, folders):
    folder = Path(folders["RESULTS"]) / "meter"
    folder.mkdir()
    (folder / "meter.json").write_text("{")
    answer = visitor.get("/meter")
    assert 400 <= answer.status_code < 500
    assert "measure again with simulate.py bench" in unescape(answer.text)
