"""The life cycle of futures: daily mark to market, delivery or cash settlement at expiry (rulebook F-3.5).

Each day every account pays the loss of its position or receives its gain. At expiry the last of these payments is made
at the settlement price of the underlying, which is the same for all contracts that expire then. With physical delivery
the short delivers the underlying at that price. If either side cannot, nothing more is due, because the last payment
has already settled the position in cash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future
from market_sim.core.models.instruments import Instrument
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.mechanisms.clearing_house import ClearingHouse, pairs
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.market.mechanisms.variation_margin import VariationMargin


class Futures(VariationMargin):
    """All futures that are listed when it is attached."""

    name: ClassVar[str] = "futures"
    kind: ClassVar[type[Instrument]] = Future

    def __init__(self, house: ClearingHouse, prices: SettlementPrices, every_ns: int = TRADING_DAY_NS) -> None:
        super().__init__(house)
        if type(every_ns) is not int or every_ns <= 0:
            raise InputError(f"futures are marked after a positive time in nanoseconds, found {every_ns!r}")
        self.prices = prices
        self.every_ns = every_ns

    @property
    def open_contracts(self) -> list[Future]:
        """The futures that have not expired."""
        return [
            future
            for symbol in self.contracts
            if isinstance(future := self.exchange.instruments[symbol], Future) and symbol not in self.ended
        ]

    def times(self) -> Iterable[int]:
        """The end of each day, and the expiries, as long as a future is open."""
        open_now = self.open_contracts
        if not open_now:
            return ()
        now = self.exchange.clock.now
        return sorted({now - now % self.every_ns + self.every_ns, *(future.expiry for future in open_now)})

    def act(self, now: int) -> None:
        """Expire the futures that are due, and mark the others at the end of a day."""
        for future in self.open_contracts:
            if future.expiry <= now:
                self.expire(future)
            elif now % self.every_ns == 0:
                price = self.prices.settle(self.exchange, self.journal, future.symbol)
                if price is not None:
                    self.pay(future.symbol, price)

    def expire(self, future: Future) -> None:
        """Make the last payment at the settlement price of the underlying, deliver, and close."""
        exchange, symbol = self.exchange, future.symbol
        self.house.end_trading(symbol)
        spot = self.prices.settle(exchange, self.journal, future.underlying)
        # Without any price of the underlying, the last mark of the future is used.
        last = self.prices.marks.mark(exchange.listings[symbol])
        price = last if spot is None else future.unit.worth(spot)
        if price is not None:
            self.pay(symbol, price)
            if future.delivery == "physical" and spot is not None:
                self._deliver(future, spot)
        self.close(symbol, price or 0)

    def _deliver(self, future: Future, price: int) -> None:
        """Deliver the underlying for its settlement price, short by short, where both sides can."""
        for buyer, seller, contracts in pairs(self.exchange, future.symbol):
            units = future.unit.shares_in(contracts * future.multiplier)
            paid = self.house.free(buyer, future.quote, units * price) == units * price
            if paid and self.house.free(seller, future.underlying, units) == units:
                self.ledger.transfer(buyer, seller, future.quote, units * price, "DELIVERY_PAID", future.symbol)
                self.ledger.transfer(seller, buyer, future.underlying, units, "DELIVERED", future.symbol)
