"""The comparison of a contract with its twin in Python, number by number."""

from __future__ import annotations

from collections.abc import Mapping

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted


def compare(name: str, when: str, contract: Mapping[str, object], twin: Mapping[str, object]) -> None:
    """Raise InvariantBroken with the first field in which the two differ, and both values."""
    for field in sorted(contract.keys() | twin.keys()):
        if contract.get(field) != twin.get(field):
            raise InvariantBroken(f"{when}: {name} says {field} {contract.get(field)}, and its twin {twin.get(field)}")


def by_owner(what: str, held: Mapping[str, int]) -> dict[str, int]:
    """A mapping of the contract as fields, one for each owner."""
    return {f"{what} of {owner}": amount for owner, amount in held.items()}


def repeated(name: str, twin: object, call: CallSubmitted, said: Numbers, *arguments: object) -> None:
    """Repeat a call on the twin, with these arguments; it must come to the numbers of the contract."""
    try:
        found: Numbers = getattr(twin, call.function)(*arguments)
    except ChainReverted as refused:
        raise InvariantBroken(
            f"call {call.call}: {name} made {call.function}, which its twin refuses: {refused}"
        ) from None
    compare(name, f"call {call.call}", said, found)
