"""The refusals of a run: each reason with its count, its rule, and its first case in a sentence.

The exchange refuses orders, the chain refuses finalized trades, validators refuse messages and proposals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from market_sim.analysis.reason_sources import Source, source_of
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.words import Words, reason_sentence
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import FloodDropped, MessageRefused, ProposalJudged
from market_sim.core.models.event import Event, Numbers
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.reasons import REASONS
from market_sim.core.models.settlement_events import TradeRefused


@dataclass(frozen=True)
class Refusal:
    """One reason: who refused, how often, and the first case."""

    by: str
    """"exchange", "chain" or "validators"."""
    reason: str
    count: int
    rule: str
    who: str
    """Who was refused in the first case: an account, or a validator."""
    time: int
    event: int
    """The number of its event in the journal."""
    sentence: str
    """The first case, with its figures."""
    numbers: Numbers
    """The integers behind this sentence."""

    @property
    def source(self) -> Source | None:
        """Its place in the rulebook and its lesson; None for a code of an instructor's own mechanism."""
        return source_of(REASONS[self.reason]) if self.reason in REASONS else None


class _Case(NamedTuple):
    by: str
    who: str
    reason: str
    numbers: Numbers


def refusals(journal: Journal) -> list[Refusal]:
    """All reasons: those of the exchange, then the chain, then the validators; the frequent ones first."""
    counts: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], tuple[int, Event, _Case]] = {}
    for number, event in enumerate(journal):
        case = _case(event)
        if case is not None:
            key = case.by, case.reason
            counts[key] = counts.get(key, 0) + 1
            first.setdefault(key, (number, event, case))
    rules, words = REASONS, Words(journal)
    found = [
        Refusal(
            by, reason, count, rules[reason].rule if reason in rules else reason,
            first[by, reason][2].who, first[by, reason][1].time, first[by, reason][0],
            _told(words, first[by, reason][1], first[by, reason][2]), first[by, reason][2].numbers,
        )
        for (by, reason), count in counts.items()
    ]  # fmt: skip
    order = ("exchange", "chain", "validators")
    return sorted(found, key=lambda one: (order.index(one.by), -one.count, one.reason))


COLUMNS = columns(
    by="who refused: the exchange, the chain or validators",
    reason="the code of the reason",
    count="how often it was given",
    rule="the rule in a sentence",
    who="who was refused in the first case",
    time="when that was",
    event="the number of its event",
    sentence="the first case with its numbers",
)


def refusal_table(found: Iterable[Refusal]) -> Table:
    """The refusals as a table, in the order given."""
    cells = [(one.by, one.reason, one.count, one.rule, one.who, one.time, one.event, one.sentence) for one in found]
    return Table("refusals", COLUMNS, cells)


def refusal_documents(found: Iterable[Refusal]) -> Iterator[dict[str, object]]:
    """The refusals as plain values, for programs."""
    for one in found:
        example = {
            "who": one.who,
            "time_ns": one.time,
            "event": one.event,
            "sentence": one.sentence,
            "numbers": dict(one.numbers),
        }
        told = {"by": one.by, "reason": one.reason, "count": one.count, "rule": one.rule, "example": example}
        yield told | ({"rulebook": one.source.rule, "lesson": one.source.lesson} if one.source else {})


def _told(words: Words, event: Event, case: _Case) -> str:
    if isinstance(event, OrderRejected):
        return words.refused(event)
    return reason_sentence(case.reason, case.numbers, words)


def _case(event: Event) -> _Case | None:
    if isinstance(event, OrderRejected):
        return _Case("exchange", event.account, event.reason, event.numbers)
    if isinstance(event, TradeRefused):
        return _Case("chain", event.account, event.reason, event.numbers)
    if isinstance(event, MessageRefused | FloodDropped):
        return _Case("validators", f"n{event.sender}", event.reason, event.numbers)
    if isinstance(event, ProposalJudged) and event.verdict != "waiting":
        return _Case("validators", f"n{event.validator}", event.reason, event.numbers)
    return None
