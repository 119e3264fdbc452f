"""The comparison of a contract with its twin in Python, number by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

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


def repeated(name: str, twin: object, call: CallSubmitted, said: Numbers, *arguments: object) -> None:
    """Repeat a call on the twin, with these arguments; it must come to the numbers of the contract."""
    same(name, call, said, getattr(twin, call.function), *arguments)


def same(name: str, call: CallSubmitted, said: Numbers, repeat: Callable[..., Numbers], *arguments: Any) -> None:
    """Repeat a call by a function on the twins; it must come to the numbers of the contract."""
    try:
        found = repeat(*arguments)
    except ChainReverted as refused:
        raise InvariantBroken(
            f"call {call.call}: {name} made {call.function}, which its twin refuses: {refused}"
        ) from None
    compare(name, f"call {call.call}", said, found)


def refused_alike(name: str, twin: object, call: CallSubmitted, refused: ChainReverted, *arguments: object) -> None:
    """Repeat a refused call on a copy of the twin: it must refuse with the same error and the same numbers."""
    try:
        getattr(deepcopy(twin), call.function)(*arguments)
    except ChainReverted as found:
        if _told(found) == _told(refused):
            return
        its = f"refuses it with {found}"
    else:
        if refused.error in OF_OTHERS:
            return
        its = "makes it"
    raise InvariantBroken(f"call {call.call}: {name} refused {call.function} with {refused}, and its twin {its}")


def _told(refused: ChainReverted) -> tuple[str, dict[str, str]]:
    """An error with its numbers; addresses are written in two ways."""
    return refused.error, {field: str(value).lower() for field, value in refused.arguments.items()}
