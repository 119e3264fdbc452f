"""The list of runs and the comparison tell runs apart, and a folder that cannot be read is named."""

from __future__ import annotations

import re

import pytest
from markupsafe import escape

from market_sim.analysis.refusals import refusals
from market_sim.core.data import archive
from market_sim.core.data.run_writer import RunWriter
from market_sim.core.models.market_events import Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.streamlet_faults import Partition
from market_sim.simulation.session import Session

OTHER = Options(seed=9, epochs=5, settlement="none", byzantine="n3:silent", partition="2-3")


@pytest.fixture(scope="session")
def other_run(tmp_path_factory):
    """A run that differs from the small one in everything that a list shows."""
    folder = tmp_path_factory.mktemp("runs") / "other"
    archive.save(simulate(FirstMarket(traders=5, shock_percent=-2.0), OTHER).journal, folder)
    return folder


@pytest.fixture
def results(tmp_path, visitor, other_run):
    """The folder of runs of this site, with two runs in it."""
    (tmp_path / "results" / "other").symlink_to(other_run)
    return tmp_path / "results"


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row(visitor, name):
    """The line of one run in the list."""
    return text(
        re.search(rf'<tr>\s*<th scope="row"><a href="/runs/{name}">.*?</tr>', visitor.get("/runs").text, re.S)[0]
    )


def test_the_list_says_what_tells_runs_apart(visitor, results):
    small, other = row(visitor, "small-run"), row(visitor, "other")
    assert "first-market seed 7, 5 epochs traders 6 4 in memory ✔ complete" in small
    assert (
        "first-market seed 9, 5 epochs shock percent -2.0, traders 5 4, n3:silent , split 2-3:0+1|2+3 nowhere" in other
    )
    assert re.search(r"\d+ \w{3} \d{4}, \d\d:\d\d", small)


def test_the_choices_of_the_comparison_are_told_apart(visitor, results):
    options = re.findall(r"<option value=.*?</option>", visitor.get("/runs").text)
    assert len(options) == 4
    assert len({text(option) for option in options}) == 2
    assert any("n3:silent, split 2-3:0+1|2+3" in option for option in options)


def test_the_page_of_a_run_has_the_same_header(visitor, results):
    page = text(visitor.get("/runs/other").text)
    assert "parameters shock percent -2.0, traders 5" in page
    assert "byzantine n3:silent split of the network 2-3:0+1|2+3 settled nowhere" in page
    assert "✔ complete" in page


def test_a_partial_run_says_how_far_it_came(visitor, results):
    session = Session(FirstMarket(traders=5), Options(epochs=9, settlement="memory"))
    session.step(epoch=3)
    session.end()
    archive.save(session.journal, results / "partial")
    assert "partial: stopped in epoch 3 of 9" in row(visitor, "partial")
    assert "partial: stopped in epoch 3 of 9" in text(visitor.get("/runs/partial").text)
    assert re.search(r'<option value="partial"[^>]*>[^<]*9 epochs, partial, ', visitor.get("/runs").text)


@pytest.mark.parametrize(
    ("file", "damage", "problem"),
    [
        ("manifest.json", lambda data: data[:100] + b"\xff" + data[101:], "broken/manifest.json is damaged"),
        ("manifest.json", lambda data: b"", "broken/manifest.json is damaged"),
        ("journal.jsonl.gz", lambda data: b"{" + data, "broken/journal.jsonl.gz has"),
        ("journal.jsonl.gz", lambda data: data[:-9], "broken/journal.jsonl.gz has"),
        ("journal.jsonl.gz", lambda data: b"", "broken/journal.jsonl.gz has 0 bytes"),
    ],
)
def test_a_damaged_run_is_named_and_the_others_are_listed(visitor, results, file, damage, problem):
    broken = results / "broken"
    broken.mkdir()
    for path in (results / "small-run").iterdir():
        (broken / path.name).write_bytes(damage(path.read_bytes()) if path.name == file else path.read_bytes())
    page = visitor.get("/runs")
    assert page.status_code == 200
    alert = text(re.search(r'role="alert">.*?</div>', page.text, re.S)[0])
    assert "1 folder cannot be read as a run" in alert
    assert "broken" in alert
    assert problem in alert
    assert str(results) not in page.text
    assert page.text.count('<th scope="row">') == 2
    asked = visitor.get("/runs/broken")
    assert asked.status_code == 422
    assert problem in asked.text


def test_a_run_and_itself_are_the_same_run(visitor):
    page = visitor.get("/runs/compare?left=small-run&right=small-run").text
    assert "they are the same run, event by event" in page
    assert 'class="differs"' not in page


def test_the_split_that_a_scenario_chose_is_named_in_a_comparison(visitor, results):
    archive.save(simulate(Partition(first=2, last=3), Options(epochs=4, settlement="none")).journal, results / "cut")
    page = visitor.get("/runs/compare?left=small-run&right=cut").text
    [row] = re.findall(r'<tr class="differs"><th scope="row">[^/]*split of the network</th>(.*?)</tr>', page, re.S)
    assert text(row).split() == ["none", "2-3:0+1|2+3"]


def test_the_list_names_the_split_that_a_scenario_chose(visitor, results):
    archive.save(simulate(Partition(first=2, last=3), Options(epochs=4, settlement="none")).journal, results / "cut")
    assert "4, split 2-3:0+1|2+3 nowhere" in row(visitor, "cut")
    options = re.findall(r"<option value=.*?</option>", visitor.get("/runs").text)
    assert any("split 2-3:0+1|2+3" in option for option in options)


def test_two_runs_side_by_side_mark_what_differs(visitor, results):
    page = visitor.get("/runs/compare?left=small-run&right=other").text
    found = re.findall(r'<tr class="differs"><th scope="row">.*?</th>', page)
    marked = {text(one).split("≠ ")[1].strip() for one in found}
    assert {"seed", "traders", "shock percent", "byzantine validators", "split of the network", "settled"} <= marked
    assert {"market: trades", "consensus: finalized"} <= marked
    assert "maker-0" in marked
    page = page.partition('id="parting"')[0] + page[page.index("What was chosen") :]
    assert not {"scenario", "epochs", "validators"} & marked
    stated = re.search(r"(\d+) of (\d+) values differ", page)
    assert int(stated[1]) == len(found)
    assert int(stated[2]) == len(re.findall(r'<tr[^>]*><th scope="row">', page.partition("<figure")[0]))
    assert re.findall(r'data-figure="([^"]+)"', page) == ["/runs/small-run/figure.json", "/runs/other/figure.json"]


def test_only_runs_that_are_there_are_compared(visitor):
    assert visitor.get("/runs/compare?left=small-run&right=nothing").status_code == 404
    assert visitor.get("/runs/compare?left=small-run").headers["Location"] == "/runs"


def test_the_page_of_a_run_shows_the_gain_of_each_account(visitor, run_address):
    page = text(visitor.get(run_address).text)
    made = re.search(r"What each account made of it(.*)", page)[1]
    assert re.search(r"maker-0 \w+ [\d,.]+ USD [\d,.]+ USD [-+][\d,.]+ USD", made)


def test_a_run_that_is_not_finished_says_so_and_opens_as_far_as_it_is_written(visitor, results):
    session = Session(FirstMarket(traders=5), Options(epochs=9, settlement="memory"))
    session.step(epoch=2)
    with RunWriter(results) as writer:
        writer.epoch(session.journal, 2)
    name = writer.folder.name
    with (writer.folder / "journal.jsonl.gz").open("ab") as file:
        file.write(b'{"type":')
    expected = "partial: written up to epoch 2 of 9, still running or killed"
    assert expected in row(visitor, name)
    page = text(visitor.get(f"/runs/{name}").text)
    assert expected in page
    assert "8 bytes after the last whole epoch were cut off" in page


def test_the_conclusion_of_the_scenario_stands_on_its_page_and_in_the_comparison(visitor, results, small_run):
    told = "Nobody was called & everybody went home."
    archive.save(archive.load(small_run).journal, results / "told", told)
    assert str(escape(told)) in visitor.get("/runs/told").text
    compared = visitor.get("/runs/compare?left=small-run&right=told").text
    assert str(escape(told)) in compared


def test_the_page_of_a_run_explains_its_refusals(visitor, results):
    """Every reason with its count, its rule, and a first case that leads to its place in the journal."""
    found = refusals(archive.load(results / "other").journal)
    assert found
    page = visitor.get("/runs/other").text
    table = page.partition('id="refusals"')[2]
    for one in found:
        line = re.search(
            rf'<tr><th scope="row">[^<]*</th><td>{one.count:,}</td>[^\n]*<code>{one.reason}</code>[^\n]*', table
        )[0]
        assert f'href="/glossary#{one.reason}"' in line
        assert f'href="/runs/other?event={one.event}"' in line
        assert str(escape(one.rule)) in line
        assert "{" not in line
    assert f"{sum(one.count for one in found):,} refusals for" in page


def test_the_trades_of_a_run_name_their_venue_where_there_are_two(visitor, results, run_address):
    journal = simulate("two-venues", epochs=2, settlement="none").journal
    archive.save(journal, results / "venues")
    page = visitor.get("/runs/venues/orders").text
    told = re.findall(r'<td class="text nowrap">(SIM-[AB])</td>', page)
    trades = list(journal.of(Trade))
    assert told == [event.venue for event in trades[:50]] and set(told) == {"SIM-A", "SIM-B"}
    assert " on SIM-B " in visitor.get("/runs/venues/orders?show=orders").text
    assert ">venue<" not in visitor.get(f"{run_address}/orders").text
