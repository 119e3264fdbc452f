"""Two runs side by side: what was chosen, what came of it, and what each account made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from market_sim.analysis.gains import Gain
from market_sim.analysis.run_header import RunHeader
from market_sim.analysis.words import Words, signed

ABSENT = "–"
"""What stands where only the other run has a value."""
REFUSED = "refused: "
PARTS = ("market", "consensus", "settlement")


@dataclass(frozen=True)
class Row:
    """One line of the comparison."""

    name: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        """Whether the two runs have different values here."""
        return self.left != self.right


@dataclass(frozen=True)
class Side:
    """What one of the runs brings to the comparison; the document is that of its summary, and empty without one."""

    header: RunHeader
    document: Mapping[str, Any]
    gains: Iterable[Gain]
    words: Words
    conclusion: str = ""


def compare(left: Side, right: Side) -> dict[str, list[Row]]:
    """The rows by section; a section that both runs leave empty is not there."""
    sections = {
        "What was chosen": _chosen,
        "What came of it": _outcome,
        "What each account gained": _gained,
    }
    rows = {title: _rows(dict(read(left)), dict(read(right))) for title, read in sections.items()}
    return {title: found for title, found in rows.items() if found}


def _rows(left: Mapping[str, str], right: Mapping[str, str]) -> list[Row]:
    names = dict.fromkeys([*left, *right])
    # A reason that only one run gave was given no times in the other one.
    absent = {name: "0" if name.startswith(REFUSED) else ABSENT for name in names}
    return [Row(name, left.get(name, absent[name]), right.get(name, absent[name])) for name in names]


def _chosen(side: Side) -> Iterator[tuple[str, str]]:
    header = side.header
    yield from (("scenario", header.scenario), ("seed", str(header.seed)), ("epochs", str(header.epochs)))
    for name, value in header.parameters.items():
        yield name.replace("_", " "), plainly(value)
    yield "validators", str(header.validators)
    yield "leaders", str(header.options.get("leaders") or "as the scenario says")
    yield "validators that lie", header.byzantine
    yield "split of the network", header.partition
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


def _gained(side: Side) -> Iterator[tuple[str, str]]:
    for one in side.gains:
        yield one.account, signed(side.words.amount(one.currency, one.gain))


def plainly(value: object) -> str:
    """A value of a run as people read it.

    >>> plainly(True), plainly(12_000), plainly(None), plainly("")
    ('yes', '12,000', 'none', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "none" if value in (None, "") else str(value)
