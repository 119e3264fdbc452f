"""Every kind of event survives being written and read again."""

from __future__ import annotations

from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from market_sim.core.data.codec import EVENT_KINDS, EVENT_MODULES, decode, encode
from market_sim.core.models.consensus_events import ConsensusEvent
from market_sim.core.models.event import Event
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import MarketEvent, OrderAccepted


def example(annotation: Any) -> Any:
    """Some value of this type that is not its default."""
    if annotation in (int, str, float, bool):
        return {int: 7, str: "seven \n\u2028\u0000é", float: 0.1, bool: True}[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return tuple(example(each) for each in arguments if each is not Ellipsis)
    if origin is dict:
        return {"b": example(arguments[1]), "a": example(arguments[1])}
    if origin is list:
        return [example(arguments[0])]
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return filled(annotation)
    if isinstance(annotation, type) and issubclass(annotation, tuple):  # a named one
        return annotation(*map(example, get_type_hints(annotation).values()))
    return example(next(each for each in arguments if each is not type(None)))


def filled(kind: type[msgspec.Struct]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{field: example(hints[field]) for field in kind.__struct_fields__})


@pytest.mark.parametrize("kind", EVENT_KINDS, ids=lambda kind: kind.__name__)
def test_an_event_survives_its_json_line(kind):
    event = filled(kind)
    line = encode(event)
    assert b"\n" not in line
    assert type(decode(line)) is kind
    assert decode(line) == event
    assert encode(decode(line)) == line


def test_every_event_of_the_modules_is_a_kind_and_nothing_else_is():
    leaves: set[type] = set()
    waiting: list[type] = [Event]
    while waiting:
        kind = waiting.pop()
        below = [each for each in type.__subclasses__(kind) if each.__module__.startswith("market_sim.core.models")]
        waiting += below
        leaves |= set() if below else {kind}
    assert set(EVENT_KINDS) == leaves
    assert len({kind.__name__ for kind in EVENT_KINDS}) == len(EVENT_KINDS)
    assert not {Event, MarketEvent, ConsensusEvent} & set(EVENT_KINDS)
    assert {kind.__module__ for kind in EVENT_KINDS} == {module.__name__ for module in EVENT_MODULES}


def test_the_rarer_terms_of_an_order_are_kept():
    event = OrderAccepted(3, 1, "alice", Buy("ACME", 5, 100, client_id="a", display=2, self_trade="cancel_both"))
    assert decode(encode(event)) == event


def test_the_order_of_keys_does_not_show():
    kind = next(kind for kind in EVENT_KINDS if kind.__name__ == "OrderRejected")
    one = kind(0, "alice", "?", "BAD_TICK", {"limit": 1, "tick": 5})
    other = kind(0, "alice", "?", "BAD_TICK", {"tick": 5, "limit": 1})
    assert encode(one) == encode(other)


@pytest.mark.parametrize(
    "line", [b"", b"{}", b'{"type":"Nothing","time":0}', b'{"type":"Deposited","time":true}', b"\xff"]
)
def test_what_is_no_event_is_not_decoded(line):
    with pytest.raises(msgspec.DecodeError):
        decode(line)


def test_unions_in_annotations_are_understood_by_these_tests():
    assert example(Union[int, None]) == 7  # noqa: UP007
    assert example(int | None) == 7
