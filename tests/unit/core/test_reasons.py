"""The reasons are one table: each code stands in one list, once."""

from __future__ import annotations

from market_sim.core.models.reasons import REASONS
from market_sim.core.models.reasons_compliance import COMPLIANCE_REASONS
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from market_sim.core.models.reasons_exchange import EXCHANGE_REASONS
from market_sim.core.models.reasons_mechanisms import MECHANISM_REASONS
from market_sim.core.models.reasons_settlement import SETTLEMENT_REASONS
from market_sim.core.models.reasons_surveillance import SURVEILLANCE_REASONS
from market_sim.core.models.reasons_venues import VENUE_REASONS


def test_no_code_has_two_meanings():
    codes = [
        reason.code
        for part in (
            EXCHANGE_REASONS,
            MECHANISM_REASONS,
            COMPLIANCE_REASONS,
            SURVEILLANCE_REASONS,
            VENUE_REASONS,
            CONSENSUS_REASONS,
            SETTLEMENT_REASONS,
        )
        for reason in part
    ]
    assert sorted(codes) == sorted(REASONS)
