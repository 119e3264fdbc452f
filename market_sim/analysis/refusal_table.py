"""The table of refusals for pages: each reason with its count, its rule and its first case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.analysis.refusals import Refusal
from market_sim.analysis.words import with_short_hashes
from market_sim.core.english import counted

HEAD = ("refused by", "times", "reason", "rule", "first case")
BY = {"exchange": "the exchange", "chain": "the chain", "validators": "validators"}


@dataclass(frozen=True)
class RefusalRow:
    """One reason in the table."""

    by: str
    times: str
    reason: str
    rule: str
    case: str
    event: int
    """The number of the first case in the journal."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row for a page without links."""
        return self.by, self.times, self.reason, self.rule, self.case


def refusal_rows(found: Iterable[Refusal]) -> list[RefusalRow]:
    """One row for each reason, in the order of the refusals."""
    return [
        RefusalRow(
            BY[one.by],
            f"{one.count:,}",
            one.reason,
            one.rule,
            f"{one.who} at {one.time / 1e9:.3f} s: {with_short_hashes(one.sentence)}",
            one.event,
        )
        for one in found
    ]


def refusal_sentence(found: Iterable[Refusal]) -> str:
    """How many refusals there are, and of how many kinds.

    >>> refusal_sentence([])
    'Nothing was refused.'
    """
    rows = list(found)
    if not rows:
        return "Nothing was refused."
    times = sum(one.count for one in rows)
    return f"{counted(times, 'refusal')} for {counted(len(rows), 'reason')}, each with its rule and its first case."
