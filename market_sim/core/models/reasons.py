"""The table of reason codes: the rule behind each refusal, and the sentence that explains one case with its numbers.

The command line, the pages, the lessons and the tests all read this table. A `template` is filled with the numbers of
the refusal. With the figures of the market (market_sim/core/models/figures.py) prices and amounts are written as people
read them:

>>> explain("BAD_TICK", {"field": "limit", "limit": 10003, "tick": 5, "below": 10000, "above": 10005})
'limit 10003 is not a multiple of the tick 5; the nearest valid prices are 10000 and 10005'
>>> from market_sim.core.models.instruments import Stock
>>> explain("INSUFFICIENT_CASH", {"needed": 15745650, "available": 120}, Figures([Stock("ACME")]))
'the order needs 157,456.50 USD, 1.20 USD is available'
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from market_sim.core.models.figures import NO_FIGURES, Figures
from market_sim.core.models.reason import Reason
from market_sim.core.models.reasons_compliance import COMPLIANCE_REASONS
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from market_sim.core.models.reasons_exchange import EXCHANGE_REASONS
from market_sim.core.models.reasons_mechanisms import MECHANISM_REASONS
from market_sim.core.models.reasons_settlement import SETTLEMENT_REASONS
from market_sim.core.models.reasons_surveillance import SURVEILLANCE_REASONS
from market_sim.core.models.reasons_venues import VENUE_REASONS

_PARTS = (
    EXCHANGE_REASONS,
    MECHANISM_REASONS,
    COMPLIANCE_REASONS,
    SURVEILLANCE_REASONS,
    VENUE_REASONS,
    CONSENSUS_REASONS,
    SETTLEMENT_REASONS,
)
REASONS: Mapping[str, Reason] = {reason.code: reason for reason in chain.from_iterable(_PARTS)}
"""Every reason by its code; a new one is a new line in the list of its area."""


def explain(code: str, numbers: Mapping[str, int | str], figures: Figures = NO_FIGURES, symbol: str = "") -> str:
    """The sentence for one refusal, with its numbers; `symbol` is the instrument that the refused intent names."""
    return figures.filled(REASONS[code].template, numbers, symbol)
