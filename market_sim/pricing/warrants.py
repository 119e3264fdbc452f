"""Warrants: calls that the company itself has written, on new shares (rulebook F-3.4; Hull, ch. 15.10).

N shares are outstanding, and each of M warrants may buy `ratio` new shares at the strike K per share. If all are
exercised, there are N + M ratio shares of a company that has M ratio K more cash, so exercise dilutes the shares. The
value of a warrant depends on whether today's share price reflects the warrants:

* **before** they are announced, it does not: `price_before_announcement` (Hull's convention);
* once they are **outstanding**, it does: `price_outstanding` (Galai and Schneller 1978).

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
from market_sim.pricing.validation import at_least_one, positive

MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class WarrantIssue:
    """The terms of an issue: the number of shares, the number of warrants, and the new shares per warrant."""

    shares: int
    warrants: int
    ratio: float = 1.0

    def __post_init__(self) -> None:
        at_least_one("shares", self.shares)
        at_least_one("warrants", self.warrants)
        positive("ratio", self.ratio)

    @property
    def new_shares(self) -> float:
        """The number of new shares after full exercise."""
        return self.warrants * self.ratio

    @property
    def dilution(self) -> float:
        """The fraction of the company that the old shares keep: N / (N + M ratio)."""
        return self.shares / (self.shares + self.new_shares)


def price_after_exercise(equity: float, strike: float, issue: WarrantIssue) -> float:
    """(V + M ratio K) / (N + M ratio): the share price once all warrants are exercised.

    >>> price_after_exercise(5_000_000, 30, WarrantIssue(shares=100_000, warrants=10_000, ratio=2.0))
    46.666666666666664
    """
    paid_in = issue.new_shares * positive("strike", strike)
    return (positive("equity", equity) + paid_in) / (issue.shares + issue.new_shares)


def payoff(equity: float, strike: float, issue: WarrantIssue) -> float:
    """The value of one warrant at expiry: its shares at the price after exercise, less the strike."""
    return issue.ratio * max(0.0, price_after_exercise(equity, strike, issue) - strike)


def price_before_announcement(share: VanillaOption, issue: WarrantIssue) -> float:
    """W = ratio N/(N + M ratio) C(S): the value while the share price does not reflect the warrants."""
    return issue.ratio * issue.dilution * greeks(_call(share)).price


def share_price_drop(share: VanillaOption, issue: WarrantIssue) -> float:
    """The fall of the share price at the announcement if the company gets nothing for the warrants: M W / N."""
    return issue.warrants * price_before_announcement(share, issue) / issue.shares


def price_outstanding(share: VanillaOption, issue: WarrantIssue) -> float:
    """W = ratio N/(N + M ratio) C(S + M W / N): the price of warrants that the share price already reflects.

    The option is written on the company's whole equity per share, S + M W / N, and `volatility` is that of the equity,
    not of the share. W is on both sides; the right side is convex and grows more slowly than W, so Newton's method
    rises to the only fixed point from the price before announcement, which is lower.
    """
    call, worth = _call(share), price_before_announcement(share, issue)
    per_share = issue.warrants / issue.shares
    for _ in range(MOST_STEPS):
        valued = greeks(replace(call, spot=call.spot + per_share * worth))
        error = issue.ratio * issue.dilution * valued.price - worth
        if abs(error) <= 64 * math.ulp(call.spot + worth):
            return worth
        worth += error / (1 - issue.ratio * issue.dilution * valued.delta * per_share)
    raise InvariantBroken(
        f"the warrant price did not converge: {worth} after {MOST_STEPS} steps for {share} and {issue}"
    )


def _call(share: VanillaOption) -> VanillaOption:
    if share.kind != "call":
        raise InputError(f"a warrant buys shares: its terms are those of a call, found a {share.kind}")
    return share
