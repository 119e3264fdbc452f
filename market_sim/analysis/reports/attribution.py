"""Attribution: where the gain of each account in each period came from; the parts sum to the profit exactly.

    gain = trading + from prices + dividends - fees

Each part is that of the run up to the end of the period, less that up to its beginning (market_sim/analysis/gains.py),
so the periods of an account sum to its gain in the whole run. What was brought in before the first price counts at that
price, and is revalued in the period in which that price came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from market_sim.analysis.gains import Gain, GainFold
from market_sim.analysis.results.worth import ORDERS
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.run_events import RECORD
from market_sim.core.trading_day import period

Key = tuple[str, str]
"""An account and a currency."""


@dataclass(frozen=True)
class Part:
    """What one account gained in one period, in the smallest unit of its currency."""

    period: int
    """Counted from 1."""
    account: str
    strategy: str
    currency: str
    trading: int
    """By trading, before fees."""
    from_prices: int
    dividends: int
    fees: int

    @property
    def gain(self) -> int:
        """The change of its gain."""
        return self.trading + self.from_prices + self.dividends - self.fees


@dataclass
class _Fees:
    paid: dict[Key, int] = field(default_factory=dict)
    quotes: dict[str, str] = field(default_factory=dict)

    def read(self, event: object) -> None:
        if isinstance(event, InstrumentListed):
            self.quotes[event.symbol] = event.quote
        elif isinstance(event, Trade):
            for account, fee in ((event.maker, event.maker_fee), (event.taker, event.taker_fee)):
                key = account, self.quotes[event.symbol]
                self.paid[key] = self.paid.get(key, 0) + fee


def attribution(journal: Journal, length_ns: int) -> list[Part]:
    """The parts of every account with a strategy, period by period."""
    fold, fees = GainFold(), _Fees()
    before: dict[Key, tuple[int, int, int, int]] = {}
    found: list[Part] = []
    number, end = 1, journal[-1].time

    def close() -> None:
        for row in fold.rows():
            if not row.strategy or row.account == RECORD:
                continue
            now = _parts(row, fees.paid.get((row.account, row.currency), 0))
            then = before.get((row.account, row.currency), (0, 0, 0, 0))
            before[row.account, row.currency] = now
            changes = (after - earlier for after, earlier in zip(now, then, strict=True))
            found.append(Part(number, row.account, row.strategy, row.currency, *changes))

    for event in journal:
        while number < period(event.time, end, length_ns):
            close()
            number += 1
        fees.read(event)
        if type(event) not in ORDERS:
            fold.read(event)
    close()
    return found


def _parts(row: Gain, fees: int) -> tuple[int, int, int, int]:
    return row.from_trading + fees, row.from_prices, row.dividends, fees
