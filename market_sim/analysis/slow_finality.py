"""Slow finality: an epoch begins, and no block has become final for longer than a rotation of the leaders.

With honest leaders a block becomes final in each epoch, and while as many are silent as the rules tolerate, in each
rotation (decision 0024). What takes longer is a fault of the network, or more faulty validators than that.
"""

from __future__ import annotations

from market_sim.analysis.words import Words
from market_sim.core.models.consensus_events import BlockFinalized, EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated

CODE = "FINALITY_SLOW"
RULE = "While a quorum hears each other, a block becomes final within a rotation of the leaders."
READ = frozenset((CommitteeSeated, EpochStarted, BlockFinalized))
"""The events that it reads."""
USUAL = 2
"""When an epoch begins, the last final block is usually that of two epochs before."""


class SlowFinality:
    """Follows the newest final block, in the view of the validator that sees most."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._validators = 0
        self._final = 0
        self._is_slow = False

    def read(self, event: Event) -> str:
        """What is slow, at the first epoch in which it is; else nothing, until a block has become final again."""
        if isinstance(event, CommitteeSeated):
            self._validators = event.validators
        elif isinstance(event, BlockFinalized):
            self._final = max(self._final, self._words.epoch_of.get(event.block, 0))
            self._is_slow = False
        elif isinstance(event, EpochStarted) and not self._is_slow and self._validators:
            waited = event.epoch - self._final - USUAL
            if waited >= self._validators:
                self._is_slow = True
                last = f"the last final block is of epoch {self._final}" if self._final else "no block is final"
                return f"epoch {event.epoch} begins, and {last}: {waited} epochs more than usual"
        return ""
