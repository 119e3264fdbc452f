"""The comparison of a contract with its twin in Python: number by number, and refusal by refusal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Final

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:
    from market_sim.blockchain.contracts import ChainContext


OF_OTHERS: Final = ("ShortOfTokens", "ShortOfAllowance", "TokenTookFee", "SafeERC20FailedOperation", "OutOfGas")
"""The refusals of tokens, which a twin does not hold, and of the chain: but for them the call would have been made."""


def compare(name: str, when: str, contract: Mapping[str, object], twin: Mapping[str, object]) -> None:
    """Raise InvariantBroken with the first field in which the two differ, and both values."""
    for field in sorted(contract.keys() | twin.keys()):
        if contract.get(field) != twin.get(field):
            raise InvariantBroken(f"{when}: {name} says {field} {contract.get(field)}, and its twin {twin.get(field)}")


def by_owner(what: str, held: Mapping[str, int]) -> dict[str, int]:
    """A mapping of the contract as fields, one for each owner."""
    return {f"{what} of {owner}": amount for owner, amount in held.items()}


def agreed(
    context: ChainContext, name: str, place: str, twin: object, fields: Iterable[str], of_owners: Iterable[str]
) -> Numbers:
    """The fields of a contract, if they and its mappings by owner are those of its twin after the block."""
    ask = context.host.ask
    numbers: Numbers = {field: ask(place, field) for field in fields}
    says, expected = dict(numbers), {field: int(getattr(twin, field)) for field in numbers}
    for mapping in of_owners:
        what, held = mapping.removesuffix("Of"), getattr(twin, mapping)
        says |= by_owner(what, {owner: ask(place, mapping, owner) for owner in held})
        expected |= by_owner(what, held)
    compare(name, "after the block", says, expected)
    return numbers


def check_held(context: ChainContext, name: str, place: str, *owed: tuple[str, int]) -> None:
    """Raise InvariantBroken if a contract has less of an asset than it should; tokens sent to it are a surplus."""
    for asset, amount in owed:
        if (held := context.held(place, asset)) < amount:
            raise InvariantBroken(f"{name} should hold {amount} {asset} and holds {held}")


def check_locked(context: ChainContext, name: str, place: str, asset: str, by_journal: Iterable[int]) -> int:
    """What a contract without a twin reports as locked: the amounts by the journal, and it must have them."""
    expected, says = sum(by_journal), context.host.ask(place, "held")
    holds = context.held(place, asset)
    if says != expected or holds < expected:
        raise InvariantBroken(f"{name} reports {says} {asset} and holds {holds}; by the journal {expected} are locked")
    return says


class Twinned(ABC):
    """An adapter with a twin, which repeats every call and makes and refuses what the contract makes and refuses."""

    name: str
    pays_first: ClassVar[tuple[str, ...]] = ()
    """The functions in which tokens move before the contract has asked for all of its rules."""

    @abstractmethod
    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin in this settled epoch: the numbers that it comes to, or ChainReverted."""

    def changed(self) -> tuple[Any, ...]:
        """The adapters whose twins a call may change."""
        return (self,)

    def epoch_of(self, said: Numbers) -> int:
        """The settled epoch of a call by the contract's own event; 0 where no rule asks for it."""
        return int(said.get("settled", 0))

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call that the contract made; the twin must come to the same numbers."""
        said, when = executed.numbers, f"call {submitted.call}"
        try:
            found = self.repeat(submitted, self.epoch_of(said), context)
        except ChainReverted as refused:
            raise InvariantBroken(
                f"{when}: {self.name} made {submitted.function}, which its twin refuses: {refused}"
            ) from None
        compare(self.name, when, said, found)

    def refused(self, submitted: CallSubmitted, refused: ChainReverted, context: ChainContext) -> None:
        """Repeat a call that the contract refused; the twin must refuse it with the same error and the same numbers."""
        kept = [(adapter, deepcopy(adapter.twin)) for adapter in self.changed()]
        try:
            self.repeat(submitted, context.host.epoch(), context)
        except ChainReverted as found:
            if _told(found) == _told(refused):
                return
            if refused.error in OF_OTHERS and submitted.function in self.pays_first:
                return
            its = f"refuses it with {found}"
        else:
            if refused.error in OF_OTHERS:
                return
            its = "makes it"
        finally:
            for adapter, twin in kept:
                adapter.twin = twin
        raise InvariantBroken(
            f"call {submitted.call}: {self.name} refused {submitted.function} with {refused}, and its twin {its}"
        )


def _told(refused: ChainReverted) -> tuple[str, dict[str, str]]:
    """An error with its numbers; addresses are written in two ways."""
    return refused.error, {field: str(value).lower() for field, value in refused.arguments.items()}
