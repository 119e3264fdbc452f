"""A reason: a code for one way in which an intent, a message or a batch is refused, or an order withdrawn."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """The code, the area that refuses, the rule in one sentence, and the template for the sentence of one case."""

    code: str
    area: str
    rule: str
    template: str
