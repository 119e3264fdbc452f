"""The measures of a run: a few numbers of each run of a sweep, of which a table shows the means."""

from __future__ import annotations

from collections.abc import Container
from statistics import fmean

from market_sim.analysis.results.result import Result
from market_sim.core.models.market_events import InstrumentListed, OrderRejected, Trade
from market_sim.simulation.scenarios.scenario import Scenario

Measures = dict[str, float | None]
"""By name; None where a run has no such number, for example no spread without quotes."""

MEANINGS = {
    "claim": "the share of runs of which the claim of the scenario is true",
    "trades": "the number of trades",
    "turnover": "what was traded, in the currency of the first instrument",
    "quoted_bps": "the quoted spread of the first instrument over its middle: the mean over all changes of its quotes",
    "seconds_to_final": "the mean time from a trade to the block that makes it final",
    "refused": "the number of refused orders",
    "gain": "what the participants with this strategy, or the guest, gained by trading, in that currency",
}
"""What each measure is, by the first word of its name."""
GAIN = "gain "


def measured(scenario: Scenario, result: Result, guests: Container[str] = ()) -> Measures:
    """The measures of a run; a guest's gain is counted by its name, all others' by their strategy."""
    trades = [*result.journal.of(Trade)]
    listed = {event.symbol: event for event in result.journal.of(InstrumentListed)}
    currency = next((event.quote for event in listed.values()), "")
    found: Measures = {"claim": float(scenario.holds(result.journal))} if scenario.claim else {}
    found["trades"] = len(trades)
    cash = (
        trade.price * trade.quantity * listed[trade.symbol].multiplier
        for trade in trades
        if listed[trade.symbol].quote == currency
    )
    found["turnover"] = sum(cash) / 100
    found["quoted_bps"] = _spread(result)
    waits = [
        (int(until) - int(time)) / 1e9
        for time, until in zip(result.trades.column("time"), result.trades.column("finalized"), strict=True)
        if until is not None and time is not None
    ]
    found["seconds_to_final"] = fmean(waits) if waits else None
    found["refused"] = sum(1 for _ in result.journal.of(OrderRejected))
    for row in sorted(result.leaderboard, key=lambda row: str(row["account"])):
        if row["currency"] != currency or not row["strategy"]:
            continue
        name = f"{GAIN}{row['account'] if row['account'] in guests else row['strategy']}"
        found[name] = (found.get(name) or 0.0) + float(row["from_trading"] or 0) / 100
    return found


def _spread(result: Result) -> float | None:
    symbol = next((event.symbol for event in result.journal.of(InstrumentListed)), None)
    quotes = result.quotes
    both = [
        (int(bid), int(ask))
        for name, bid, ask in zip(quotes.column("symbol"), quotes.column("bid"), quotes.column("ask"), strict=True)
        if name == symbol and bid is not None and ask is not None
    ]
    return fmean(20_000 * (ask - bid) / (ask + bid) for bid, ask in both) if both else None
