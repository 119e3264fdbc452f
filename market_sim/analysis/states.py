"""The states of a run: what each validator's own copy of the balances came to, and who differs from which block on.

Read from `StateReached`, which a run holds where every validator executes final blocks for itself. Two validators with
the same finalized chain must hold the same state after each block of it; where somebody does not, it executed wrongly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import StateReached

SHORT = 12
MOST_NAMED = 4
"""The most validators with a different state that the sentence names; the document has all."""


@dataclass(frozen=True)
class Deviation:
    """A validator whose state after a block is not the state that most others reached."""

    validator: int
    height: int
    state: str
    others: str
    """The state that most others reached after this block, or instead of it."""
    other_block: bool
    """Whether its block at this height is another one: then the chains differ, and the states have to."""

    @property
    def sentence(self) -> str:
        """Who differs, and from where on."""
        why = ", because another block is final for it" if self.other_block else ""
        return (
            f"n{self.validator}'s state differs from block {self.height} on{why} "
            f"({self.state[:SHORT]} in place of {self.others[:SHORT]})"
        )


@dataclass(frozen=True)
class States:
    """What the copies of all validators came to."""

    validators: int
    """How many there are in the committee."""
    reached: dict[int, tuple[StateReached, ...]]
    """By validator: the state after each block that is final for it, ascending by height."""
    deviations: tuple[Deviation, ...]
    byzantine: tuple[int, ...]
    """The byzantine validators, whose states are no reference for others."""

    @property
    def last(self) -> dict[int, str]:
        """The state of each validator at the end; of one that left the protocol, the last one before."""
        return {validator: told[-1].state for validator, told in self.reached.items()}

    @property
    def same(self) -> bool:
        """Whether all validators that follow the rules hold the same state after every block that they share."""
        return not any(one.validator not in self.byzantine for one in self.deviations)

    @property
    def sentence(self) -> str:
        """How many blocks were executed by how many, and where that led."""
        wrong = {one.validator for one in self.deviations}
        agreed = {who: told for who, told in self.reached.items() if who not in wrong and who not in self.byzantine}
        named = "; ".join(one.sentence for one in self.deviations[:MOST_NAMED])
        if len(self.deviations) > MOST_NAMED:
            named += f"; {len(self.deviations) - MOST_NAMED} more differ"
        if not agreed:
            return named
        height = min(len(told) for told in agreed.values())
        some = len(agreed) < self.validators
        who = f"{len(agreed)} of {self.validators} validators" if some else f"{self.validators} validators"
        if len(agreed) == 1:
            who = f"n{next(iter(agreed))}"
        state = next(iter(agreed.values()))[height - 1].state
        reached = "reached the same state" if len(agreed) > 1 else "reached the state"
        said = f"{who} executed {counted(height, 'final block')} and {reached} {state[:SHORT]}"
        ahead = [f"n{who}" for who, told in agreed.items() if len(told) > height]
        if ahead:
            most = max(len(told) for told in agreed.values())
            said += f"; {listed(ahead)} went on{', the furthest' if len(ahead) > 1 else ''} to block {most}"
        return f"{said}; {named}" if named else said

    def document(self) -> dict[str, Any]:
        """As plain values, for programs."""
        return {
            "same": self.same,
            "states": {f"n{who}": state for who, state in self.last.items()},
            "blocks": {f"n{who}": len(told) for who, told in self.reached.items()},
            "differ": [
                {"validator": one.validator, "from_block": one.height, "state": one.state, "others": one.others}
                for one in self.deviations
            ],
            "sentence": self.sentence,
        }


def states(journal: Journal) -> States | None:
    """The states of a run; None where they were not told, or where nothing became final."""
    seated = next(journal.of(CommitteeSeated), None)
    reached: dict[int, list[StateReached]] = {}
    for event in journal.of(StateReached):
        reached.setdefault(event.validator, []).append(event)
    if seated is None or not reached:
        return None
    told = {who: tuple(reached[who]) for who in sorted(reached)}
    return States(seated.validators, told, tuple(_deviations(told, seated.byzantine)), seated.byzantine)


def _deviations(reached: dict[int, tuple[StateReached, ...]], byzantine: Iterable[int]) -> Iterable[Deviation]:
    """For each validator the first block after which its state is not that of most others."""
    liars, open_ones = frozenset(byzantine), dict(reached)
    for place in range(max(map(len, reached.values()))):
        here = {who: told[place] for who, told in open_ones.items() if len(told) > place}
        votes = Counter((who not in liars, one.block, one.state) for who, one in here.items())
        if len({(block, state) for _, block, state in votes}) < 2:
            continue
        # What those who follow the rules hold weighs most; of two states with equally many, that of the lower number.
        usual = max(here.values(), key=lambda one: (_honest(votes, one), votes[False, one.block, one.state]))
        for who, one in here.items():
            if (one.block, one.state) != (usual.block, usual.state):
                del open_ones[who]
                yield Deviation(who, one.height, one.state, usual.state, one.block != usual.block)


def _honest(votes: Counter[tuple[bool, str, str]], one: StateReached) -> int:
    return votes[True, one.block, one.state]
