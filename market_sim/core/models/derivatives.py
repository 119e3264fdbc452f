"""Derivatives: instruments whose worth follows from another one. Their terms are values that check themselves.

Times are simulated nanoseconds, prices count the smallest unit of the quote currency for one unit of the underlying,
and the `multiplier` says for how many units of it one contract stands. A position in a derivative may be negative:
somebody wrote it. All positions in one derivative add up to zero, so nothing of it is ever created or lost.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Instrument, positive

OptionRight = Literal["call", "put"]
OptionStyle = Literal["european", "american"]
Delivery = Literal["cash", "physical"]


class Derivative(Instrument, frozen=True):
    """The terms that all derivatives share."""

    delivered: ClassVar[bool] = False

    underlying: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.underlying or self.underlying == self.symbol:
            raise InputError(f"{self.symbol} needs an underlying other than itself, found {self.underlying!r}")


class Option(Derivative, frozen=True, tag=True):
    """The right, not the duty, to buy (call) or sell (put) the underlying at the strike until the expiry."""

    kind: ClassVar[str] = "option"

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

    def intrinsic(self, price: int) -> int:
        """What exercising one unit is worth at this price of the underlying; never negative.

        >>> call = Option("ACME-C100", underlying="ACME", strike=100, expiry=1, multiplier=100)
        >>> call.intrinsic(107), call.intrinsic(93)
        (7, 0)
        """
        return max(0, price - self.strike if self.right == "call" else self.strike - price)


class Warrant(Derivative, frozen=True, tag=True):
    """A call that a company sells on itself: exercised, it makes new shares (finance rule 3.4)."""

    kind: ClassVar[str] = "warrant"
    delivered: ClassVar[bool] = True

    issuer: str = ""
    """The account of the company: it gets the strike and hands out the new shares."""
    strike: int = 0
    expiry: int = 0
    ratio: int = 1
    """How many new shares one warrant makes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.issuer:
            raise InputError(f"{self.symbol} needs the account of its issuer")
        for field in ("strike", "expiry", "ratio"):
            positive(self.symbol, field, getattr(self, field))


class Future(Derivative, frozen=True, tag=True):
    """The duty to exchange the underlying at the expiry at the price agreed now; gains and losses are paid each day."""

    kind: ClassVar[str] = "future"
    on_margin: ClassVar[bool] = True

    expiry: int = 0
    delivery: Delivery = "cash"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self.symbol, "expiry", self.expiry)


class Perpetual(Derivative, frozen=True, tag=True):
    """A future that never expires: a funding payment keeps its price near the index (finance rule 3.6)."""

    kind: ClassVar[str] = "perpetual"
    on_margin: ClassVar[bool] = True

    funding_every: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self.symbol, "funding_every", self.funding_every)


class PredictionContract(Instrument, frozen=True, tag=True):
    """Pays one unit of `payout` if the answer to a question is yes, and nothing if it is no (finance rule 3.7)."""

    kind: ClassVar[str] = "prediction"
    delivered: ClassVar[bool] = False

    question: str = ""
    payout: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.question:
            raise InputError(f"{self.symbol} needs a question")
        positive(self.symbol, "payout", self.payout)
        if self.payout <= self.tick or self.payout % self.tick:
            raise InputError(f"{self.symbol}: the payout {self.payout} must be a multiple of the tick {self.tick}")


class Note(Instrument, frozen=True, tag=True):
    """A capital-protected note: what it promises at maturity, and the share of a rise that it adds."""

    kind: ClassVar[str] = "note"

    underlying: str = ""
    issuer: str = ""
    protected: int = 0
    """What one note pays back at least."""
    strike: int = 0
    participation_bps: int = 10_000
    maturity: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("protected", "strike", "participation_bps", "maturity"):
            positive(self.symbol, field, getattr(self, field))

    def pays(self, price: int) -> int:
        """What one note pays at maturity at this price of the underlying; rounded down.

        >>> Note("SAFE", underlying="ACME", issuer="bank", protected=1_000, strike=100, maturity=1).pays(130)
        1300
        """
        rise = max(0, price - self.strike)
        return self.protected + self.protected * self.participation_bps * rise // (10_000 * self.strike)
