"""Deficits in a conclusion: who paid what debtors could not pay."""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.english import listed
from market_sim.core.models.market_events import Transferred
from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.core.money import written
from market_sim.market.mechanisms.clearing_house import CLEARING
from market_sim.market.mechanisms.insurance import SOCIALISED
from market_sim.market.mechanisms.margin import MarginTerms

HOUSE = {
    CLEARING: "the clearing house",
    MarginTerms.fund: "the insurance fund",
    MarginTerms.broker: "the broker",
}
OTHERS = "others who held the contract"


def deficits_told(journal: Journal) -> str:
    """Who covered deficits and what remained unpaid, as part of a sentence; empty when there was no deficit."""
    payers: dict[str, int] = {}
    for event in journal.of(DeficitCovered):
        payer = HOUSE.get(event.payer, OTHERS)
        payers[payer] = payers.get(payer, 0) + event.amount
    told = []
    if payers:
        paid = listed(f"{payer} ({written(amount)})" for payer, amount in payers.items())
        told.append(f"what debtors could not pay was covered by {paid}")
    # A loss shared by the holders of a contract is recorded twice: as a deficit that they covered, and in LossShared.
    collected = sum(
        event.amount
        for event in journal.of(Transferred)
        if event.reason == SOCIALISED and event.source != MarginTerms.broker
    )
    missing = sum(event.amount for event in journal.of(LossShared)) - collected
    if missing:
        told.append(f"winners went without {written(missing)} that nobody could pay")
    return listed(told) if told else ""
