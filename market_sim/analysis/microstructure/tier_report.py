"""The tiers held: for which share of the time each tiered maker quoted both sides within the band of its tier.

The spread is that of the maker's own quotes, weighted by time, from its first quote to the end of the run. A time in
which one side is missing counts as outside: an obligation to quote is not met by silence (rulebook F-4.5).
"""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import AgentJoined
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.strategies.market_making.tiers import TIERS

LEAST_SHARE = 0.9
"""A tier counts as held when its band was kept for this share of the time."""
TIER_REPORT = columns(
    maker="the account that quotes",
    symbol="what is quoted",
    tier="the tier of the agreement",
    least_bps="the narrowest full spread that the tier allows, in basis points of the middle",
    most_bps="the widest full spread that the tier allows",
    spread_bps="the mean full spread while both sides were quoted, weighted by time",
    depth="the mean quantity on both sides together, weighted by time",
    held="the share of the time in which both sides were quoted within the band",
    verdict="held, or flagged because the share is below nine tenths",
)


@dataclass
class _Maker:
    """One maker's own quotes, followed through the journal."""

    name: str
    symbol: str
    tier: str
    replay: BookReplay
    began: int | None = None
    last: int = 0
    quoted: int = 0
    inside: int = 0
    spread_time: float = 0.0
    depth_time: float = 0.0

    def pass_time(self, now: int) -> None:
        """Count the time since the last event with the quotes that stood in it."""
        bids, asks = self.replay.book(self.symbol)
        passed, self.last = now - self.last, now
        if self.began is None or not passed:
            return
        self.depth_time += passed * (sum(bids.values()) + sum(asks.values()))
        if bids and asks:
            bid, ask = max(bids), min(asks)
            spread = (ask - bid) * 20_000 / (ask + bid)
            least, most = TIERS[self.tier]
            self.quoted += passed
            self.spread_time += passed * spread
            self.inside += passed * (least <= spread <= most)


def tier_report(journal: Journal) -> Table:
    """A row for each maker with a tier."""
    makers = {
        event.agent: _Maker(event.agent, str(event.parameters["symbol"]), str(event.parameters["tier"]), BookReplay())
        for event in journal.of(AgentJoined)
        if event.parameters.get("tier") in TIERS
    }
    now = 0
    for event in journal:
        now = event.time
        for maker in makers.values():
            effect = maker.replay.effects.get(type(event))
            if effect is None or (type(event) is OrderAccepted and event.account != maker.name):
                continue
            maker.pass_time(now)
            effect(event)
            if maker.began is None and type(event) is OrderAccepted:
                maker.began = now
    rows = []
    for maker in makers.values():
        maker.pass_time(now)
        least, most = TIERS[maker.tier]
        whole = now - maker.began if maker.began is not None else 0
        held = maker.inside / whole if whole else 0.0
        spread = maker.spread_time / maker.quoted if maker.quoted else None
        depth = maker.depth_time / whole if whole else 0.0
        verdict = "held" if held >= LEAST_SHARE else "flagged"
        rows.append((maker.name, maker.symbol, maker.tier, least, most, spread, depth, held, verdict))
    return Table("tiers", TIER_REPORT, rows)
