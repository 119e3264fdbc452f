"""The life cycle of structured notes: issued, traded like a share, repaid by the issuer at maturity (rulebook F-3.8).

A capital-protected note combines a bond and calls in one security. Nothing is exercised: at maturity the issuer pays
the protected amount and the agreed part of the rise. The clearing house pays what the issuer cannot, as far as it can,
and the holders lose the rest: the protection is only as good as the issuer's credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Note
from market_sim.core.models.mechanism_events import InstrumentExpired
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms.clearing_house import ClearingHouse, positions
from market_sim.market.mechanisms.settlement_price import SettlementPrices


class Notes(Mechanism):
    """All notes that are listed when it is attached; their issuers have accounts by then."""

    name: ClassVar[str] = "notes"

    def __init__(self, house: ClearingHouse, prices: SettlementPrices) -> None:
        super().__init__()
        self.house = house
        self.prices = prices
        self.symbols: dict[str, None] = {}
        self.ended: dict[str, int] = {}

    @property
    def terms(self) -> dict[str, Note]:
        """The present terms by symbol."""
        held = ((symbol, self.exchange.instruments[symbol]) for symbol in self.symbols)
        return {symbol: note for symbol, note in held if isinstance(note, Note)}

    def begin(self) -> None:
        """Take up every listed note."""
        for symbol, listing in self.exchange.listings.items():
            if isinstance(listing.instrument, Note):
                note = listing.instrument
                self.symbols[symbol] = None
                if note.issuer not in self.exchange.accounts:
                    raise InputError(f"{symbol} is issued by {note.issuer!r}, and there is no such account")

    def times(self) -> Iterable[int]:
        """The maturities."""
        return sorted({note.maturity for note in self.terms.values()})

    def act(self, now: int) -> None:
        """Repay the notes that are due."""
        for symbol, note in self.terms.items():
            if note.maturity <= now and symbol not in self.ended:
                self.mature(note)

    def mature(self, note: Note) -> None:
        """Pay every holder at the settlement price; without any price, the protected amount."""
        exchange, symbol = self.exchange, note.symbol
        self.house.end_trading(symbol)
        self.ended[symbol] = exchange.clock.now
        price = self.prices.settle(exchange, self.journal, note.underlying)
        each = note.protected if price is None else note.pays(price)
        out = {name: held for name, held in positions(exchange, symbol).items() if name != note.issuer}
        for name, held in out.items():
            self.house.pay(note.issuer, name, note.quote, each * held, "MATURED", symbol)
            self.ledger.transfer(name, note.issuer, symbol, held, "MATURED", symbol)
        self.journal.record(InstrumentExpired(exchange.clock.now, symbol, price or 0, sum(out.values())))
