"""A capital-protected note: a zero bond that repays the protected amount, plus calls (rulebook F-3.8).

At maturity it pays protection x face + participation x face x (rise of the share above its start, in parts of the
start), so its value is a zero bond plus calls struck at the start (Hull, ch. 12.1, "principal-protected notes").

>>> note = ProtectedNote(face=1000, start=100, years=3)
>>> market = dict(spot=100, volatility=0.15, rate=0.06, dividend_yield=0.015)
>>> round(note.bond(market["rate"]), 2)                                     # Hull, ch. 12.1
835.27
>>> round(note.call_value(**market), 2), round(fair_participation(note, **market), 3)
(165.07, 0.998)
>>> note.payoff(80), note.payoff(130)
(1000.0, 1300.0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.validation import not_negative, number, positive


@dataclass(frozen=True, slots=True)
class ProtectedNote:
    """The terms of a note: the protection, the participation in a rise, and the price from which the rise counts."""

    face: float
    start: float
    years: float
    protection: float = 1.0
    participation: float = 1.0

    def __post_init__(self) -> None:
        for name in ("face", "start", "protection"):
            positive(name, getattr(self, name))
        for name in ("years", "participation"):
            not_negative(name, getattr(self, name))

    @property
    def protected(self) -> float:
        """The guaranteed payment at maturity."""
        return self.protection * self.face

    @property
    def calls(self) -> float:
        """The number of calls on one share that the note contains."""
        return self.participation * self.face / self.start

    def payoff(self, final: float) -> float:
        """The payment at maturity at this final price of the share."""
        return self.protected + self.calls * max(0.0, not_negative("final", final) - self.start)

    def bond(self, rate: float) -> float:
        """Today's value of the protected amount; `rate` is the issuer's, credit spread included."""
        return self.protected * math.exp(-number("rate", rate) * self.years)

    def call_value(self, *, spot: float, volatility: float, rate: float, dividend_yield: float = 0.0) -> float:
        """Today's value of the calls."""
        return self.calls * price(VanillaOption("call", spot, self.start, self.years, volatility, rate, dividend_yield))

    def value(self, *, spot: float, volatility: float, rate: float, dividend_yield: float = 0.0) -> float:
        """The value of the note: bond plus calls."""
        calls = self.call_value(spot=spot, volatility=volatility, rate=rate, dividend_yield=dividend_yield)
        return self.bond(rate) + calls


def fair_participation(
    note: ProtectedNote, *, spot: float, volatility: float, rate: float, dividend_yield: float = 0.0
) -> float:
    """The participation at which the note is worth its face value; its own is ignored."""
    whole_rise = ProtectedNote(note.face, note.start, note.years, note.protection)
    full = whole_rise.call_value(spot=spot, volatility=volatility, rate=rate, dividend_yield=dividend_yield)
    saved = note.face - note.bond(rate)
    if saved < 0 or full == 0:
        raise InputError(f"the bond alone costs {note.bond(rate)} of a face of {note.face}: nothing is left for calls")
    return saved / full
