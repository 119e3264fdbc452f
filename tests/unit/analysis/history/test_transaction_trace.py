"""The arguments of a call have the names of what they are."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from market_sim import blockchain
from market_sim.analysis.history.transaction_trace import OF_A_CALL, argument_names
from market_sim.blockchain.ethereum.artifacts import artifact

FITS = {int: r"u?int\d+", str: r"address|bytes32|string"}
"""By the type of an argument in a call: the types of the contract's parameter that it can be."""


def adapters() -> Iterator[Any]:
    """The classes whose functions a participant can call."""
    for found in pkgutil.iter_modules(blockchain.__path__):
        module = importlib.import_module(f"{blockchain.__name__}.{found.name}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and getattr(value, "functions", None):
                yield value


CALLS = [
    pytest.param(adapter, function, id=f"{adapter.kind}.{function}")
    for adapter in adapters()
    if isinstance(adapter.functions, dict)
    for function in adapter.functions
]


def test_there_are_calls_to_look_at() -> None:
    kinds = {call.values[0].kind for call in CALLS}
    assert len(kinds) > 10 and set(OF_A_CALL) <= kinds


@pytest.mark.parametrize(("adapter", "function"), CALLS)
def test_each_argument_of_a_call_has_a_name_and_it_is_that_of_what_the_participant_gave(
    adapter: Any, function: str
) -> None:
    given = adapter.functions[function]
    names = argument_names(adapter.kind, function, len(given))
    assert len(names) == len(given) and not any(name.isdigit() for name in names)
    if function in OF_A_CALL.get(adapter.kind, {}):
        described = sys.modules[adapter.__module__].__doc__ or ""
        assert f"{function}({', '.join(names)})" in described
        return
    entry = artifact(adapter.kind).functions[function]
    for kind, parameter in zip(given, entry.inputs, strict=True):
        assert re.fullmatch(FITS[kind], parameter), f"{kind.__name__} is shown as the contract's {parameter}"


def test_a_call_that_no_table_knows_has_places_for_names() -> None:
    assert argument_names("Nothing", "run", 2) == ("1", "2")
