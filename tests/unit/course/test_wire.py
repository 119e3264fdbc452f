"""Plain data travels and arrives as plain data; nothing else does."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.models.intents import Buy, Cancel
from market_sim.course.isolation.student import FROZEN
from market_sim.course.student_side.wire import LONGEST_LINE, decode, encode, line_of, message_in

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
keys = st.integers() | st.text() | st.tuples(st.integers(), st.text())
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
        | st.frozensets(keys, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.thorough
@given(values)
def test_what_travels_arrives_equal_and_of_the_same_type(value):
    there = decode(message_in(line_of({"value": encode(value)}))["value"])
    assert there == value
    assert type(there) is type(value)


@pytest.mark.parametrize("value", [{"$": "set", "of": [1]}, {"$": 1}, {1: {"$": "x"}}, math.inf, -math.inf, 10**400])
def test_what_looks_like_a_tag_or_fits_no_json_arrives_too(value):
    assert decode(encode(value)) == value


def test_not_a_number_arrives():
    assert math.isnan(decode(encode(math.nan)))


def test_our_own_frozen_values_travel_by_name():
    for intent in (Buy("ACME", 5, 100, display=2), Cancel(7)):
        assert decode(encode(intent, FROZEN), FROZEN) == intent


class Liar(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __index__(self):
        return 99


def test_a_subclass_arrives_as_what_it_is_a_kind_of():
    found = decode(encode([Liar(3), namedtuple("Pair", "a b")(1, 2), enum.IntEnum("E", "A").A, OrderedDict(a=1)]))
    assert found == [3, (1, 2), 1, {"a": 1}]
    assert [type(one) for one in found] == [int, tuple, int, dict]


@pytest.mark.parametrize("value", [object(), lambda: 1, 1j, range(3), iter([1]), type])
def test_live_objects_stay_where_they_are(value):
    with pytest.raises(TypeError, match="no plain data"):
        encode([value])


def test_what_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="levels"):
        encode(loop)


@pytest.mark.parametrize("line", [b"", b"x", b"[" * 50_000, b"1" * 10_000, b'"text"', b"[1]", b"\xff"])
def test_a_line_that_is_no_message_is_refused(line):
    with pytest.raises(ValueError, match="no JSON"):
        message_in(line)


def test_a_line_has_a_longest_length():
    assert len(line_of({"value": "x" * (LONGEST_LINE - 13)})) == LONGEST_LINE
    with pytest.raises(ValueError, match="may travel"):
        line_of({"value": "x" * LONGEST_LINE})


@pytest.mark.parametrize("value", [{"$": "Path", "of": {}}, {"$": "tuple"}, {"$": "float", "of": "1e3"}])
def test_an_unknown_tag_is_refused(value):
    with pytest.raises(ValueError, match="unknown tag"):
        decode(value)
