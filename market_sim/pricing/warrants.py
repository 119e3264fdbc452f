"""Warrants: calls that the company itself has written, on shares it will make (rulebook F-3.4; Hull, ch. 15.10).

N shares are out, M warrants may each buy `ratio` new shares at the strike, which is a price for one share. If all
are exercised there are N + M ratio shares of a company that has become M ratio K richer, so exercise waters down
what it buys. How much a warrant is worth depends on whether today's share price knows about the warrants:

* **before** they are announced, it does not: `price_before_announcement` (Hull's convention);
* once they are **outstanding**, it does: `price_outstanding` (Galai and Schneller 1978).

The two answers differ, so the name says which one was asked for.

>>> share = VanillaOption("call", spot=40, strike=60, years=5, volatility=0.3, rate=0.03)
>>> plan = WarrantIssue(shares=1_000_000, warrants=200_000)
>>> round(price_before_announcement(share, plan), 2)                        # Hull, example 15.7
5.87
>>> round(share_price_drop(share, plan), 2), round(price_outstanding(share, plan), 2)
(1.17, 6.39)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from market_sim.core.errors import InputError, InvariantBroken
from market_sim.pricing.black_scholes import greeks
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.refusals import at_least_one, positive

MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class WarrantIssue:
    """How many shares there are, how many warrants, and how many new shares each of them buys."""

    shares: int
    warrants: int
    ratio: float = 1.0

    def __post_init__(self) -> None:
        at_least_one("shares", self.shares)
        at_least_one("warrants", self.warrants)
        positive("ratio", self.ratio)

    @property
    def new_shares(self) -> float:
        """The shares that full exercise makes."""
        return self.warrants * self.ratio

    @property
    def dilution(self) -> float:
        """The part of the company that the old shares keep: N / (N + M ratio)."""
        return self.shares / (self.shares + self.new_shares)


def price_after_exercise(equity: float, strike: float, issue: WarrantIssue) -> float:
    """(V + M ratio K) / (N + M ratio): the share price once all warrants are exercised.

    >>> price_after_exercise(5_000_000, 30, WarrantIssue(shares=100_000, warrants=10_000, ratio=2.0))
    46.666666666666664
    """
    paid_in = issue.new_shares * positive("strike", strike)
    return (positive("equity", equity) + paid_in) / (issue.shares + issue.new_shares)


def payoff(equity: float, strike: float, issue: WarrantIssue) -> float:
    """What one warrant is worth at expiry: its shares at the price after exercise, less what they cost."""
    return issue.ratio * max(0.0, price_after_exercise(equity, strike, issue) - strike)


def price_before_announcement(share: VanillaOption, issue: WarrantIssue) -> float:
    """W = ratio N/(N + M ratio) C(S): the share price knows nothing of the warrants yet."""
    return issue.ratio * issue.dilution * greeks(_call(share)).price


def share_price_drop(share: VanillaOption, issue: WarrantIssue) -> float:
    """By how much the announcement lowers the share price if nothing is received for the warrants: M W / N."""
    return issue.warrants * price_before_announcement(share, issue) / issue.shares


def price_outstanding(share: VanillaOption, issue: WarrantIssue) -> float:
    """W = ratio N/(N + M ratio) C(S + M W / N): the price of warrants that the share price already reflects.

    The option is written on the company's whole equity for each share, S + M W / N, and `volatility` is that of the
    equity, not of the share. W stands on both sides; the right side is convex and grows slower than W itself, so
    Newton's method climbs to the one fixed point from the price before announcement, which is lower.
    """
    call, worth = _call(share), price_before_announcement(share, issue)
    per_share = issue.warrants / issue.shares
    for _ in range(MOST_STEPS):
        valued = greeks(replace(call, spot=call.spot + per_share * worth))
        error = issue.ratio * issue.dilution * valued.price - worth
        if abs(error) <= 64 * math.ulp(call.spot + worth):
            return worth
        worth += error / (1 - issue.ratio * issue.dilution * valued.delta * per_share)
    raise InvariantBroken(f"the warrant price did not settle: {worth} after {MOST_STEPS} steps for {share} and {issue}")


def _call(share: VanillaOption) -> VanillaOption:
    if share.kind != "call":
        raise InputError(f"a warrant buys shares: its terms are those of a call, found a {share.kind}")
    return share
