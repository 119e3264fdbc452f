"""The table of venues: what each was to be by its terms, what was measured, and what was traded there."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.results.table import Table, Value, columns
from market_sim.analysis.venue_words import in_ms
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import BookOpened, OrderAccepted, Trade
from market_sim.core.models.venue_events import OutageBegan, VenueHealthChanged, VenueMeasured, VenueOpened
from market_sim.core.money import written

VENUES = columns(
    venue="its name; the table is empty where there is one venue without a name",
    kind="exchange, dark pool or ECN; empty without terms, as the next six",
    maker="what makers pay by its terms, in millionths of the value traded; negative for a rebate",
    taker="what takers pay by its terms, likewise",
    stated_mean="the mean latency of a message by its terms",
    stated_p99="the 99th percentile of the latency by its terms",
    stated_reliability="how many of 10,000 messages reach it by its terms",
    stated_share="its share of the background flow by its terms, in basis points",
    messages="how many messages were sent to it by the last measurement, as the next four",
    failed="how many of them came to nothing",
    held_back="how many were not sent, because the connection was broken",
    mean="the mean latency that was measured",
    p99="the 99th percentile that was measured",
    outages="how often it was down",
    health="the status of its health breaker at the end: CLOSED works",
    orders="how many orders it accepted",
    trades="how many trades were made there",
    volume="how much was traded there",
    fees="what both sides paid there, less rebates",
)
HEAD = (
    "venue", "kind", "maker bps", "taker bps", "latency by terms", "latency measured", "sent", "failed", "held back",
    "breaker", "orders", "trades", "volume", "fees",
)  # fmt: skip


@dataclass
class VenueRecord:
    """One venue in a run; amounts in the smallest unit of its currency."""

    venue: str
    terms: VenueOpened | None = None
    measured: VenueMeasured | None = None
    health: str = "CLOSED"
    outages: int = 0
    orders: int = 0
    trades: int = 0
    volume: int = 0
    fees: int = 0


def has_venues(journal: Journal) -> bool:
    """Whether venues have names, which is known when the first order is accepted."""
    first = next((event for event in journal if isinstance(event, BookOpened | OrderAccepted)), None)
    return isinstance(first, BookOpened)


def venue_records(journal: Journal) -> list[VenueRecord]:
    """Every venue with a name, in the order of their opening."""
    found: dict[str, VenueRecord] = {}
    if not has_venues(journal):
        return []
    for event in journal:
        if isinstance(event, OrderAccepted) and event.terms.venue in found:
            found[event.terms.venue].orders += 1
        elif isinstance(event, Trade) and event.venue in found:
            record = found[event.venue]
            record.trades += 1
            record.volume += event.quantity
            record.fees += event.maker_fee + event.taker_fee
        elif isinstance(event, BookOpened):
            found.setdefault(event.venue, VenueRecord(event.venue))
        elif isinstance(event, VenueOpened):
            found[event.venue] = VenueRecord(event.venue, event)
        elif isinstance(event, VenueMeasured):
            found[event.venue].measured = event
        elif isinstance(event, VenueHealthChanged):
            found[event.venue].health = event.status
        elif isinstance(event, OutageBegan):
            found[event.venue].outages += 1
    return [*found.values()]


def venues_table(journal: Journal) -> Table:
    """Every venue with its terms and what became of them."""
    return Table("venues", VENUES, [_row(record) for record in venue_records(journal)])


def _row(one: VenueRecord) -> tuple[Value, ...]:
    terms, measured = one.terms, one.measured
    return (
        one.venue,
        *((terms.kind, terms.maker, terms.taker, terms.mean_ns, terms.p99_ns, terms.reliability_bps, terms.share_bps)
          if terms else (None,) * 7),
        *((measured.messages, measured.failed, measured.held_back, measured.mean_ns, measured.p99_ns)
          if measured else (None,) * 5),
        one.outages, one.health, one.orders, one.trades, one.volume, one.fees,
    )  # fmt: skip


def venue_rows(records: list[VenueRecord]) -> list[tuple[str, ...]]:
    """The rows of the page: latencies as mean and 99th percentile."""
    rows: list[tuple[str, ...]] = []
    for one in records:
        terms, measured = one.terms, one.measured
        rows.append((
            one.venue,
            terms.kind if terms else "",
            f"{terms.maker / 100:g}" if terms else "",
            f"{terms.taker / 100:g}" if terms else "",
            f"{in_ms(terms.mean_ns)}, p99 {in_ms(terms.p99_ns)}" if terms else "",
            f"{in_ms(measured.mean_ns)}, p99 {in_ms(measured.p99_ns)}" if measured else "",
            *((f"{measured.messages:,}", f"{measured.failed:,}", f"{measured.held_back:,}") if measured else ("",) * 3),
            one.health if terms else "",
            f"{one.orders:,}", f"{one.trades:,}", f"{one.volume:,}", written(one.fees),
        ))  # fmt: skip
    return rows


def venues_sentence(journal: Journal) -> str:
    """The trades of each venue with terms, in one sentence for the summary; empty without such venues."""
    records = [one for one in venue_records(journal) if one.terms is not None]
    return ", ".join(f"{one.venue} {counted(one.trades, 'trade')}" for one in records)
