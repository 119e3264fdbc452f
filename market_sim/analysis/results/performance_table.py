"""The table of performance for pages and terminal, and the formulas of its figures."""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.analysis.results.performance import SAMPLE_NS, SAMPLES_A_DAY, Performance
from market_sim.analysis.words import Words, signed

HEAD = (
    "account", "strategy", "from trading", "final", "settled", "dividends", "trades", "turnover", "fees", "hit rate",
    "Sharpe", "trading drawdown", "largest position",
)  # fmt: skip
WORDS = 2
"""The number of text columns, which are left-aligned."""
FORMULAS = (
    "from trading: worth at the last marks, less what was brought in at these marks, less dividends; "
    "final and settled: the same by what is final and by what the chain has paid out.",
    "dividends: what they paid to the account, less what it paid of them.",
    "hit rate: of the trades that made a position smaller, the share that gained on its average cost.",
    f"Sharpe: mean over standard deviation of the gain's changes every {SAMPLE_NS // 1_000_000} ms, "
    f"times the root of {SAMPLES_A_DAY}, the changes in a trading day.",
    "trading drawdown: the largest fall of the gain from trading below its highest point before.",
    "turnover: all that was bought and sold.",
    "accounts: those of the exchange; what is in wallets and in contracts of the chain is not counted.",
)


def performance_tables(rows: Iterable[Performance], words: Words) -> dict[str, list[tuple[str, ...]]]:
    """By currency, one row for each account in the order given."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    for one in rows:
        tables.setdefault(one.gain.currency, []).append(_row(one, words))
    return tables


def _row(one: Performance, words: Words) -> tuple[str, ...]:
    def amount(value: int) -> str:
        return words.figure(one.gain.currency, value)

    farthest = max(one.largest, key=lambda symbol: abs(one.largest[symbol]), default=None)
    return (
        one.gain.account,
        one.gain.strategy or "the house",
        *(signed(amount(value)) for value in (*one.at_clocks, one.gain.dividends)),
        f"{one.trades:,}",
        amount(one.turnover),
        amount(one.fees),
        "–" if one.hit_rate is None else f"{100 * one.hit_rate:.0f} % of {one.closed:,}",
        "–" if one.sharpe is None else f"{one.sharpe:+.2f}",
        amount(one.drawdown),
        "–" if farthest is None else f"{words.size(farthest, one.largest[farthest])} {farthest}",
    )
