"""The life cycle of perpetuals: mark, index and funding (rulebook F-3.6).

A perpetual has no expiry that ties its price to the index. Funding does: at fixed times longs pay shorts if it trades
above the index, and shorts pay longs if below. Between two payments the basis is measured a few times: how far bid and
ask are from the index. The mean of these premiums gives the rate, the average basis gives the mark. At the funding time
gains and losses are paid at the mark, then the funding, which only moves money between longs and shorts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.mechanism_events import BasisMeasured, FundingPaid
from market_sim.core.units import MILLION
from market_sim.market.mechanisms.clearing_house import CLEARING, ClearingHouse, positions
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.variation_margin import VariationMargin, shared
from market_sim.pricing.perpetual import (
    INTEREST,
    average_basis,
    funding_payments,
    funding_rate,
    mark_price,
    premium_index,
)


class Perpetuals(VariationMargin):
    """All perpetuals that are listed when it is attached."""

    name: ClassVar[str] = "perpetuals"
    kind: ClassVar[type[Instrument]] = Perpetual

    def __init__(
        self,
        house: ClearingHouse,
        marks: Marks,
        samples: int = 8,
        interest: float = INTEREST,
        cap: float | None = None,
        basis_weight: float = 0.25,
    ) -> None:
        super().__init__(house)
        if type(samples) is not int or samples < 1:
            raise InputError(f"the basis is measured at least once for each funding, found {samples!r}")
        self.marks = marks
        self.samples = samples
        self.interest = interest
        self.cap = cap
        self.basis_weight = basis_weight
        self._premiums: dict[str, list[float]] = {}
        self._basis: dict[str, float] = {}

    def times(self) -> Iterable[int]:
        """The next times of measurement; the last measurement of a period is the funding time."""
        now = self.exchange.clock.now
        steps = [self._step(symbol) for symbol in self.contracts]
        return sorted({now - now % step + step for step in steps})

    def act(self, now: int) -> None:
        """Measure the basis, and pay the funding, of the contracts that are due."""
        for symbol in self.contracts:
            instrument = self.exchange.instruments[symbol]
            if not isinstance(instrument, Perpetual) or now % self._step(symbol):
                continue
            spot = self.marks.mark(self.exchange.listings[instrument.underlying])
            if spot is None:
                continue
            index = instrument.unit.worth(spot)
            self._measure(symbol, index)
            if now % (self._step(symbol) * self.samples) == 0:
                self.fund(symbol, index)

    def mark(self, symbol: str, index: int) -> int:
        """The index plus the average basis, as a price."""
        return max(1, round(mark_price(index, self._basis.get(symbol, 0.0))))

    def fund(self, symbol: str, index: int) -> None:
        """Pay gains and losses at the mark, then the funding of the open positions."""
        premiums = self._premiums.pop(symbol, None)
        mark = self.mark(symbol, index)
        self.pay(symbol, mark)
        if not premiums:
            return
        rate = round(funding_rate(premiums, interest=self.interest, cap=self.cap) * MILLION)
        contract = self.contracts[symbol]
        due = funding_payments(positions(self.exchange, symbol), mark=mark * contract.multiplier, rate_millionths=rate)
        owed = {name: -cash for name, cash in due.items() if cash < 0}
        collected = self.collect(owed, contract.quote, "FUNDING", symbol)
        for name, cash in shared(collected, {name: cash for name, cash in due.items() if cash > 0}).items():
            if cash:
                self.ledger.transfer(CLEARING, name, contract.quote, cash, "FUNDING", symbol)
        self.journal.record(FundingPaid(self.exchange.clock.now, symbol, mark, index, rate, collected))

    def _measure(self, symbol: str, index: int) -> None:
        """Record the premium of bid and ask over the index, if both sides have quotes."""
        book = self.exchange.listings[symbol].book
        bid, ask = book.best_bid, book.best_ask
        if bid is None or ask is None:
            return
        premium = premium_index(bid, ask, index)
        self._premiums.setdefault(symbol, []).append(premium)
        self._basis[symbol] = average_basis(
            self._basis.get(symbol, 0.0), (bid + ask) / 2, index, weight=self.basis_weight
        )
        mark = self.mark(symbol, index)
        self.journal.record(BasisMeasured(self.exchange.clock.now, symbol, index, mark, round(premium * MILLION)))

    def _step(self, symbol: str) -> int:
        instrument = self.contracts[symbol]
        every = instrument.funding_every if isinstance(instrument, Perpetual) else 0
        return max(every // self.samples, 1)
