"""What mechanisms moved and decided in a run, read from its journal: cash by reason and moment, and what happened.

Cash that passes through the clearing account comes in and goes out again within one moment; it is counted once, when
it comes in. So the sum of a reason is what those who owed it have paid.
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
"""Reasons for which what goes into the clearing account comes out of it at once."""
BACK = {"PLEDGE_RETURNED": "PLEDGED", "REPAID": "LENT", "RETURNED": "BORROWED", "MERGED": "SPLIT"}
"""What comes back, and what it was given as: in a picture the two count against each other."""


@dataclass(frozen=True)
class Decision:
    """Something a mechanism decided, with its sentence."""

    event: Event
    said: str
    number: int = 0
    """Its place in the journal."""

    @property
    def kind(self) -> str:
        """Which kind of event it is."""
        return type(self.event).__name__


@dataclass(frozen=True)
class MechanismHistory:
    """All transfers and all decisions of a run, in the order of the journal."""

    words: Words
    quotes: tuple[str, ...]
    """The currencies, the one that most instruments are quoted in first."""
    transfers: tuple[Transferred, ...]
    decisions: tuple[Decision, ...]

    @property
    def quote(self) -> str:
        """The currency of the picture."""
        return self.quotes[0] if self.quotes else ""

    @property
    def unit(self) -> int:
        """How many of the smallest unit make one of the currency: 100 cents."""
        decimals = next((each.price_decimals for each in self.words.listed.values() if each.quote == self.quote), 0)
        return 10**decimals

    def counted(self) -> Iterator[Transferred]:
        """The transfers of cash, each cent once."""
        for event in self.transfers:
            passed_on = event.reason in PASSES_THROUGH and event.source == CLEARING
            if event.asset == self.quote and not passed_on:
                yield event

    def paid(self, reason: str) -> int:
        """How much cash moved for this reason in the whole run."""
        return sum(event.amount for event in self.counted() if event.reason == reason)

    def of(self, *kinds: type[Event]) -> list[Decision]:
        """What happened of these kinds."""
        return [each for each in self.decisions if type(each.event) in kinds]


def mechanism_history(journal: Journal) -> MechanismHistory:
    """What mechanisms did in this run, if there were any."""
    transfers = tuple(journal.of(Transferred))
    decided = [(number, event) for number, event in enumerate(journal) if type(event) in SENTENCES]
    quotes = Counter(event.quote for event in journal.of(InstrumentListed))
    words = Words(journal)
    told = tuple(Decision(event, sentence(event, words), number) for number, event in decided)
    return MechanismHistory(words, tuple(sorted(quotes, key=lambda one: -quotes[one])), transfers, told)


def net_by_column(history: MechanismHistory, starts: list[int]) -> dict[str, list[int]]:
    """For each reason what moved in each column of time; what came back is counted against what was given.

    `starts` are the beginnings of the columns, the first of which takes everything that was earlier.
    """
    found: dict[str, list[int]] = {}
    for event in history.counted():
        sign = -1 if event.reason in BACK else 1
        sums = found.setdefault(BACK.get(event.reason, event.reason), [0] * len(starts))
        sums[max(0, bisect_right(starts, event.time) - 1)] += sign * event.amount
    return {reason: sums for reason, sums in found.items() if any(sums)}
