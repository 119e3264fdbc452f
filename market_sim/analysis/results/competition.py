"""The competition of a class: what each account gained since it began, and the table of results for the teacher.

    points = the gain from trading now, less that at the start of the competition at the marks of that time

Before `StartCompetition` everything is practice. Without one the whole run counts. The gain from trading is that of the
leaderboard (market_sim/analysis/results/performance.py), so prices that move while somebody only holds give no points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from market_sim.analysis.results.performance import Performance, performances
from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.inputs import BY_HAND, StartCompetition
from market_sim.core.models.market_events import OrderAccepted, OrderRejected
from market_sim.core.models.run_events import AgentJoined, InputReceived

Key = tuple[str, str]
"""An account and a currency."""


@dataclass(frozen=True)
class Standing:
    """The place of one account in one currency; amounts in its smallest unit."""

    place: int
    account: str
    currency: str
    points: int


@dataclass(frozen=True)
class Practice:
    """What accounts had gained and done when the competition began."""

    event: int
    """The number of the event that began it; -1 before it begins, when the whole run counts."""
    gained: dict[Key, int]
    trades: dict[Key, int]


NO_PRACTICE = Practice(-1, {}, {})


def started_at(journal: Journal, until: int | None = None) -> int:
    """The number of the event that began the competition, the last one if there are several; -1 without one."""
    events = journal.since(0)[:until]
    return next((at for at in range(len(events) - 1, -1, -1) if is_start(events[at])), -1)


def is_start(event: object) -> bool:
    """Whether the event begins the competition."""
    return type(event) is InputReceived and event.kind == StartCompetition.__name__


def practice(journal: Journal, event: int) -> Practice:
    """What had been gained when the competition began with this event."""
    if event < 0:
        return NO_PRACTICE
    found = performances(journal.until(event))
    return Practice(
        event,
        {(one.gain.account, one.gain.currency): one.gain.from_trading for one in found},
        {(one.gain.account, one.gain.currency): one.trades for one in found},
    )


def standings(gained: Mapping[Key, int], before: Practice) -> list[Standing]:
    """The places by currency, the most points first; accounts with the same points share a place.

    >>> practice = Practice(7, {("ann", "USD"): 50}, {})
    >>> [(one.place, one.account, one.points) for one in standings({("ann", "USD"): 60, ("bob", "USD"): 10}, practice)]
    [(1, 'ann', 10), (1, 'bob', 10)]
    """
    points = [
        (currency, gain - before.gained.get((account, currency), 0), account)
        for (account, currency), gain in gained.items()
    ]
    return list(_placed(sorted(points, key=lambda one: (one[0], -one[1], one[2]))))


def _placed(points: list[tuple[str, int, str]]) -> Iterator[Standing]:
    place, rank, last = 0, 0, ("", 0)
    for currency, gained, account in points:
        place = 1 if currency != last[0] else place + 1
        rank = rank if (currency, gained) == last and place > 1 else place
        last = currency, gained
        yield Standing(rank, account, currency, gained)


COLUMNS = columns(
    place="in the order of points; the same points, the same place",
    account="who traded",
    currency="in which all amounts are, in its smallest unit",
    points="the gain from trading since the competition began",
    practice="the gain from trading before it began",
    worth="what the account is worth at the last marks",
    trades="how often it traded in the competition",
    fees="what it paid for trades in all, less its rebates",
    trading_drawdown="the largest fall of its gain from trading below its highest point before",
    orders="how many orders were accepted in all",
    refused="how many of its orders and other intents were refused in all",
)


def competition_table(journal: Journal, played: Sequence[Performance] | None = None) -> Table:
    """The results of everybody who joined from outside, the best first; `played` is known where it was worked out."""
    joined = {event.agent for event in journal.of(AgentJoined) if event.strategy == BY_HAND}
    if not joined:
        return Table("competition", COLUMNS, [])
    before = practice(journal, started_at(journal))
    everybody = performances(journal) if played is None else played
    found = {(one.gain.account, one.gain.currency): one for one in everybody if one.gain.account in joined}
    orders: dict[str, int] = {}
    refused: dict[str, int] = {}
    for event in journal:
        if type(event) is OrderAccepted:
            orders[event.account] = orders.get(event.account, 0) + 1
        elif type(event) is OrderRejected:
            refused[event.account] = refused.get(event.account, 0) + 1
    rows = []
    for standing in standings({key: one.gain.from_trading for key, one in found.items()}, before):
        key = standing.account, standing.currency
        one = found[key]
        rows.append(
            (
                standing.place, standing.account, standing.currency, standing.points, before.gained.get(key, 0),
                one.gain.worth, one.trades - before.trades.get(key, 0), one.fees, one.drawdown,
                orders.get(standing.account, 0), refused.get(standing.account, 0),
            )
        )  # fmt: skip
    return Table("competition", COLUMNS, rows)
