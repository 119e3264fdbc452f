"""The venues of a run on its page: terms beside measurements, the comparison at an instant, routed orders."""

from __future__ import annotations

import html
import re

from market_sim.analysis.results.opportunity_table import (
    HEAD,
    opportunities,
    opportunities_sentence,
    opportunity_rows,
)
from market_sim.analysis.results.route_table import route_records, route_rows
from market_sim.analysis.results.venue_comparison import comparison_sentence, comparisons
from market_sim.analysis.results.venue_table import venue_records, venue_rows
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.simulation.run import simulate


def cells(page: str, label: str) -> list[tuple[str, ...]]:
    table = page.split(f'aria-label="{label}"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    return [tuple(html.unescape(cell) for cell in re.findall(r">([^<]*)</t[dh]>", row)) for row in rows]


def test_the_page_of_a_run_with_venues_has_their_table_the_comparison_and_the_routes(visitor, tmp_path):
    result = simulate("outage", epochs=5, settlement="none")
    archive.save(result.journal, tmp_path / "results" / "venues")
    page = visitor.get("/runs/venues").text
    assert cells(page, "The venues: the table") == venue_rows(venue_records(result.journal))
    titles = dict(re.findall(r'<h2 id="(\w+)"[^>]*>([^<]+)</h2>', page))
    landmarks = [titles[name] for name in re.findall(r'<section[^>]* aria-labelledby="(\w+)"', page) if name in titles]
    landmarks += re.findall(r'role="region" aria-label="([^"]+)"', page)
    assert "The venues" in landmarks and len(landmarks) == len(set(landmarks)), "each has a name of its own"
    routes = route_rows(route_records(result.journal), Words(result.journal))
    assert cells(page, "Orders that a router divided") == routes
    [found] = comparisons(result.journal, len(result.journal) - 1, 100)
    assert html.unescape(page).count(comparison_sentence(found)) == 1
    assert "Left out is SIM-NYSE, whose connection is broken." in page
    early = visitor.get("/runs/venues?event=900&size=5").text
    [then] = comparisons(result.journal, 900, 5)
    assert comparison_sentence(then) in html.unescape(early)
    assert "is the best place to buy 5: " in early
    assert visitor.get("/runs/venues?size=many").status_code == 422


def test_the_page_lists_the_largest_opportunities_between_the_venues(visitor, tmp_path):
    result = simulate("two-venues", epochs=4, settlement="none")
    archive.save(result.journal, tmp_path / "results" / "two")
    page, found = visitor.get("/runs/two").text, opportunities(result.journal)
    rows = opportunity_rows(found, Words(result.journal))
    assert cells(page, "Opportunities between the venues") == rows and len(rows) == min(10, len(found)) > 3
    assert [float(row[4]) for row in rows] == sorted((float(row[4]) for row in rows), reverse=True)
    assert {len(row) for row in rows} == {len(HEAD)}
    assert opportunities_sentence(found) in html.unescape(page)


def test_a_run_with_one_venue_has_no_such_section(visitor, run_address):
    assert 'id="venues"' not in visitor.get(run_address).text
