"""The honest meter: every number that was claimed is on its page, a miss is a miss, and what is old says so."""

from __future__ import annotations

import csv
import json
from html import unescape

import msgspec
import pytest

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.ui.cli.main import main
from market_sim.ui.meter import measuring
from market_sim.ui.meter.claims import BY_ID, CLAIMS, ORIGINS
from market_sim.ui.meter.measuring import NOT_MEASURED, NOTICE, SECTIONS, meter_report
from market_sim.ui.meter.readings import Reading, Section, placed, read, write
from market_sim.ui.meter.savings import savings

NUMBERS = {
    "PF-01": ["50,000 orders a second", "10,000 events a second", "linear in the number of agents"],
    "PF-02": ["order to match in less than 1 ms", "signals in microseconds", "data in less than 100 ms",
              "halts in less than 500 ms", "compliance in less than 10 ms", "dashboard in less than 1 s"],
    "PF-03": ["data in less than 100 us", "generated in less than 500 us", "transmitted in less than 1 ms",
              "round trips in less than 2 ms"],
    "PF-04": ["delivers in less than 1 ms (1 client)", "delivers in less than 1 ms (100 clients)"],
    "PF-05": ["95 % of market orders", "85 % of limit orders", "60 % of orders", "less than 5 bps",
              "less than 10 bps"],
    "PF-06": ["20 to 30 %", "40 to 50 %", "60 to 70 %", "25 to 35 %"],
}  # fmt: skip
"""What the other systems stated, once more, apart from the program."""


def test_every_number_is_a_claim_with_its_origin_and_there_is_no_other():
    for row, numbers in NUMBERS.items():
        says = [claim.says for claim in CLAIMS if claim.row == row]
        assert len(says) == len(numbers)
        for said, number in zip(says, numbers, strict=True):
            assert number in said
    assert {claim.row for claim in CLAIMS} == set(NUMBERS)
    assert {name for claim in CLAIMS for name in claim.origin.split(", ")} == set(ORIGINS)
    assert len(BY_ID) == len(CLAIMS) == 24


@pytest.mark.parametrize(("claim", "value", "verdict"), [
    ("orders", 50_000.0, "met"), ("orders", 49_999.9, "missed"), ("match", 1.0, "missed"), ("match", 0.999, "met"),
    ("improved", 60.0, "missed"), ("improved", 60.1, "met"), ("market-filled", 95.0, "missed"),
    ("impact-saving", 40.0, "met"), ("impact-saving", 39.9, "missed"), ("impact-saving", None, "not compared"),
])  # fmt: skip
def test_a_miss_is_a_miss(claim, value, verdict):
    assert Reading(claim, "x", value).verdict == verdict


def test_before_anything_is_measured_the_claims_are_there_and_say_so():
    report = meter_report({})
    [claims] = report.sheets
    assert [row[2] for row in claims.rows] == [claim.says for claim in CLAIMS]
    assert {row[4] for row in claims.rows} == {NOT_MEASURED}
    assert report.sentences == (NOTICE, f"Nothing is measured yet: simulate.py bench does it, with version {VERSION}.")


def test_what_another_program_measured_is_stale_and_nothing_else(tmp_path):
    fresh = placed(Section("throughput", (Reading("orders", "60,000 orders/s", 60_000.0),)), "2026-11-27")
    for old in ({"version": "0.0.1"}, {"code": "another"}):
        write(tmp_path, [fresh, msgspec.structs.replace(fresh, name="latency", **old)])
        known = read(tmp_path)
        assert [known[name].is_stale for name in ("throughput", "latency")] == [False, True]
        rows = {row[2]: row for row in meter_report({"latency": known["latency"]}).sheets[0].rows}
        assert rows["50,000 orders a second"][6] == "2026-11-27; stale"
    [row] = [row for row in meter_report({"throughput": fresh}).sheets[0].rows if row[5] == "met"]
    assert row[6] == "2026-11-27" and f"Python {fresh.python}" in meter_report({"throughput": fresh}).sentences[1]


@pytest.fixture
def short(monkeypatch):
    """One section, with two seeds."""
    monkeypatch.setitem(SECTIONS, "savings", lambda told: savings(seeds=2, told=told))


@pytest.mark.thorough
@pytest.mark.usefixtures("short")
def test_bench_prints_every_verdict_of_a_section_and_writes_page_and_tables(tmp_path, capsys):
    other = placed(Section("throughput", (Reading("orders", "1 orders/s", 1.0),)), "2020-01-01")
    write(tmp_path, [other])
    assert main(["bench", "savings", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    known = read(tmp_path)
    assert known["throughput"] == other, "what is not measured stays as it was"
    for reading in known["savings"].readings:
        claim = BY_ID[reading.claim]
        assert f"{reading.verdict:<12} {claim.says} ({claim.origin}): {reading.measured}" in told.out
    assert "measuring savings (1 of 1)" in told.err
    page = unescape((tmp_path / "meter" / "meter.html").read_text()).replace("\u00a0", " ")
    assert all(claim.says in page for claim in CLAIMS) and "1 orders/s" in page and "missed" in page
    rows = list(csv.DictReader((tmp_path / "meter" / "claims.csv").read_text().splitlines()))
    assert [row["claimed"] for row in rows] == [claim.says for claim in CLAIMS]
    assert (tmp_path / "meter" / "savings.csv").exists()
    assert json.loads((tmp_path / "meter" / "meter.json").read_text())[0]["name"] == "throughput"


def test_a_section_that_does_not_exist_and_a_damaged_file_are_one_sentence(tmp_path, capsys):
    assert main(["bench", "trhoughput"]) == 2
    assert "did you mean throughput?" in capsys.readouterr().err
    (tmp_path / "meter").mkdir()
    for damaged in ("{", '[{"name": "latency", "readings": [{"claim": "unheard", "measured": "1"}]}]'):
        (tmp_path / "meter" / "meter.json").write_text(damaged)
        with pytest.raises(InputError, match=r"meter/meter\.json .*measure again"):
            read(tmp_path)


def test_the_sections_cover_every_claim():
    assert set(measuring.SECTIONS) == {"throughput", "latency", "delivery", "execution", "savings"}
