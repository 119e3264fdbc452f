"""The one table of reason codes: why something was refused, by which rule, with which numbers.

The command line, the pages, the lessons and the tests read this table and no other. A `template` is filled with
the numbers of the refusal:

>>> explain("BAD_TICK", {"field": "limit", "limit": 10003, "tick": 5, "below": 10000, "above": 10005})
'limit 10003 is not a multiple of the tick 5; the nearest valid prices are 10000 and 10005'
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One way to be refused: its code, who refuses, the rule in one sentence, and the sentence of one case."""

    code: str
    area: str
    rule: str
    template: str


def table() -> dict[str, Reason]:
    """Every reason code of the product, by code."""
    # Imported here because each part's list is made of the class above.
    from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
    from market_sim.core.models.reasons_exchange import EXCHANGE_REASONS
    from market_sim.core.models.reasons_mechanisms import MECHANISM_REASONS
    from market_sim.core.models.reasons_settlement import SETTLEMENT_REASONS

    parts = (EXCHANGE_REASONS, MECHANISM_REASONS, CONSENSUS_REASONS, SETTLEMENT_REASONS)
    return {reason.code: reason for part in parts for reason in part}


def explain(code: str, numbers: Mapping[str, int | str]) -> str:
    """The sentence for one refusal, with its numbers."""
    return table()[code].template.format(**numbers)
