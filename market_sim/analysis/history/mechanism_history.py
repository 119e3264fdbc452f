"""The history of mechanisms: their transfers of cash by reason and time, and their decisions.

Cash that passes through the clearing account enters and leaves it at the same moment; it is counted once, when it
enters. So the sum of a reason is the amount that debtors have paid.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from market_sim.analysis.mechanism_words import SENTENCES, sentence
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, Transferred
from market_sim.market.mechanisms.clearing_house import CLEARING

PASSES_THROUGH = ("VARIATION", "FUNDING")
"""The reasons of transfers that only pass through the clearing account."""
BACK = {"PLEDGE_RETURNED": "PLEDGED", "REPAID": "LENT", "RETURNED": "BORROWED", "MERGED": "SPLIT"}
"""Reasons of returns, with the reasons of the original transfers: charts show the net of the two."""


@dataclass(frozen=True)
class Decision:
    """One decision of a mechanism: its event and its sentence."""

    event: Event
    said: str
    number: int = 0
    """The number of the event in the journal."""

    @property
    def kind(self) -> str:
        """The name of the kind of event."""
        return type(self.event).__name__


@dataclass(frozen=True)
class MechanismHistory:
    """The transfers and decisions of a run, in the order of the journal."""

    words: Words
    quotes: tuple[str, ...]
    """The quote currencies, the most frequent one first."""
    transfers: tuple[Transferred, ...]
    decisions: tuple[Decision, ...]

    @property
    def quote(self) -> str:
        """The currency of the charts."""
        return self.quotes[0] if self.quotes else ""

    @property
    def unit(self) -> int:
        """The number of smallest units in one unit of the currency: 100 cents."""
        decimals = next((each.cash_decimals for each in self.words.listed.values() if each.quote == self.quote), 0)
        return 10**decimals

    def counted(self) -> Iterator[Transferred]:
        """The transfers of cash, without those that pass it on from the clearing account."""
        for event in self.transfers:
            passed_on = event.reason in PASSES_THROUGH and event.source == CLEARING
            if event.asset == self.quote and not passed_on:
                yield event

    def paid(self, reason: str) -> int:
        """The sum of cash transferred for this reason."""
        return sum(event.amount for event in self.counted() if event.reason == reason)

    def of(self, *kinds: type[Event]) -> list[Decision]:
        """The decisions of these kinds."""
        return [each for each in self.decisions if type(each.event) in kinds]


def mechanism_history(journal: Journal) -> MechanismHistory:
    """The history of mechanisms in a run."""
    transfers = tuple(journal.of(Transferred))
    decided = [(number, event) for number, event in enumerate(journal) if type(event) in SENTENCES]
    quotes = Counter(event.quote for event in journal.of(InstrumentListed))
    words = Words(journal)
    told = tuple(Decision(event, sentence(event, words), number) for number, event in decided)
    return MechanismHistory(words, tuple(sorted(quotes, key=lambda one: -quotes[one])), transfers, told)


def net_by_column(history: MechanismHistory, starts: list[int]) -> dict[str, list[int]]:
    """The net amount of each reason in each time column; returns are subtracted from the original transfers.

    `starts` are the start times of the columns; the first column includes all earlier transfers.
    """
    found: dict[str, list[int]] = {}
    for event in history.counted():
        sign = -1 if event.reason in BACK else 1
        sums = found.setdefault(BACK.get(event.reason, event.reason), [0] * len(starts))
        sums[max(0, bisect_right(starts, event.time) - 1)] += sign * event.amount
    return {reason: sums for reason, sums in found.items() if any(sums)}
