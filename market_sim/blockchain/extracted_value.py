"""Extracted value: what the order of the calls of a pool gave to one account and took from another.

For each block with calls the pool is played a second time from where it stood, with the same calls in the order of
their arrival. What an account has more than in that honest order, the leader's order gave to it. The differences of all
accounts and of the pool sum to zero, in the asset and in money, because a pool makes neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Final, NamedTuple

from market_sim.blockchain.amm_model import AmmModel
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, CallsOrdered
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractDeployed, ContractReconciled

NO_LEADER: Final = -1
"""In place of a leader, where calls are executed without a committee: on a chain that is not ours."""
POOL: Final = "the pool"
"""The name of the pool among the accounts."""


class Held(NamedTuple):
    """An amount of the asset and an amount of money."""

    base: int = 0
    quote: int = 0

    def plus(self, base: int, quote: int) -> Held:
        """The sum."""
        return Held(self.base + base, self.quote + quote)


def extracted(journal: Journal, pool: str) -> dict[str, Held]:
    """What the order of calls changed for each account that called a pool, and for the pool itself, over a run."""
    total: dict[str, Held] = {}
    for changed in extracted_by_leader(journal, pool).values():
        for account, held in changed.items():
            total[account] = total.get(account, Held()).plus(*held)
    return total


def extracted_by_leader(journal: Journal, pool: str) -> dict[int, dict[str, Held]]:
    """The same by the leaders that chose the orders."""
    submitted = {call.call: call for call in journal.of(CallSubmitted) if call.contract == pool}
    deployed = next((event for event in journal.of(ContractDeployed) if event.contract == pool), None)
    if deployed is None or not submitted:
        return {}
    leaders = _leaders(journal)
    model, found, block = AmmModel(int(deployed.terms["feeBps"])), dict[int, dict[str, Held]](), list[CallExecuted]()
    for event in journal:
        if isinstance(event, CallExecuted) and event.contract == pool:
            block.append(event)
        elif isinstance(event, ContractReconciled) and event.contract == pool and block:
            changed = found.setdefault(leaders.get(block[0].call, NO_LEADER), {})
            honest, actual = dict[str, Held](), dict[str, Held]()
            arrived = sorted(block, key=lambda one: one.call)
            other = deepcopy(model)
            for call in arrived if arrived != block else ():
                _play(other, submitted[call.call], model.observed, honest)
            for call in block:
                if call.succeeded:
                    epoch = int(call.numbers.get("epoch", model.observed))
                    _play(model, submitted[call.call], epoch, actual)
            if arrived == block:
                honest = actual
            for account in {**honest, **actual}:
                now, then = actual.get(account, Held()), honest.get(account, Held())
                changed[account] = changed.get(account, Held()).plus(now.base - then.base, now.quote - then.quote)
            block = []
    return found


def _leaders(journal: Journal) -> dict[int, int]:
    """The leader of the final block that holds each call."""
    proposers = {event.block: event.proposer for event in journal.of(BlockProposed)}
    final = {event.block for event in journal.of(BlockFinalized)}
    return {
        call: proposers[event.block]
        for event in journal.of(CallsOrdered)
        if event.block in final
        for call in event.calls
    }


def _play(model: AmmModel, call: CallSubmitted, epoch: int, changed: dict[str, Held]) -> None:
    """Make one call on a model, and count what it moves; a call that is refused moves nothing."""
    before = deepcopy(model)
    try:
        numbers: Numbers = getattr(model, call.function)(call.account, epoch, *call.arguments)
    except ChainReverted:
        vars(model).update(vars(before))
        return
    base, quote = _moved(call.function, numbers)
    changed[call.account] = changed.get(call.account, Held()).plus(base, quote)
    changed[POOL] = changed.get(POOL, Held()).plus(-base, -quote)


def _moved(function: str, numbers: Mapping[str, int | str]) -> tuple[int, int]:
    """What the caller of a function gets of the asset and of money."""
    signs = {"buy": (1, -1), "sell": (-1, 1), "add": (-1, -1), "remove": (1, 1)}[function]
    return signs[0] * int(numbers["base"]), signs[1] * int(numbers["quote"])
