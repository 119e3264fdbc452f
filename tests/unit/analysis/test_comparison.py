"""Two runs side by side: where they part, and what each account gained in both."""

from __future__ import annotations

from functools import cache

from market_sim.analysis.comparison import ABSENT, AREAS, Side, compare, partings
from market_sim.analysis.results.result import Result
from market_sim.analysis.run_header import RunHeader
from market_sim.analysis.words import Words
from market_sim.core.models.consensus_events import ByzantineAct
from market_sim.core.models.run_events import CommitteeSeated, RunStarted, ShockHappened, ValueMoved
from market_sim.simulation.run import simulate


@cache
def played(**chosen) -> Result:
    return simulate("first-market", epochs=5, settlement="memory", **chosen)


def side(result: Result) -> Side:
    header = RunHeader("first-market", result.seed, 5, {}, {}, 4, "none", "none", "in memory", 5, True, True)
    return Side(header, {}, result.performances, Words(result.journal))


def test_a_run_does_not_part_from_itself():
    assert list(partings(played(seed=3).journal, played(seed=3).journal)) == []


def test_before_the_first_event_that_differs_two_runs_are_the_same():
    one, other = played(seed=3).journal, played(seed=3, byzantine="n2:silent@3").journal
    found = {parting.area: parting for parting in partings(one, other)}
    assert set(found) == {"consensus", "settlement"}, "a silent validator does not move the market"
    parting = found["consensus"]
    assert isinstance(other[parting.right], ByzantineAct) and other[parting.right].epoch == 3
    before = [
        [event for event in journal[:place] if event.area == "consensus"]
        for journal, place in ((one, parting.left), (other, parting.right))
    ]
    assert before[0] == before[1] and one[parting.left] != other[parting.right]


def test_what_was_chosen_is_no_event_that_differs():
    found = list(partings(played(seed=3).journal, played(seed=4).journal))
    assert [parting.area for parting in found] == list(AREAS)
    chosen = (RunStarted, CommitteeSeated)
    assert not any(isinstance(played(seed=3).journal[parting.left], chosen) for parting in found)
    assert isinstance(played(seed=3).journal[found[0].left], ValueMoved | ShockHappened)


def test_a_run_that_has_ended_parts_where_the_other_one_goes_on():
    whole = played(seed=3).journal
    shorter = type(whole)()
    for event in whole[: len(whole) // 2]:
        shorter.record(event)
    [*_, parting] = [one for one in partings(shorter, whole) if one.area == "market"]
    assert parting.left is None
    assert whole[parting.right].area == "market" and parting.right >= len(shorter)


def test_the_gains_of_both_are_those_of_the_boards_with_their_difference():
    one, other = played(seed=3), played(seed=4)
    found = compare(side(one), side(other))
    for title, column in (("What each account gained", "gain"), ("What of that came from trading", "from_trading")):
        boards = [{row["account"]: row[column] for row in result.leaderboard} for result in (one, other)]
        assert len(found[title]) == len(boards[0]) > 5
        for row in found[title]:
            amounts = [
                round(100 * float(cell.split()[0].replace(",", ""))) for cell in (row.left, row.right, row.difference)
            ]
            assert amounts == [
                boards[0][row.name],
                boards[1][row.name],
                boards[1][row.name] - boards[0][row.name],
            ]


def test_an_account_of_one_run_only_has_no_difference():
    one, other = played(seed=3), simulate("first-market", epochs=5, seed=3, settlement="memory", traders=2)
    rows = {row.name: row for row in compare(side(one), side(other))["What each account gained"]}
    assert (rows["noise-9"].right, rows["noise-9"].difference) == (ABSENT, "")
