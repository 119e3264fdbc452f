"""Strict JSON: what a body may hold, and a reason for each thing that it may not.

The standard library reads NaN, two fields of one name, and halves of characters without a word. Here each of them is
refused, because two readers of such a body would understand two different orders.

>>> parsed(b'{"quantity": 185.0, "limit": 1e3}')
{'quantity': 185, 'limit': 1000}
>>> parsed(b'{"quantity": 1, "quantity": 2}')
Traceback (most recent call last):
...
market_sim.api.rest.refusals.Refused: DUPLICATE_KEY
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from market_sim.api.rest.refusals import refuse
from market_sim.market.exchange.terms import shown

MOST_DIGITS = 19
"""Enough for 63 bits, in which every amount of the market is held."""
DEEPEST = 8
STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
BRACKET: Final = re.compile(r"[\[\]{}]")


def parsed(data: bytes) -> Any:
    """The value of a JSON text; a whole number may be written 185, 185.0 or 1.85e2."""
    try:
        text = data.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_number,
            parse_int=_whole,
        )
    except UnicodeDecodeError:
        refuse("BAD_JSON", problem="it is not UTF-8")
    except json.JSONDecodeError as error:
        refuse("BAD_JSON", problem=f"{error.msg} in line {error.lineno}, column {error.colno}")
    _check(value)
    return value


def _check_depth(text: str) -> None:
    """Refuse nesting before it is read: how deep the library can read depends on what else the program does."""
    depth = 0
    for bracket in BRACKET.findall(STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            refuse("TOO_DEEP", most=DEEPEST)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            refuse("DUPLICATE_KEY", field=shown(name))
        found[name] = value
    return found


def _no_number(text: str) -> None:
    refuse("BAD_NUMBER", found=text, most=MOST_DIGITS)


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > MOST_DIGITS:
        refuse("BAD_NUMBER", found=shown(text), most=MOST_DIGITS)
    return int(text)


def _number(text: str) -> int | float:
    """A number with a point or an exponent; an integer where it is a whole number that a float holds exactly."""
    value = float(text)
    if not math.isfinite(value) or len(text) > 4 * MOST_DIGITS:
        refuse("BAD_NUMBER", found=shown(text), most=MOST_DIGITS)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _check(value: object) -> None:
    """Refuse text that cannot be written again."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            refuse("BAD_TEXT")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name)
            _check(inner)
    elif isinstance(value, list):
        for inner in value:
            _check(inner)
