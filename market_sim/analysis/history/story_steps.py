"""The steps of a timeline: the important events of a run, with one sentence each.

They are proposals, votes, the first notarization and the first finalization of each block, settlements, shocks, and
decisions of mechanisms. Trades and other frequent events are left out; the charts show them all.
"""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.analysis.history.chain_history import ChainHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.mechanism_words import sentence
from market_sim.analysis.words import Words, entry_noun
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EpochStarted,
    VoteCast,
)
from market_sim.core.models.event import Event
from market_sim.core.models.mechanism_events import Assigned, Located, MarkedToMarket, PairsMade
from market_sim.core.models.run_events import ShockHappened
from market_sim.core.models.settlement_events import BlockSettled

FREQUENT = (Assigned, Located, MarkedToMarket, PairsMade)
"""Frequent decisions of mechanisms, which are no steps."""
Step = tuple[int, float, str]
"""The number of an event, its time in seconds, and its sentence."""


def story_steps(journal: Journal, axis: TimeAxis, chain: ChainHistory | None) -> list[Step]:
    """The steps on the axis, in the order of the journal."""
    told = _StepSentences(chain, Words(journal), entry_noun(journal))
    return [
        (number, seconds(event.time), text)
        for number, event in enumerate(journal)
        for text in told.sentences(event)
        if event.time >= axis.first
    ]


class _StepSentences:
    """Writes the sentences of steps, and counts the signatures of blocks."""

    def __init__(self, chain: ChainHistory | None, words: Words, noun: tuple[str, str]) -> None:
        self._chain = chain
        self._noun = noun
        self._words = words
        self._signatures: dict[str, int] = {}

    def sentences(self, event: Event) -> Iterator[str]:
        """The sentences of an event; most events have none."""
        if isinstance(event, ShockHappened):
            yield f"shock: {event.what}"
        elif isinstance(event, BlockSettled):
            which = str(event.first) if event.first == event.last else f"{event.first} to {event.last}"
            yield f"height {which} settled: {counted(event.trades, *self._noun)} paid"
        elif not isinstance(event, FREQUENT) and (said := sentence(event, self._words)):
            yield said
        elif self._chain is not None:
            yield from self._about_blocks(self._chain, event)

    def _about_blocks(self, chain: ChainHistory, event: Event) -> Iterator[str]:
        if isinstance(event, EpochStarted):
            yield f"epoch {event.epoch} starts, validator {event.leader} leads"
        elif isinstance(event, BlockProposed) and chain.proposals[event.block] is event:
            entries = counted(event.trades, *chain.noun)
            yield f"validator {event.proposer} proposes block {chain.label(event.block)} with {entries}"
        elif isinstance(event, VoteCast) and event.block in chain.proposals:
            count = self._signatures[event.block] = self._signatures.get(event.block, 0) + 1
            enough = f"{counted(count, 'signature')}, and {chain.committee.quorum} notarize it"
            yield f"validator {event.voter} signs block {chain.label(event.block)}: {enough}"
        elif isinstance(event, BlockNotarized) and chain.notarized[event.block] is event:
            yield f"block {chain.label(event.block)} is notarized, first seen by validator {event.validator}"
        elif isinstance(event, BlockFinalized) and chain.finalized[event.block] is event:
            yield f"block {chain.label(event.block)} is final, first for validator {event.validator}"
