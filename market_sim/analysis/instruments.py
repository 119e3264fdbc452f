"""The instruments of a run with their terms, read from the journal: from listings, contract sizes and adjustments."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from market_sim.core.models.derivatives import KINDS
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.models.mechanism_events import ContractSpecified, TermsAdjusted
from market_sim.core.models.unit import Unit


class Instruments:
    """The listed instruments by symbol, updated event by event."""

    def __init__(self) -> None:
        self.known: dict[str, Instrument] = {}

    def read(self, event: Event) -> None:
        """Update the terms that an event states."""
        if isinstance(event, InstrumentListed):
            # The listing of a margined contract has the multiplier 0, because a trade moves no cash.
            self.known[event.symbol] = KINDS[event.kind](
                event.symbol, event.tick, event.lot, event.quote, event.multiplier or 1, event.price_decimals,
                event.quantity_decimals, **event.terms,
            )  # fmt: skip
        elif isinstance(event, ContractSpecified):
            self._replace(event.symbol, multiplier=event.multiplier)
        elif isinstance(event, TermsAdjusted):
            self._replace(event.symbol, unit=Unit(event.shares, event.parts, event.cash))

    def _replace(self, symbol: str, **terms: object) -> None:
        self.known[symbol] = structs.replace(self.known[symbol], **terms)


def instruments_in(events: Iterable[Event]) -> dict[str, Instrument]:
    """The listed instruments with their terms after these events."""
    instruments = Instruments()
    for event in events:
        instruments.read(event)
    return instruments.known
