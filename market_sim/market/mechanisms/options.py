"""Options clearing: exercise, assignment and expiry of options (rulebook F-3.3).

A holder may exercise an American option at any time while it is in the money. At expiry every option that is in the
money by a cent or more is exercised without a request ("exercise by exception", Options Clearing Corporation rule 805).
For each exercise writers are drawn, every written contract with the same probability, from the option's own random
stream. Both legs move in one step: the underlying against the strike, or the difference in cash. A writer that cannot
deliver pays in cash; an option lapses if its holder cannot pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from market_sim.core.english import seconds
from market_sim.core.errors import RuleViolation
from market_sim.core.models.derivatives import Delivery, Option, OptionStyle
from market_sim.core.models.instruments import OptionRight
from market_sim.core.models.intents import Exercise
from market_sim.core.models.mechanism_events import Assigned, Exercised, InstrumentExpired, Lapsed
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.gates import check_quantity
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.mechanisms.clearing_house import ClearingHouse, pairs, positions
from market_sim.market.mechanisms.pledges import Pledges
from market_sim.market.mechanisms.settlement_price import SettlementPrices

LEAST_GAIN = 1
"""The least intrinsic value of a unit, in cents, for exercise by exception."""


def option_chain(
    underlying: str,
    strikes: Sequence[int],
    expiry: int,
    style: OptionStyle = "american",
    delivery: Delivery = "physical",
    multiplier: int = 100,
) -> list[Option]:
    """A call and a put for each strike, ready to be listed.

    >>> [option.symbol for option in option_chain("ACME", [9_500, 10_000], expiry=1)]
    ['ACME-C9500', 'ACME-P9500', 'ACME-C10000', 'ACME-P10000']
    """
    rights: tuple[OptionRight, ...] = ("call", "put")
    return [
        Option(
            f"{underlying}-{right[0].upper()}{strike}",
            underlying=underlying,
            strike=strike,
            expiry=expiry,
            right=right,
            style=style,
            delivery=delivery,
            multiplier=multiplier,
        )
        for strike in strikes
        for right in rights
    ]


class OptionsClearing(Mechanism):
    """All options that are listed when it is attached."""

    name: ClassVar[str] = "options"

    def __init__(self, house: ClearingHouse, prices: SettlementPrices, randomness: Randomness) -> None:
        super().__init__()
        self.house = house
        self.prices = prices
        self.symbols: dict[str, None] = {}
        self.ended: dict[str, int] = {}
        """The time at which each expired option ended."""
        self.pledges = Pledges(self.symbols)
        self._randomness = randomness

    @property
    def terms(self) -> dict[str, Option]:
        """The present terms by symbol."""
        held = ((symbol, self.exchange.instruments[symbol]) for symbol in self.symbols)
        return {symbol: option for symbol, option in held if isinstance(option, Option)}

    def begin(self) -> None:
        """Take up every listed option; add the gate for pledges and the handler for exercise."""
        for symbol, listing in self.exchange.listings.items():
            if isinstance(listing.instrument, Option):
                self.symbols[symbol] = None
        self.pledges.attach(self.exchange, self.journal, self.venues[1:])
        self.exchange.add_handler(Exercise, self.symbols, self.choose, "NOT_EXERCISABLE")

    def times(self) -> Iterable[int]:
        """The expiries."""
        return sorted({option.expiry for option in self.terms.values()})

    def act(self, now: int) -> None:
        """Expire the options that are due, in the order of listing."""
        for symbol, option in self.terms.items():
            if option.expiry <= now and symbol not in self.ended:
                self.expire(option)

    def choose(self, account: Member, intent: Exercise) -> None:
        """Exercise before expiry at the holder's request, or refuse."""
        option, quantity = self.terms[intent.symbol], intent.quantity
        now, listing = self.exchange.clock.now, self.exchange.listings[option.symbol]
        check_quantity(listing, quantity)
        if option.symbol in self.ended or now >= option.expiry:
            raise RuleViolation(
                "EXPIRED_INSTRUMENT", symbol=option.symbol, expiry=seconds(option.expiry), now=seconds(now)
            )
        if option.style == "european":
            raise RuleViolation("EUROPEAN_STYLE", symbol=option.symbol, expiry=seconds(option.expiry), now=seconds(now))
        balance = account.balance(option.symbol)
        held = balance.total - balance.reserved
        if held < quantity:
            raise RuleViolation("NOT_HELD", needed=quantity, symbol=option.symbol, held=held)
        price = self.prices.marks.mark(self.exchange.listings[option.underlying])
        if price is None:
            raise RuleViolation("NO_PRICE_YET", symbol=option.underlying)
        if option.intrinsic(price) < LEAST_GAIN:
            strike = option.unit.per_share(option.strike)
            raise RuleViolation("OUT_OF_THE_MONEY", symbol=option.symbol, strike=strike, price=price)
        asset, needed = asks_for(option)
        available = account.balance(asset).available
        if available < needed * quantity and option.right == "call":
            raise RuleViolation("CANNOT_PAY", needed=needed * quantity, available=available)
        if available < needed * quantity:
            raise RuleViolation("CANNOT_DELIVER", needed=needed * quantity, symbol=asset, available=available)
        self.exercise(account.name, option, quantity, price, "choice")

    def expire(self, option: Option) -> None:
        """Expire an option: exercise it if it is in the money, let the rest lapse, and close all positions."""
        exchange, symbol = self.exchange, option.symbol
        self.house.end_trading(symbol)
        self.ended[symbol] = exchange.clock.now
        price = self.prices.settle(exchange, self.journal, option.underlying)
        longs = {name: held for name, held in positions(exchange, symbol).items() if held > 0}
        gains = price is not None and option.intrinsic(price) >= LEAST_GAIN
        if price is not None and gains:
            for name, held in longs.items():
                quantity = self._payable(name, option, held)
                if quantity:
                    self.exercise(name, option, quantity, price, "exception")
        now = exchange.clock.now
        for holder, left in longs.items():
            left = exchange.accounts[holder].balance(symbol).total
            if left:
                why = "cannot pay or deliver" if gains else "out of the money" if price else "no price"
                self.journal.record(Lapsed(now, holder, symbol, left, why))
        for holder, writer, quantity in pairs(exchange, symbol):
            self.ledger.transfer(holder, writer, symbol, quantity, "EXPIRED", symbol)
        self.pledges.give_back()
        self.journal.record(InstrumentExpired(now, symbol, price or 0, sum(longs.values())))

    def exercise(self, holder: str, option: Option, quantity: int, price: int, by: str) -> None:
        """Draw writers and settle with each of them."""
        now, symbol = self.exchange.clock.now, option.symbol
        strike = option.unit.per_share(option.strike)
        self.journal.record(Exercised(now, holder, symbol, quantity, strike, price, by))
        for writer, contracts in self._drawn(symbol, quantity):
            delivered = self._settle(holder, writer, option, contracts, price)
            self.journal.record(Assigned(now, writer, symbol, contracts, holder, delivered))

    def _drawn(self, symbol: str, quantity: int) -> list[tuple[str, int]]:
        """The writers of this number of contracts, drawn without replacement, in the order of account numbers."""
        written = [(name, -held) for name, held in positions(self.exchange, symbol).items() if held < 0]
        stream = self._randomness.stream(f"assignment/{symbol}")
        numbers = sorted(stream.sample(range(sum(contracts for _, contracts in written)), quantity))
        drawn, first = [], 0
        for name, contracts in written:
            hits = sum(1 for number in numbers if first <= number < first + contracts)
            if hits:
                drawn.append((name, hits))
            first += contracts
        return drawn

    def _settle(self, holder: str, writer: str, option: Option, contracts: int, price: int) -> bool:
        """Move both legs between a holder and a writer; returns whether the underlying was delivered."""
        symbol = option.symbol
        strike, units = contracts * option.costs, contracts * option.delivers
        self.pledges.release(writer, symbol, contracts)
        asset, needed = (option.underlying, units) if option.right == "call" else (option.quote, strike)
        delivered = option.delivery == "physical" and self.house.free(writer, asset, needed) == needed
        if delivered:
            buyer, seller = (holder, writer) if option.right == "call" else (writer, holder)
            self.ledger.transfer(buyer, seller, option.quote, strike, "STRIKE_PAID", symbol)
            self.ledger.transfer(seller, buyer, option.underlying, units, "DELIVERED", symbol)
        else:
            gain = option.intrinsic(price) * contracts * option.multiplier
            self.house.pay(writer, holder, option.quote, gain, "EXERCISED", symbol)
        self.ledger.transfer(holder, writer, symbol, contracts, "EXERCISED", symbol)
        return delivered

    def _payable(self, name: str, option: Option, held: int) -> int:
        """The number of contracts that a holder can pay or deliver for."""
        asset, needed = asks_for(option)
        if not needed:
            return held
        return self.house.free(name, asset, needed * held) // needed


def asks_for(option: Option) -> tuple[str, int]:
    """What the exercise of one contract costs its holder: the strike of a call, the underlying of a put."""
    if option.delivery == "cash":
        return option.quote, 0
    if option.right == "call":
        return option.quote, option.costs
    return option.underlying, option.delivers
