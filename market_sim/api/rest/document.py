"""The OpenAPI document: each route declares its query, body and answers once, and SpecTree writes them down.

The declarations are also what a request is read by (`reading.py`), so the document cannot promise what the program does
not do. SpecTree's own reading is replaced: it would take the text "12" for a number and a broken body for an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Final, cast

from flask import Response as FlaskResponse
from flask import request
from spectree import Response, SecurityScheme, SpecTree
from spectree.model_adapter.msgspec_adapter import MsgspecModelAdapter
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin

from market_sim.api.rest.models import Nothing
from market_sim.api.rest.reading import read_body, read_query
from market_sim.api.rest.reasons import status_of
from market_sim.api.rest.refusals import Refusal
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.version import VERSION

DESCRIPTION = (
    "A running market for programs. Prices, quantities and amounts are whole numbers: prices and cash in the smallest "
    "unit of the currency, quantities in lots of the smallest unit; GET /api/instruments tells the decimals of each. "
    "Times are nanoseconds of simulated time. Every refusal is a reason code, a sentence and its numbers."
)
TOKEN: Final[dict[str, list[str]]] = {"token": []}
EVERYWHERE: Final = (400, 403, 404, 413, 415, 422, 429)
"""The refusals that any route may give: a bad query, a page of another site, no market, too much at once."""


class StrictPlugin(FlaskPlugin):
    """Reads requests strictly, and leaves answers to their routes."""

    def validate(self, func: Callable[..., FlaskResponse], query: Any, json: Any, *rest: Any, **arguments: Any) -> Any:
        """Call a view with its query and its body."""
        if query is not None:
            arguments["query"] = read_query(query)
        elif request.args:
            read_query(Nothing)
        if json is not None:
            arguments["body"] = read_body(json)
        return func(**arguments)


def _name(model: Any) -> str:
    metadata = getattr(model, "__metadata__", ())
    return str(metadata[0].title if metadata else model.__name__)


SPEC: Final = SpecTree(
    backend=StrictPlugin,
    model_adapter=cast(Any, MsgspecModelAdapter()),
    validation_error_model=Refusal,
    naming_strategy=_name,
    nested_naming_strategy=lambda _parent, child: child,
    mode="strict",
    annotations=False,
    title="Market sandbox",
    version=VERSION,
    description=DESCRIPTION,
    page_templates={},
    security_schemes=[SecurityScheme(name="token", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
)


def described(
    tag: str, gives: Any, *codes: str | int, status: int = 200, query: Any = None, body: Any = None, token: bool = False
) -> Callable[..., Any]:
    """Declare a route: its answer, the further refusals that it gives, and whether it needs a token."""
    statuses = {*EVERYWHERE, *(status_of(one) if isinstance(one, str) else one for one in codes)}
    if token:
        statuses |= {401}
    answers: dict[str, Any] = {f"HTTP_{status}": gives}
    answers |= {f"HTTP_{code}": Refusal for code in sorted(statuses)}
    return SPEC.validate(
        query=query, json=body, resp=Response(**answers), tags=(tag,), security=TOKEN if token else None
    )


def document(symbols: Iterable[str]) -> dict[str, Any]:
    """The document of this site; where a market is open, it lists the symbols that can be asked for."""
    told = deepcopy(SPEC.spec)
    listed = list(symbols)
    for operations in told["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("", None)
            for parameter in operation.get("parameters", ()):
                _complete(parameter, listed)
    return told


def _complete(parameter: dict[str, Any], symbols: list[str]) -> None:
    """What a declaration does not tell: the bounds of a number in a path, the symbols of this market."""
    if parameter["in"] == "path" and parameter["schema"] is None:
        if parameter["name"] == "name":
            parameter["schema"] = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"}
        else:
            parameter["schema"] = {"type": "integer", "minimum": 0, "maximum": min(LARGEST_AMOUNT, 10**12 - 1)}
    if parameter["name"] == "symbol" and symbols:
        schema = parameter["schema"]
        (schema["anyOf"][0] if "anyOf" in schema else schema)["enum"] = symbols
