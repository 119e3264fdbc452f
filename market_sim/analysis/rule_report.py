"""The rules of a run in one sentence: their profile, the halts that they declared, and the presence of makers."""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted, listed
from market_sim.core.models.compliance_events import MakerJudged, RulesInForce
from market_sim.market.compliance.rule_halts import rule_halts

MOST_HALTS = 4
"""The most halts that the sentence names; the journal has all."""


def rules_sentence(journal: Journal) -> str:
    """What the rules of a run did; empty for a market without rules."""
    rules = next(journal.of(RulesInForce), None)
    if rules is None:
        return ""
    halts: dict[tuple[int, str], dict[str, None]] = {}
    for halt in rule_halts(journal):
        halts.setdefault((halt.began, halt.code), {})[halt.symbol] = None
    told = [
        f"{code} at {about_seconds(began)} ({''.join(books) if len(books) == 1 else counted(len(books), 'instrument')})"
        for (began, code), books in halts.items()
    ]
    more = len(told) - MOST_HALTS
    named = ", ".join(told[:MOST_HALTS]) + (f" and {more} more" if more > 0 else "")
    judged = {event.account: event for event in journal.of(MakerJudged)}
    told_of = [
        f"{name} quoted for {one.presence_bps / 100:g} % of the time{'' if one.meets else ', too little'}"
        for name, one in judged.items()
    ]
    makers = f"; when last judged, {listed(told_of)}" if told_of else ""
    return f"{rules.profile}, {counted(len(halts), 'halt')}{f': {named}' if named else ''}{makers}"
