"""The comparison of two runs: their parameters, their results, and the gains of their accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from market_sim.analysis.results.performance import Performance
from market_sim.analysis.run_header import RunHeader
from market_sim.analysis.words import Words, signed
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.core.models.settlement_events import SettlementOpened

ABSENT = "–"
"""The cell where only the other run has a value."""
REFUSED = "refused: "
PARTS = ("market", "consensus", "settlement")


@dataclass(frozen=True)
class Row:
    """One line of the comparison."""

    name: str
    left: str
    right: str
    difference: str = ""
    """How much more the right one has, where both are amounts of one currency."""

    @property
    def differs(self) -> bool:
        """Whether the two runs have different values here."""
        return self.left != self.right


@dataclass(frozen=True)
class Side:
    """The data of one run in a comparison; `document` is that of its summary, and empty without one."""

    header: RunHeader
    document: Mapping[str, Any]
    performances: Sequence[Performance]
    words: Words
    conclusion: str = ""
    split: str = ""
    """The partitions of its network as they happened, also those of the scenario."""


def compare(left: Side, right: Side) -> dict[str, list[Row]]:
    """The rows by section, without sections that are empty for both runs."""
    sections = {"What was chosen": _chosen, "What came of it": _outcome}
    rows = {title: _rows(dict(read(left)), dict(read(right))) for title, read in sections.items()}
    rows["What each account gained"] = list(_gained(left, right, "gain"))
    rows["What of that came from trading"] = list(_gained(left, right, "from_trading"))
    return {title: found for title, found in rows.items() if found}


class Parting(NamedTuple):
    """Where two runs part in one area: the number of the first event that differs in each."""

    area: str
    left: int | None
    """None when this run has no further event there."""
    right: int | None


def partings(left: Journal, right: Journal) -> Iterator[Parting]:
    """The first event that differs, area by area; what was chosen, and who took part, is no such event."""
    sides = _by_area(left), _by_area(right)
    for area in AREAS:
        for one, other in zip_longest(*(side[area] for side in sides), fillvalue=(None, None)):
            if one[1] != other[1]:
                yield Parting(area, one[0], other[0])
                break


AREAS = ("values and news", "market", "consensus", "settlement")


def _by_area(journal: Journal) -> dict[str, list[tuple[int, Event]]]:
    found: dict[str, list[tuple[int, Event]]] = {area: [] for area in AREAS}
    for number, event in enumerate(journal):
        area = AREAS[0] if isinstance(event, ValueMoved | ShockHappened) else event.area
        if area in found and not isinstance(event, SettlementOpened):
            found[area].append((number, event))
    return found


def _rows(left: Mapping[str, str], right: Mapping[str, str]) -> list[Row]:
    names = dict.fromkeys([*left, *right])
    # A reason that only one run has was given 0 times in the other.
    absent = {name: "0" if name.startswith(REFUSED) else ABSENT for name in names}
    return [Row(name, left.get(name, absent[name]), right.get(name, absent[name])) for name in names]


def _chosen(side: Side) -> Iterator[tuple[str, str]]:
    header = side.header
    yield from (("scenario", header.scenario), ("seed", str(header.seed)), ("epochs", str(header.epochs)))
    for name, value in header.parameters.items():
        yield name.replace("_", " "), plainly(value)
    if header.options.get("without"):
        yield "without", str(header.options["without"])
    yield "validators", str(header.validators)
    yield "leaders", str(header.options.get("leaders") or "as the scenario says")
    yield "byzantine validators", header.byzantine
    yield "split of the network", side.split or header.partition
    yield "settled", header.settlement


def _outcome(side: Side) -> Iterator[tuple[str, str]]:
    yield "state", side.header.state
    for part in PARTS:
        for name, value in (side.document.get(part) or {}).items():
            if "digest" not in name and isinstance(value, bool | int | float | str):
                yield f"{part}: {name.replace('_', ' ')}", plainly(value)
        for name, value in (side.document.get(part) or {}).items():
            if name.endswith("_are"):
                for place, count in value.items():
                    yield f"{part}: {name.removesuffix('_are')} {place.replace('_', ' ')}", plainly(count)
    refused = {one["reason"]: one["count"] for one in side.document.get("refusals", ())}
    for reason in sorted(refused):
        yield f"{REFUSED}{reason}", plainly(refused[reason])
    if side.conclusion:
        yield "conclusion", side.conclusion


def _gained(left: Side, right: Side, what: str) -> Iterator[Row]:
    """One row for each account and currency, in the order of the left run."""
    sides = [
        {(one.gain.account, one.gain.currency): getattr(one.gain, what) for one in side.performances}
        for side in (left, right)
    ]
    currencies = {currency for side in sides for _, currency in side}
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        account, currency = key
        one, other = (
            signed(side.words.amount(currency, amounts[key])) if key in amounts else ABSENT
            for side, amounts in zip((left, right), sides, strict=True)
        )
        both = all(key in amounts for amounts in sides)
        more = signed(left.words.amount(currency, sides[1][key] - sides[0][key])) if both else ""
        yield Row(account if len(currencies) == 1 else f"{account}, {currency}", one, other, more)


def plainly(value: object) -> str:
    """A value of a run in words.

    >>> plainly(True), plainly(12_000), plainly(None), plainly("")
    ('yes', '12,000', 'none', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "none" if value in (None, "") else str(value)
