"""The page of the REST interface: its OpenAPI document, as people read it."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, current_app, render_template

from market_sim.api.access import Access
from market_sim.api.rest.document import document

pages = Blueprint("interface", __name__)


class Field(NamedTuple):
    """A parameter of an address, or a field of a body."""

    name: str
    where: str
    kind: str
    is_needed: bool


class Operation(NamedTuple):
    """One method of one address."""

    method: str
    path: str
    summary: str
    description: str
    fields: list[Field]
    statuses: list[str]
    needs_token: bool


@pages.get("/api")
def page() -> str:
    """Every address by subject, with what it takes and answers."""
    live: Access | None = current_app.extensions.get("live")
    told = document(live.state.symbols() if live is not None else ())
    schemas = told["components"]["schemas"]
    subjects: dict[str, list[Operation]] = {tag["name"]: [] for tag in told["tags"]}
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            subjects[one["tags"][0]].append(_operation(method, path, one, schemas))
    return render_template("interface.html", subjects=subjects, is_open=live is not None)


def _operation(method: str, path: str, told: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    fields = [
        Field(one["name"], one["in"], kind_of(one["schema"]), bool(one.get("required"))) for one in told["parameters"]
    ]
    body = told.get("requestBody")
    if body is not None:
        schema = schemas[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        needed = schema.get("required", ())
        fields += [Field(name, "body", kind_of(one), name in needed) for name, one in schema["properties"].items()]
    return Operation(
        method.upper(), path, told["summary"], told["description"], fields, sorted(told["responses"]),
        bool(told.get("security")),
    )  # fmt: skip


def kind_of(schema: dict[str, Any]) -> str:
    """What values a schema allows, in a few words.

    >>> kind_of({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]})
    'integer from 1 to 10, or null'
    >>> kind_of({"enum": ["a", "b"]}), kind_of({"type": "string", "maxLength": 64})
    ('a, b', 'string of at most 64 characters')
    """
    if "anyOf" in schema:
        return ", or ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return f"object ({schema['$ref'].rpartition('/')[2]})"
    kind = schema.get("type", "any")
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    if least is not None:
        most = schema.get("maximum")
        return f"{kind} from {least} to {most}" if most is not None else f"{kind} from {least}"
    if "maxLength" in schema:
        return f"{kind} of at most {schema['maxLength']} characters"
    return str(kind)
