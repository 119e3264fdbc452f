"""The reason codes of the REST interface itself, beside those of the market, and the HTTP status of each.

A code never changes its meaning, so that a program can decide by it; the sentence is for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from market_sim.core.models.reason import Reason
from market_sim.core.models.reasons import REASONS


def _rule(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "api", rule, template)


API_REASONS: Final[Mapping[str, Reason]] = {
    reason.code: reason
    for reason in (
        _rule(
            "BAD_JSON",
            "A body is one JSON object in UTF-8.",
            "the body is no JSON that can be read: {problem}",
        ),
        _rule(
            "DUPLICATE_KEY",
            "An object of a body names each of its fields once.",
            "the field {field} stands twice in one object",
        ),
        _rule(
            "TOO_DEEP",
            "A body nests a few objects and lists and no more.",
            "the body nests objects and lists deeper than {most} levels",
        ),
        _rule(
            "BAD_NUMBER",
            "A number is finite and has few enough digits to be exact.",
            "{found} is no number that can be exact here: at most {most} digits, and never NaN or infinity",
        ),
        _rule(
            "BAD_TEXT",
            "A text consists of whole characters.",
            "a text in the body holds half a character (a lone surrogate)",
        ),
        _rule(
            "BAD_FIELD",
            "A field or a parameter has the type and the bounds of the document.",
            "{field}: {problem}, found {found}",
        ),
        _rule(
            "MISSING_FIELD",
            "A field or a parameter without a default is always given.",
            "{field} is missing",
        ),
        _rule(
            "UNKNOWN_FIELD",
            "A body or a query has the fields of the document and no others.",
            "there is no field {field} here; there are {known}",
        ),
        _rule(
            "REPEATED_PARAMETER",
            "A query gives each parameter once.",
            "the parameter {field} is given more than once",
        ),
        _rule(
            "KEYS_DIFFER",
            "An idempotency key and a client id are two names of the same thing.",
            "the header Idempotency-Key says {key} and the client_id {client_id}: give one of them, or both alike",
        ),
        _rule(
            "BAD_KEY",
            "An idempotency key is a printable text.",
            "an idempotency key has 1 to {most} printable characters, found {found}",
        ),
        _rule(
            "KEY_REUSED",
            "The same idempotency key stands for the same request.",
            "the idempotency key {key} was given with another request before",
        ),
        _rule(
            "NO_TOKEN",
            "Who acts says who it is, in the header Authorization.",
            "this needs the header Authorization: Bearer TOKEN; a token comes from POST /api/members",
        ),
        _rule(
            "UNKNOWN_TOKEN",
            "A token belongs to a member of this market.",
            "no member of this market has this token",
        ),
        _rule(
            "NOT_YOUR_ROLE",
            "Students trade, instructors run the market, observers watch.",
            "this is for {needed}; {name} is {role}",
        ),
        _rule(
            "NOT_YOUR_ACCOUNT",
            "A student sees the own account alone.",
            "the account {account} belongs to somebody else",
        ),
        _rule(
            "NAME_TAKEN",
            "A name is that of one member and one account.",
            "{problem}",
        ),
        _rule(
            "BAD_NAME",
            "A name is short and printable.",
            "{problem}",
        ),
        _rule(
            "BAD_ROLE",
            "A market says which roles it gives out.",
            "{problem}",
        ),
        _rule(
            "WRONG_CODE",
            "A class admits those who know its code.",
            "{problem}",
        ),
        _rule(
            "WRONG_ORIGIN",
            "A browser uses this interface from pages of this site only.",
            "the request comes from a page of another site ({origin})",
        ),
        _rule(
            "WRONG_HOST",
            "The interface answers to its own names only.",
            "this site is not known by that name",
        ),
        _rule(
            "NOT_FOUND",
            "An address is one of the document.",
            "there is nothing at this address; /api/openapi.json tells the addresses",
        ),
        _rule(
            "WRONG_METHOD",
            "An address takes the methods of the document.",
            "this address takes {allowed}",
        ),
        _rule(
            "TOO_LARGE",
            "A body is small.",
            "a body holds at most {most} bytes",
        ),
        _rule(
            "NOT_JSON",
            "A body says that it is JSON.",
            "this address takes a body of the type application/json, found {found}",
        ),
        _rule(
            "TOO_MANY_REQUESTS",
            "A member and a computer have so many requests in a stretch of time.",
            "{limit} are allowed; ask again in {seconds} s",
        ),
        _rule(
            "NO_MARKET",
            "Much of this interface is about a live market.",
            "no market is open here; simulate.py serve --scenario NAME opens one",
        ),
        _rule(
            "MARKET_ENDED",
            "A market that has ended can be looked at, and takes nothing more.",
            "the market has ended",
        ),
        _rule(
            "MARKET_BUSY",
            "An input is taken soon, or its sender is told that it does not know.",
            "the market has not answered within {seconds} s; it may still take the input: look before sending it again",
        ),
        _rule(
            "NOT_STORED",
            "An input is in the store of the run before it takes effect.",
            "{problem}",
        ),
        _rule(
            "UNKNOWN_RUN",
            "A run is one of the library.",
            "there is no run named {name}",
        ),
        _rule(
            "UNKNOWN_BLOCK",
            "A block is one of the last of this market.",
            "there is no block {block} among the last ones of this market",
        ),
        _rule(
            "NOT_SETTLED",
            "A proof is against a root that the chain has settled.",
            "entry {trade} is not settled yet; {settled} are",
        ),
        _rule(
            "REFUSED",
            "What cannot be done now is refused in one sentence.",
            "{problem}",
        ),
        _rule(
            "DEFECT",
            "A mistake of this program is told without its insides.",
            "a mistake of this program, not yours; the terminal in which it runs has the details",
        ),
    )
}  # fmt: skip

ALL_REASONS: Final[Mapping[str, Reason]] = {**REASONS, **API_REASONS}

STATUS: Final[Mapping[str, int]] = {
    "BAD_JSON": 400, "DUPLICATE_KEY": 400, "TOO_DEEP": 400, "BAD_NUMBER": 400, "BAD_TEXT": 400, "WRONG_HOST": 400,
    "NO_TOKEN": 401, "UNKNOWN_TOKEN": 401,
    "NOT_YOUR_ROLE": 403, "NOT_YOUR_ACCOUNT": 403, "NOT_YOUR_ORDER": 403, "WRONG_ORIGIN": 403, "WRONG_CODE": 403,
    "NOT_FOUND": 404, "NO_MARKET": 404, "UNKNOWN_RUN": 404, "UNKNOWN_BLOCK": 404, "UNKNOWN_ORDER": 404,
    "UNKNOWN_INSTRUMENT": 404, "UNKNOWN_VENUE": 404, "UNKNOWN_ACCOUNT": 404, "NOT_SETTLED": 404,
    "WRONG_METHOD": 405,
    "NAME_TAKEN": 409, "DUPLICATE_CLIENT_ID": 409, "KEY_REUSED": 409, "MARKET_ENDED": 409, "PAUSED": 409,
    "HALTED": 409, "CLOSED": 409, "HALTED_L1": 409, "HALTED_L2": 409, "HALTED_L3": 409, "HALTED_MOVE": 409,
    "HALTED_LIMIT_STATE": 409, "HALTED_VOLATILE": 409,
    "TOO_LARGE": 413, "NOT_JSON": 415, "TOO_MANY_REQUESTS": 429, "RATE_LIMIT": 429, "DEFECT": 500, "MARKET_BUSY": 503,
    "NOT_STORED": 503, "VENUE_DOWN": 503,
}  # fmt: skip
"""The HTTP status of a reason; every other one is 422, a request that is understood and refused."""


def status_of(code: str) -> int:
    """The HTTP status of a reason code."""
    return STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)
