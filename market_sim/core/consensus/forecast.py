"""Forecast of an attack before the run: which behaviours can have no effect, and an epoch in which they would.

It follows from the rules, the list of behaviours and the partitions alone. What a validator cannot send it cannot send
with a partition either; what one sends while it is cut off from all others arrives when the partition heals. Between
these two, what a partition does to an attack depends on the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.consensus.behaviours import AFTER_FINALITY, GREEDY, MISEXECUTE, Behaviour, Outage
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.network import Partition

SECOND_BLOCKS = ("equivocate", "flood", "two-faced")
"""The behaviours in which a leader sends more than one block for its epoch."""
UNHEARD = ("silent", "crash", *AFTER_FINALITY)
"""The behaviours that no message carries, so that no partition can hold them back."""
NO_CALLS = "nobody calls a contract in this scenario, so there is nothing to order; sandwich is one with calls"
SEARCHED = 400
"""The number of epochs to search for one in which an attack has an effect."""


def without_effect(
    behaviours: Sequence[Behaviour], rules: Rules, epochs: int, partitions: Sequence[Partition] = (),
    has_contracts: bool = True,
) -> tuple[str, ...]:  # fmt: skip
    """A sentence for each behaviour that has no effect in a run of this length, or only after a partition."""
    told = [
        (f"{written(one)} can do nothing: {why}" if (why := _why_nothing(one, behaviours, rules, epochs)) else "")
        or ("" if has_contracts or one.name != GREEDY else f"{written(one)} can do nothing: {NO_CALLS}")
        or _why_late(one, rules, epochs, partitions)
        for one in behaviours
    ]
    return tuple(filter(None, told))


def beyond_the_end(outages: Sequence[Outage], partitions: Sequence[Partition], epochs: int) -> tuple[str, ...]:
    """A sentence for each outage and partition that begins after a run of this length."""
    late = too_late((), outages, partitions, epochs)
    return tuple(f"{what} can do nothing: the run ends with epoch {epochs}" for what in late)


def too_late(
    behaviours: Sequence[Behaviour], outages: Sequence[Outage], partitions: Sequence[Partition], epochs: int
) -> tuple[str, ...]:
    """Each fault that begins after a run of this length, with its first epoch."""
    named = [(f"n{one.validator}:{one.name}", one.first) for one in behaviours]
    named += [(f"the crash of n{one.validator}", one.first) for one in outages]
    named += [("the partition", one.first) for one in partitions]
    return tuple(f"{what} from epoch {first} on" for what, first in named if first > epochs)


def _why_late(one: Behaviour, rules: Rules, epochs: int, partitions: Sequence[Partition]) -> str:
    """A validator that a partition separates from all others while it is byzantine is not heard before it heals."""
    active = [epoch for epoch in range(one.first, min(one.last, epochs) + 1) if one.is_active(epoch)]
    others = [other for other in range(rules.validators) if other != one.validator]

    def is_alone(epoch: int) -> bool:
        return all(any(cut.separates(one.validator, other, epoch) for cut in partitions) for other in others)

    if not partitions or one.name in UNHEARD or not active or not all(map(is_alone, active)):
        return ""
    heals = next(epoch for epoch in range(active[-1] + 1, active[-1] + SEARCHED) if not is_alone(epoch))
    if heals > epochs:
        return f"{written(one)} reaches nobody: the partition separates n{one.validator} from all others until the end"
    return (
        f"{written(one)} reaches nobody before epoch {heals}: until then the partition separates n{one.validator} from "
        "all others"
    )


def written(one: Behaviour, first: int | None = None) -> str:
    """A behaviour as a person types it, or the same one in a single epoch."""
    if first is not None:
        return f"n{one.validator}:{one.name}@{first}"
    return f"n{one.validator}:{one.name}" + (f"@{one.epochs}" if one.epochs else "")


def _why_nothing(one: Behaviour, all_of_them: Sequence[Behaviour], rules: Rules, epochs: int) -> str:
    if one.first > epochs and one.name != "double-vote":
        return f"the run ends with epoch {epochs}; {_try(_led_by(one, rules, range(1, epochs + 1)), one)}"
    active = [epoch for epoch in range(one.first, min(one.last, epochs) + 1) if one.is_active(epoch)]
    muted = _why_muted(one, active, all_of_them, epochs)
    if muted:
        return muted
    if one.name in ("equivocate", GREEDY):
        if not _led_by(one, rules, active):
            led = _led_by(one, rules, range(one.first, epochs + 1)) or _led_by(one, rules, range(1, epochs + 1))
            led = led or _led_by(one, rules, range(epochs + 1, epochs + SEARCHED))
            can = "choose the order of calls" if one.name == GREEDY else "send two blocks"
            return f"only a leader can {can}, and n{one.validator} does not lead then; {_try(led, one)}"
    elif one.name == "two-faced":
        like = [other for other in all_of_them if other.name == "two-faced"]
        # It leads and shows two blocks, or another one does and it signs both.
        if not any(_led_by(other, rules, [epoch for epoch in active if other.is_active(epoch)]) for other in like):
            led = _led_by(one, rules, range(one.first, epochs + 1)) or _led_by(one, rules, range(1, epochs + 1))
            led = led or _led_by(one, rules, range(epochs + 1, epochs + SEARCHED))
            return f"no two-faced validator leads then, so that there are no two blocks; {_try(led, one)}"
    elif one.name == "double-vote":
        return _why_no_second_vote(one, active, all_of_them, rules)
    elif one.name in AFTER_FINALITY and active[0] >= epochs > 1:
        return f"a block of epoch {epochs} is not final when the run ends; {_try([epochs - 1], one)}"
    elif one.name == "replay" and active == [1]:
        return f"in epoch 1 there is no old message yet; {_try([2], one)}"
    return ""


def _why_muted(one: Behaviour, active: Sequence[int], all_of_them: Sequence[Behaviour], epochs: int) -> str:
    """A validator that is silent all the while, or has crashed before, does nothing else that a message carries."""
    if one.name in AFTER_FINALITY:
        # What is final for a validator that lies to the others counts for nothing, so it executes nothing any more.
        lies = [other for other in all_of_them if other.validator == one.validator and other.name not in AFTER_FINALITY]
        first = min(lies, key=lambda other: other.first, default=None)
        if first is None or first.first > one.first + 1:
            return ""
        does = "executes" if one.name == MISEXECUTE else "signs"
        return f"n{one.validator} {does} no block from epoch {first.first} on; leave {written(first)} out"
    for other in all_of_them:
        if other.validator == one.validator and other.name == "crash" != one.name and other.first < one.first:
            return f"n{one.validator} has crashed before; leave {written(other)} out"
        lasting = range(one.first, epochs + 1) if one.name == "crash" else active
        if (
            other.validator == one.validator
            and other.name == "silent" != one.name
            and all(map(other.is_active, lasting))
        ):
            return f"n{one.validator} is silent then; leave {written(other)} out"
    return ""


def _why_no_second_vote(one: Behaviour, active: Sequence[int], all_of_them: Sequence[Behaviour], rules: Rules) -> str:
    """A second vote needs a second block of the epoch, which only a byzantine leader sends."""
    rivals = [other for other in all_of_them if other.validator != one.validator and other.name in SECOND_BLOCKS]
    if any(other.is_active(epoch) for other in rivals for epoch in _led_by(other, rules, active)):
        return ""
    others = [place for place in range(rules.validators) if place != one.validator]
    first = active[0] if active else 1
    epoch = next((epoch for epoch in range(first, first + SEARCHED) if rules.leader(epoch) in others), 0)
    helper = f"n{rules.leader(epoch)}:equivocate@{epoch}"
    permit = "" if rules.faults > 1 or rules.beyond_the_bound else " and --beyond-the-bound"
    return f"no leader sends a second block that it could vote for; add {helper},{written(one, epoch)}{permit}"


def _led_by(one: Behaviour, rules: Rules, epochs: Sequence[int]) -> list[int]:
    return [epoch for epoch in epochs if rules.leader(epoch) == one.validator]


def _try(led: Sequence[int], one: Behaviour) -> str:
    return f"try {written(one, led[0])}" if led else f"n{one.validator} leads no epoch near it"
