"""The reasons of a rules profile: halts, limits, and checks before a trade (rulebook F-6)."""

from __future__ import annotations

from market_sim.core.models.reason import Reason


def _rule(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "compliance", rule, template)


_FALLEN = "the index has fallen by {fall} from its last close, at level {level}; {symbol} reopens by auction at {until}"

COMPLIANCE_REASONS: tuple[Reason, ...] = (
    _rule(
        "HALTED_L1",
        "A fall of the index to level 1 halts all trading, once a day and not late in it; orders can be cancelled.",
        _FALLEN,
    ),
    _rule(
        "HALTED_L2",
        "A fall of the index to level 2 halts all trading, once a day and not late in it; orders can be cancelled.",
        _FALLEN,
    ),
    _rule(
        "HALTED_L3",
        "A fall of the index to level 3 ends the trading day; orders can be cancelled.",
        "the index has fallen by {fall} from its last close, at level {level}; {symbol} does not reopen before the "
        "next day, by auction at {until}",
    ),
    _rule(
        "HALTED_MOVE",
        "A trade far from the mean of the trades before it halts its instrument; orders can be cancelled.",
        "{symbol} traded at {price:price}, {move} from the mean of the trades before; it reopens by auction at {until}",
    ),
    _rule(
        "HALTED_LIMIT_STATE",
        "A best price that stays at its band pauses the instrument; orders can be cancelled.",
        "{symbol} stood at its limit {side} of {band:price} for too long; it reopens by auction at {until}",
    ),
    _rule(
        "HALTED_VOLATILE",
        "An instrument with too high a realized volatility cools down; orders can be cancelled.",
        "{symbol} has a realized volatility of {measured} a year, and {limit} is the limit; it reopens by auction at "
        "{until}",
    ),
    _rule(
        "LIMIT_UP",
        "No order buys above the upper price band.",
        "the limit {limit:price} is above the upper band {upper:price} of {symbol}",
    ),
    _rule(
        "LIMIT_DOWN",
        "No order sells below the lower price band.",
        "the limit {limit:price} is below the lower band {lower:price} of {symbol}",
    ),
    _rule(
        "POSITION_LIMIT",
        "Positions and open orders together are worth no more than the limit; what reduces them always passes.",
        "the exposure would be {exposure:cash}, {most:cash} is the limit, and {headroom:cash} of it are left",
    ),
    _rule(
        "RATE_LIMIT",
        "An account sends so many orders and amendments in a sliding window and no more; cancels are free.",
        "{account} has sent {sent} in the last {window} s of market time, and {most} is the limit; the next may come "
        "in {wait} s of it",
    ),
    _rule(
        "BETTER_PRICE_ELSEWHERE",
        "No order trades at a price that another venue beats by more than the tolerance.",
        "{symbol} would trade at {price:price} here, and {better:price} is the price on {venue}",
    ),
    Reason(
        "OUTSIDE_BANDS",
        "compliance",
        "An order that new price bands leave outside is withdrawn.",
        "{quantity:size} withdrawn",
    ),
)
