"""Instruments: what can be traded, with its symbol, its price and quantity steps and its quote currency.

All numbers are integers. A price counts the smallest unit of the quote currency (cents for USD) for one unit of
quantity; it must be a multiple of the `tick`. A quantity must be a multiple of the `lot`. So
cash = price * quantity * multiplier, exactly (docs/decisions/0002-prices-are-integers-on-a-tick.md).
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, TypeVar

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.unit import Change, Unit

LARGEST_AMOUNT = 2**63 - 1
"""Prices, quantities and amounts fit in 63 bits: the same integers go on chain and into databases."""


def positive(owner: str, field: str, value: object) -> None:
    """Refuse anything but a positive integer; `True`, `1.0` and `"1"` are not integers here."""
    if type(value) is not int or not 0 < value <= LARGEST_AMOUNT:
        raise InputError(f"{owner}: {field} must be a positive whole number, found {value!r}")


Kind = TypeVar("Kind", bound="Instrument")
OptionRight = Literal["call", "put"]


class OptionTerms(NamedTuple):
    """What option pricing takes of an instrument."""

    right: OptionRight
    spot: int
    """The value of what one unit delivers."""
    strike: int
    expiry: int


class Instrument(msgspec.Struct, frozen=True):
    """The terms that every instrument has."""

    kind: ClassVar[str] = "instrument"
    delivered: ClassVar[bool] = True
    """Whether it is owned and transferred, as a share is; a derivative is a promise between two accounts."""
    on_margin: ClassVar[bool] = False
    """Whether a trade moves no cash (a margined contract), so that only a margin account may trade it."""
    margin_rule: ClassVar[str] = "share"
    """The name of the margin rule for a position in it (market_sim/market/mechanisms/margin_rules.py)."""
    can_be_borrowed: ClassVar[bool] = False
    """Whether lenders lend it, so that it can be sold short."""
    moves_with_prices: ClassVar[bool] = True
    """Whether its price moves in a stress test that moves the prices of the market."""
    marked_by_underlying: ClassVar[Literal["never", "otherwise", "first"]] = "never"
    """When its mark comes from its underlying: never; if it has no price of its own; or, if the underlying has a
    believed value, before its own book."""

    @property
    def units_delivered(self) -> int:
        """The units of the underlying behind one contract, for delivery and cover; 0 if only cash changes hands."""
        return 0

    def mark_from(self, price: int) -> int | None:
        """Its mark at this price of its underlying; None if the underlying does not determine it."""
        return None

    @property
    def underlying(self) -> str:
        """The symbol of the instrument that its terms refer to; empty if there is none."""
        return ""

    @property
    def unit(self) -> Unit:
        """The shares and the cash behind one unit of it."""
        return Unit()

    @property
    def ends_at(self) -> int | None:
        """The time from which on it does not exist any more; None if its terms name none."""
        return None

    def as_option(self, price: int) -> OptionTerms | None:
        """Its terms for option pricing at this price of its underlying; None if it is no option."""
        return None

    def adjusted(self: Kind, action: str, change: Change) -> Kind:
        """Its terms after a corporate action on what it depends on; InputError if they could not be fulfilled."""
        return self

    symbol: str
    tick: int = 1
    lot: int = 1
    quote: str = "USD"
    multiplier: int = 1
    price_decimals: int = 2
    quantity_decimals: int = 0

    def __post_init__(self) -> None:
        symbol = self.symbol
        if type(symbol) is not str or not symbol or not symbol.isprintable() or " " in symbol:
            raise InputError(f"an instrument needs a symbol without spaces, found {symbol!r}")
        if symbol == self.quote:
            raise InputError(f"an instrument needs a symbol of its own, found that of its currency, {symbol}")
        for field in ("tick", "lot", "multiplier"):
            positive(symbol, field, getattr(self, field))

    def cash(self, price: int, quantity: int) -> int:
        """The cash value of this quantity at this price, in the smallest unit of the quote currency."""
        return price * quantity * self.multiplier

    @property
    def cash_decimals(self) -> int:
        """The decimals of an amount of the currency: a price times a quantity, both in their smallest units."""
        return self.price_decimals + self.quantity_decimals

    @property
    def further_terms(self) -> dict[str, int | str]:
        """The terms that only its kind has, by name, as far as they are numbers or non-empty strings."""
        common = Instrument.__struct_fields__
        own = {field: getattr(self, field) for field in self.__struct_fields__ if field not in common}
        return {field: value for field, value in own.items() if isinstance(value, (int, str)) and value != ""}

    @property
    def cash_multiplier(self) -> int:
        """The cash that a trade moves per unit of price and quantity; 0 for a margined contract."""
        return 0 if self.on_margin else self.multiplier


class Stock(Instrument, frozen=True, tag=True):
    """A share of a company: owned, delivered, and priced by its market alone."""

    kind: ClassVar[str] = "stock"
    can_be_borrowed: ClassVar[bool] = True


class Spot(Instrument, frozen=True, tag=True):
    """A currency or coin traded against another currency and delivered at once: BTC/USD, CREDITS/USD."""

    kind: ClassVar[str] = "spot"
