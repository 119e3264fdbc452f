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
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractDeployed, ContractReconciled

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
    submitted = {call.call: call for call in journal.of(CallSubmitted) if call.contract == pool}
    deployed = next((event for event in journal.of(ContractDeployed) if event.contract == pool), None)
    if deployed is None:
        return {}
    model, changed, block = AmmModel(int(deployed.terms["feeBps"])), dict[str, Held](), list[CallExecuted]()
    for event in journal:
        if isinstance(event, CallExecuted) and event.contract == pool:
            block.append(event)
        elif isinstance(event, ContractReconciled) and event.contract == pool and block:
            honest, actual = dict[str, Held](), dict[str, Held]()
            other = deepcopy(model)
            for call in sorted(block, key=lambda one: one.call):
                _play(other, submitted[call.call], model.observed, honest)
            for call in block:
                if call.succeeded:
                    epoch = int(call.numbers.get("epoch", model.observed))
                    _play(model, submitted[call.call], epoch, actual)
            for account in honest.keys() | actual.keys():
                now, then = actual.get(account, Held()), honest.get(account, Held())
                changed[account] = changed.get(account, Held()).plus(now.base - then.base, now.quote - then.quote)
            block = []
    return changed


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
