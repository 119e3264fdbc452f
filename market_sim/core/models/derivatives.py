"""Derivatives: instruments whose value follows from another instrument. Their terms are values that check themselves.

Times are simulated nanoseconds, prices count the smallest unit of the quote currency for one unit of the underlying,
and the `multiplier` is the number of units of the underlying in one contract. A position in a derivative may be
negative: the account wrote it. All positions in one derivative add up to zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeVar

from msgspec import structs

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Instrument, OptionRight, OptionTerms, Spot, Stock, positive
from market_sim.core.models.unit import Change, Unit

OptionStyle = Literal["european", "american"]
Delivery = Literal["cash", "physical"]


Kind = TypeVar("Kind", bound="Derivative")
Exercisable = TypeVar("Exercisable", "Option", "Warrant")


class Derivative(Instrument, frozen=True):
    """The terms that all derivatives share."""

    delivered: ClassVar[bool] = False
    margin_rule: ClassVar[str] = "paid in full"

    underlying: str = ""
    unit: Unit = Unit()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.underlying or self.underlying == self.symbol:
            raise InputError(f"{self.symbol} needs an underlying other than itself, found {self.underlying!r}")

    def adjusted(self: Kind, action: str, change: Change) -> Kind:
        """The same terms for another unit, which must hold whole shares and cents if it is delivered."""
        after = structs.replace(self, unit=change(self.unit))
        size = after.units_delivered
        if size and not after.unit.divides(size):
            raise InputError(
                f"{self.symbol}: a {action} leaves no whole number of shares and cents for the "
                f"{self.unit.shares_in(size)} {self.underlying} that one of it delivers"
            )
        return after


class Option(Derivative, frozen=True, tag=True):
    """The right, not the duty, to buy (call) or sell (put) the underlying at the strike until the expiry."""

    kind: ClassVar[str] = "option"
    margin_rule: ClassVar[str] = "option"
    marked_by_underlying: ClassVar[Literal["never", "otherwise", "first"]] = "otherwise"

    strike: int = 0
    expiry: int = 0
    right: OptionRight = "call"
    style: OptionStyle = "european"
    delivery: Delivery = "cash"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self.symbol, "strike", self.strike)
        positive(self.symbol, "expiry", self.expiry)
        for field, value, allowed in (
            ("right", self.right, ("call", "put")),
            ("style", self.style, ("european", "american")),
            ("delivery", self.delivery, ("cash", "physical")),
        ):
            if value not in allowed:
                raise InputError(f"{self.symbol}: {field} must be one of {', '.join(allowed)}, found {value!r}")

    @property
    def delivers(self) -> int:
        """The number of shares that change hands when one contract is exercised."""
        return self.unit.shares_in(self.multiplier)

    @property
    def costs(self) -> int:
        """The cash paid for these shares: the strike, less the cash in the unit."""
        return self.strike * self.multiplier - self.unit.cash_in(self.multiplier)

    def intrinsic(self, price: int) -> int:
        """The intrinsic value of one unit at this price of the underlying; never negative.

        >>> call = Option("ACME-C100", underlying="ACME", strike=100, expiry=1, multiplier=100)
        >>> call.intrinsic(107), call.intrinsic(93)
        (7, 0)
        """
        worth = self.unit.worth(price)
        return max(0, worth - self.strike if self.right == "call" else self.strike - worth)

    def mark_from(self, price: int) -> int:
        """The intrinsic value."""
        return self.intrinsic(price)

    @property
    def units_delivered(self) -> int:
        """The whole contract, also if it is settled in cash, because its cover is counted in shares."""
        return self.multiplier

    @property
    def ends_at(self) -> int:
        """The expiry."""
        return self.expiry

    def as_option(self, price: int) -> OptionTerms:
        """Its own terms."""
        return OptionTerms(self.right, self.unit.worth(price), self.strike, self.expiry)

    def adjusted(self, action: str, change: Change) -> Option:
        """The same terms for another unit, which must leave something of the strike."""
        return _still_costs(self, super().adjusted(action, change), action)


class Warrant(Derivative, frozen=True, tag=True):
    """A call that a company writes on its own shares: its exercise creates new shares (rulebook F-3.4)."""

    kind: ClassVar[str] = "warrant"
    delivered: ClassVar[bool] = True

    issuer: str = ""
    """The account of the company: it receives the strike and issues the new shares."""
    strike: int = 0
    expiry: int = 0
    ratio: int = 1
    """The number of new shares that one warrant creates."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.issuer:
            raise InputError(f"{self.symbol} needs the account of its issuer")
        for field in ("strike", "expiry", "ratio"):
            positive(self.symbol, field, getattr(self, field))

    @property
    def delivers(self) -> int:
        """The number of new shares from one warrant."""
        return self.unit.shares_in(self.ratio)

    @property
    def costs(self) -> int:
        """The cash that the holder pays for them, less the cash in the unit."""
        return self.strike * self.ratio - self.unit.cash_in(self.ratio)

    @property
    def units_delivered(self) -> int:
        """The new shares of one warrant."""
        return self.ratio

    @property
    def ends_at(self) -> int:
        """The expiry."""
        return self.expiry

    def as_option(self, price: int) -> OptionTerms:
        """A call."""
        return OptionTerms("call", self.unit.worth(price), self.strike, self.expiry)

    def adjusted(self, action: str, change: Change) -> Warrant:
        """The same terms for another unit, which must leave something of the strike."""
        return _still_costs(self, super().adjusted(action, change), action)


def _still_costs(before: Exercisable, after: Exercisable, action: str) -> Exercisable:
    """The terms after a corporate action, if the cash in the unit does not pay for the whole strike."""
    if after.costs <= 0:
        left = before.unit.per_share(before.strike)
        raise InputError(f"{before.symbol}: a {action} leaves nothing of its strike of {left}")
    return after


class Future(Derivative, frozen=True, tag=True):
    """The duty to exchange the underlying at expiry at the price agreed now; gains and losses are paid daily."""

    kind: ClassVar[str] = "future"
    on_margin: ClassVar[bool] = True
    margin_rule: ClassVar[str] = "contract"
    marked_by_underlying: ClassVar[Literal["never", "otherwise", "first"]] = "first"

    expiry: int = 0
    delivery: Delivery = "cash"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self.symbol, "expiry", self.expiry)

    def mark_from(self, price: int) -> int:
        """The present value of its unit, without the cost of carry."""
        return self.unit.worth(price)

    @property
    def units_delivered(self) -> int:
        """The whole contract if it is delivered, otherwise none."""
        return self.multiplier if self.delivery == "physical" else 0

    @property
    def ends_at(self) -> int:
        """The expiry."""
        return self.expiry


class Perpetual(Derivative, frozen=True, tag=True):
    """A future that never expires: a funding payment keeps its price near the index (rulebook F-3.6)."""

    kind: ClassVar[str] = "perpetual"
    on_margin: ClassVar[bool] = True
    margin_rule: ClassVar[str] = "contract"
    marked_by_underlying: ClassVar[Literal["never", "otherwise", "first"]] = "first"

    funding_every: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self.symbol, "funding_every", self.funding_every)

    def mark_from(self, price: int) -> int:
        """The index: the present value of its unit."""
        return self.unit.worth(price)


class PredictionContract(Instrument, frozen=True, tag=True):
    """Pays one unit of `payout` if the answer to a question is yes, and nothing if it is no (rulebook F-3.7)."""

    kind: ClassVar[str] = "prediction"
    margin_rule: ClassVar[str] = "prediction"
    delivered: ClassVar[bool] = False
    moves_with_prices: ClassVar[bool] = False

    question: str = ""
    payout: int = 100
    underlying: str = ""
    """The share in the question, if any; it may not be split, because a question in words cannot be adjusted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.question:
            raise InputError(f"{self.symbol} needs a question")
        positive(self.symbol, "payout", self.payout)
        if self.payout <= self.tick or self.payout % self.tick:
            raise InputError(f"{self.symbol}: the payout {self.payout} must be a multiple of the tick {self.tick}")

    def adjusted(self, action: str, change: Change) -> PredictionContract:
        """No terms: a question in words stays as it was asked."""
        raise InputError(
            f"{self.symbol} is a question in words about {self.underlying}, which cannot be adjusted to a {action}: "
            f"the question must end before it"
        )


class Note(Derivative, frozen=True, tag=True):
    """A capital-protected note: it pays a guaranteed amount at maturity, and a share of a rise of the underlying."""

    kind: ClassVar[str] = "note"
    delivered: ClassVar[bool] = True

    issuer: str = ""
    protected: int = 0
    """The guaranteed payment of one note."""
    strike: int = 0
    participation_bps: int = 10_000
    maturity: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("protected", "strike", "participation_bps", "maturity"):
            positive(self.symbol, field, getattr(self, field))

    @property
    def ends_at(self) -> int:
        """The maturity."""
        return self.maturity

    def pays(self, price: int) -> int:
        """The payment of one note at maturity at this price of the underlying, rounded down.

        >>> Note("SAFE", underlying="ACME", issuer="bank", protected=1_000, strike=100, maturity=1).pays(130)
        1300
        """
        rise = max(0, self.unit.worth(price) - self.strike)
        return self.protected + self.protected * self.participation_bps * rise // (10_000 * self.strike)


KINDS: Mapping[str, type[Instrument]] = {
    each.kind: each for each in (Stock, Spot, Option, Warrant, Future, Perpetual, PredictionContract, Note)
}
"""The kinds of instruments by the name that a listing records."""
