"""The terms of a venue: the one entry that says what kind it is, what it costs, how far away and how reliable it is.

>>> nyse = VenueTerms("SIM-NYSE", maker_bps=-0.2, taker_bps=0.3, latency=Delay(2.0, 5.0), reliability=0.98)
>>> nyse.fees.maker, nyse.fees.taker                         # millionths of the value traded; negative is a rebate
(-20, 30)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, get_args

from market_sim.core.errors import InputError
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.venues.latency import Delay

Kind = Literal["exchange", "dark pool", "ECN"]
KINDS: Final = get_args(Kind)
DARK: Final = "dark pool"
ECN: Final = "ECN"
NO_LATENCY: Final = Delay()


@dataclass(frozen=True)
class VenueTerms:
    """One venue: a label such as SIM-NYSE, a kind, fees, latency, a share of the background flow, reliability."""

    name: str
    kind: Kind = "exchange"
    maker_bps: float = 0.0
    """What who waits pays, in basis points of the value traded; negative for a rebate."""
    taker_bps: float = 0.0
    """What who arrives pays."""
    latency: Delay = NO_LATENCY
    """The time that a message takes to it, beside the time that its sender takes."""
    share: float = 0.0
    """Its share of the flow that has no reason to choose a venue."""
    reliability: float = 1.0
    """The probability that a message reaches it."""
    failures: int = 5
    """The number of failures in a row after which its connection counts as broken."""
    hold_s: float = 30.0
    """The time for which a broken connection is left alone."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"the kind of a venue is one of {', '.join(KINDS)}, found {self.kind!r}")
        if not (0 <= self.share <= 1 and 0 <= self.reliability <= 1):
            raise InputError(f"share and reliability of a venue lie between 0 and 1, found {self}")
        if self.failures < 1 or not self.hold_s > 0:
            raise InputError(f"a connection breaks after at least one failure and for some time, found {self}")
        self.fees  # noqa: B018 - it refuses impossible rates

    @cached_property
    def fees(self) -> FeeSchedule:
        """The fees of everything that is listed there."""
        return FeeSchedule(maker=bps(self.maker_bps), taker=bps(self.taker_bps))

    @property
    def is_lit(self) -> bool:
        """Whether it shows its orders."""
        return self.kind != DARK


@dataclass(frozen=True)
class Outage:
    """A venue answers nothing for a time."""

    venue: str
    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise InputError(f"an outage of {self.venue} lasts for some time, found {self.seconds} s")
