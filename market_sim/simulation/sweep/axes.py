"""The axes of a sweep: a parameter and the values it takes, `spread_bps=5..40:5` or `traders=4,8,16`.

>>> axis("spread_bps=5..40:5").values[:3], axis("share=0.1..0.3:0.1").values, axis("side=buy,sell").values
(('5', '10', '15'), ('0.1', '0.2', '0.3'), ('buy', 'sell'))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import NamedTuple

from market_sim.core.errors import InputError

MOST_VALUES = 10_000


class Axis(NamedTuple):
    """A parameter and the texts of its values, which the scenario converts and checks."""

    name: str
    values: tuple[str, ...]


def axis(text: str) -> Axis:
    """The axis in a text: NAME=FIRST..LAST:STEP with both ends included, or NAME=VALUE,VALUE,..."""
    name, is_given, values = text.partition("=")
    name = name.strip().replace("-", "_")
    if not is_given or not name or not values.strip():
        raise InputError(f"--over is written spread_bps=5..40:5 or traders=4,8,16, found {text!r}")
    found = tuple(_range(text, values)) if ".." in values else tuple(each.strip() for each in values.split(","))
    if len(set(found)) != len(found) or "" in found:
        raise InputError(f"--over {text}: each value is given once and none is empty")
    return Axis(name, found)


def axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """All axes; no parameter may have two."""
    found = tuple(map(axis, texts))
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"--over names {twice} twice: give all its values at once")
    return found


def points(found: Sequence[Axis]) -> Iterator[dict[str, str]]:
    """Every combination of values, the last axis changing fastest."""
    for values in product(*(one.values for one in found)):
        yield dict(zip((one.name for one in found), values, strict=True))


def _range(text: str, values: str) -> Iterator[str]:
    ends, has_step, typed_step = values.partition(":")
    first_text, _, last_text = ends.partition("..")
    try:
        # Decimals, so that 0.1..0.3:0.1 has three values and no 0.30000000000000004.
        first, last, step = (Decimal(each.strip()) for each in (first_text, last_text, typed_step if has_step else "1"))
        if not all(number.is_finite() for number in (first, last, step)):
            raise InvalidOperation
    except InvalidOperation:
        raise InputError(f"--over {text}: a range is FIRST..LAST:STEP of numbers, found {values!r}") from None
    if step <= 0 or last < first:
        raise InputError(f"--over {text}: a range goes up from the first to the last value by a positive step")
    if (last - first) / step >= MOST_VALUES:
        raise InputError(f"--over {text}: an axis has at most {MOST_VALUES:,} values")
    number = first
    while number <= last:
        yield format(number.normalize(), "f")
        number += step
