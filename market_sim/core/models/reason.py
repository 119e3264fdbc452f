"""A reason: one way in which something is refused or withdrawn."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """Its code, who refuses, the rule in one sentence, and the sentence of one case, filled with its numbers."""

    code: str
    area: str
    rule: str
    template: str
