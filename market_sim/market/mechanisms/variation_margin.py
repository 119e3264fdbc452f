"""Variation margin: the regular payment of gains and losses of margined contracts (rulebook F-3.5).

A trade in a future moves no cash. At each mark the accounts that have lost since the last one pay the clearing house,
and the house pays those that have gained: contracts x multiplier x change of the price, counted from the trade price
for new positions. Longs and shorts are equal in number, so the payments sum to zero. Gains are paid after the losses
are in; what the losers and the house cannot pay is deducted from the gains in proportion.

>>> shared(90, {"ann": 60, "bob": 60})
{'ann': 45, 'bob': 45}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from market_sim.core.errors import InvariantBroken
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.mechanism_events import ContractSpecified, InstrumentExpired, MarkedToMarket
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms.clearing_house import CLEARING, ClearingHouse, pairs, positions
from market_sim.market.mechanisms.liabilities import VARIATION, Liabilities


class VariationMargin(Mechanism):
    """The base of futures and perpetuals: computes and pays the gains since the last mark."""

    name: ClassVar[str] = "variation margin"
    kind: ClassVar[type[Instrument]] = Instrument

    def __init__(self, house: ClearingHouse) -> None:
        super().__init__()
        self.house = house
        self.contracts: dict[str, Instrument] = {}
        self.ended: dict[str, int] = {}
        self._owed = Liabilities()
        self._owed_read = 0
        self._previous: dict[str, int] = {}

    def begin(self) -> None:
        """Take up every listed contract of this kind, and record its multiplier."""
        specified = {event.symbol for event in self.journal.of(ContractSpecified)}
        for symbol, listing in self.exchange.listings.items():
            if isinstance(listing.instrument, self.kind):
                self.contracts[symbol] = listing.instrument
                if symbol not in specified:
                    multiplier = listing.instrument.multiplier
                    self.journal.record(ContractSpecified(self.exchange.clock.now, symbol, multiplier))

    def gains(self, symbol: str, price: int) -> dict[str, int]:
        """The gain (negative: loss) of each account since the last payment, in the order of account numbers."""
        self._catch_up()
        multiplier = self.contracts[symbol].multiplier
        owed = self._owed.contracts
        return {
            name: owed[name][symbol].gain(price, multiplier)
            for name in self.exchange.accounts
            if symbol in owed.get(name, {})
        }

    def pay(self, symbol: str, price: int) -> None:
        """Mark a contract to this price: collect the losses, then pay the gains."""
        gains = self.gains(symbol, price)
        if sum(gains.values()):
            raise InvariantBroken(f"gains and losses of {symbol} at {price} add up to {sum(gains.values())}: {gains}")
        # The house itself neither gains nor loses: it owes what liquidated losers have paid to it before.
        early = -gains.pop(CLEARING, 0)
        quote = self.contracts[symbol].quote
        previous, self._previous[symbol] = self._previous.get(symbol, 0), price
        losses = {name: -gain for name, gain in gains.items() if gain < 0}
        collected = early + self.collect(losses, quote, VARIATION, symbol)
        winners = shared(collected, {name: gain for name, gain in gains.items() if gain > 0})
        for name, gain in winners.items():
            if gain:
                self.ledger.transfer(CLEARING, name, quote, gain, VARIATION, symbol)
        self.journal.record(MarkedToMarket(self.exchange.clock.now, symbol, price, previous, collected))

    def collect(self, dues: Mapping[str, int], quote: str, reason: str, symbol: str) -> int:
        """Collect these amounts for the house; returns the total.

        Cash that the house has collected before belongs to the winners of any contract, so it covers no deficit.
        """
        self._catch_up()
        held = self._owed.contracts.get(CLEARING, {}).items()
        kept = sum(contract.paid for each, contract in held if self.exchange.instruments[each].quote == quote)
        collected = 0
        for name, due in dues.items():
            collected += self.house.pay(name, CLEARING, quote, due, reason, symbol, kept + collected)
        return collected

    def _catch_up(self) -> None:
        """Read the new events of the journal."""
        self._owed.read(self.journal.since(self._owed_read))
        self._owed_read = len(self.journal)

    def close(self, symbol: str, price: int) -> None:
        """End a contract at its last price: the positions of longs and shorts cancel each other."""
        self.ended[symbol] = self.exchange.clock.now
        interest = sum(held for held in positions(self.exchange, symbol).values() if held > 0)
        for buyer, seller, quantity in pairs(self.exchange, symbol):
            self.ledger.transfer(buyer, seller, symbol, quantity, "EXPIRED", symbol)
        self.journal.record(InstrumentExpired(self.exchange.clock.now, symbol, price, interest))


def shared(amount: int, claims: Mapping[str, int]) -> dict[str, int]:
    """An amount divided among claims, in proportion and rounded down if it is less than their sum.

    The cents that rounding leaves go to the first claims, one each.
    """
    total = sum(claims.values())
    if amount >= total:
        return dict(claims)
    parts = {name: claim * amount // total for name, claim in claims.items()}
    left = amount - sum(parts.values())
    return {name: part + (place < left) for place, (name, part) in enumerate(parts.items())}
