"""Reading a request: its query and its body as the structs of the document, or the reason why not.

A wrong type is refused by the reason code that the market has for such a value (BAD_QUANTITY for a quantity of 1.7, of
"12" or of true), so that a program need not tell the door from the market.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from flask import request

from market_sim.api.rest.refusals import refuse
from market_sim.api.rest.strict_json import parsed
from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.market.exchange.terms import shown

Model = TypeVar("Model")

FIELD = re.compile(r" - at `\$\.?(?P<path>.*)`$")
NAMED = re.compile(r"(?:unknown|required) field `(?P<name>.*)`", re.DOTALL)


def _number_of(name: str) -> Callable[[str, str], Numbers]:
    return lambda field, found: {name: found, "most": LARGEST_AMOUNT}


CODES: Final[Mapping[str, tuple[str, Callable[[str, str], Numbers]]]] = {
    "quantity": ("BAD_QUANTITY", _number_of("quantity")),
    "limit": ("BAD_PRICE", lambda field, found: {"field": field, "price": found, "most": LARGEST_AMOUNT}),
    "stop": ("BAD_PRICE", lambda field, found: {"field": field, "price": found, "most": LARGEST_AMOUNT}),
    "side": ("BAD_SIDE", lambda field, found: {"side": found}),
    "time_in_force": ("BAD_TIME_IN_FORCE", lambda field, found: {"time_in_force": found}),
    "amount": ("BAD_AMOUNT", lambda field, found: {"found": found}),
}
"""The reason of the market for a field of the wrong type, with its numbers."""


def read_body(model: type[Model]) -> Model:
    """The body of the request."""
    if request.mimetype != "application/json":
        refuse("NOT_JSON", found=shown(request.mimetype or "none"))
    value = parsed(request.get_data(cache=False))
    try:
        return msgspec.convert(value, model)
    except msgspec.ValidationError as error:
        _refuse(model, value, str(error))


def read_query(model: type[Model]) -> Model:
    """The query of the request; each parameter stands in it once."""
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            refuse("REPEATED_PARAMETER", field=shown(name))
        given[name] = values[0]
    try:
        return msgspec.convert(given, model, strict=False)
    except msgspec.ValidationError as error:
        _refuse(model, given, str(error), is_query=True)


def _refuse(model: Any, value: Any, message: str, is_query: bool = False) -> NoReturn:
    place = FIELD.search(message)
    path = place["path"].split(".") if place and place["path"] else []
    problem = FIELD.sub("", message)
    named = NAMED.search(problem)
    if named is not None:
        field = shown(".".join([*path, named["name"]]))
        if problem.startswith("Object missing"):
            refuse("MISSING_FIELD", field=field)
        refuse("UNKNOWN_FIELD", field=field, known=", ".join(_fields(model, path)) or "none")
    found = value
    for name in path:
        found = found[name] if isinstance(found, dict) and name in found else None
    last = path[-1] if path else "body"
    text = shown(found) if isinstance(found, str) else shown(_as_json(found))
    if last in CODES and not is_query:
        code, numbers = CODES[last]
        refuse(code, **numbers(last, text))
    refuse("BAD_FIELD", field=shown(".".join(path) or "body"), problem=problem, found=text)


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _fields(model: Any, path: list[str]) -> list[str]:
    """The fields of the struct at this path of a model."""
    for name in path:
        kinds = [field.type for field in msgspec.structs.fields(model) if field.encode_name == name]
        inner = [one for kind in kinds for one in (kind, *getattr(kind, "__args__", ())) if _is_struct(one)]
        if not inner:
            return []
        model = inner[0]
    return [field.encode_name for field in msgspec.structs.fields(model)]


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
