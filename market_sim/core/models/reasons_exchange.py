"""Why the exchange refuses an intent or takes an order away (finance rules 1.2 to 1.6)."""

from __future__ import annotations

from market_sim.core.models.reasons import Reason


def _refusal(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "exchange", rule, template)


EXCHANGE_REASONS: tuple[Reason, ...] = (
    _refusal(
        "UNKNOWN_ACCOUNT",
        "Only a participant with an account may trade.",
        "there is no account {account}",
    ),
    _refusal(
        "UNKNOWN_INSTRUMENT",
        "Only listed instruments can be traded.",
        "{symbol} is not listed here; listed are {listed}",
    ),
    _refusal(
        "BAD_INTENT",
        "An intent is one of PlaceOrder, Cancel, CancelAll and Amend.",
        "expected PlaceOrder, Cancel, CancelAll or Amend, found {found}",
    ),
    _refusal(
        "BAD_SIDE",
        "An order buys (+1) or sells (-1).",
        "the side must be +1 to buy or -1 to sell, found {side}",
    ),
    _refusal(
        "BAD_QUANTITY",
        "A quantity is a positive whole number that 63 bits can hold.",
        "the quantity must be a whole number from 1 to {most}, found {quantity}",
    ),
    _refusal(
        "BAD_LOT",
        "A quantity is a multiple of the instrument's lot; nothing is rounded.",
        "quantity {quantity} is not a multiple of the lot {lot}; the nearest valid quantities are {below} and {above}",
    ),
    _refusal(
        "BAD_PRICE",
        "A price is a positive whole number of the quote currency's smallest unit.",
        "the {field} must be a whole number from 1 to {most}, found {price}",
    ),
    _refusal(
        "BAD_TICK",
        "A price is a multiple of the instrument's tick; nothing is rounded.",
        "{field} {limit} is not a multiple of the tick {tick}; the nearest valid prices are {below} and {above}",
    ),
    _refusal(
        "NOTIONAL_TOO_LARGE",
        "Price times quantity stays below the largest value of one order.",
        "the order is worth {notional}, more than the {most} that one order may be worth",
    ),
    _refusal(
        "BAD_TIME_IN_FORCE",
        "An order lives gtc, day, gtd, ioc, fok or auction.",
        "the time in force must be one of gtc, day, gtd, ioc, fok, auction, found {time_in_force}",
    ),
    _refusal(
        "INSUFFICIENT_CASH",
        "A buyer has the cash for the whole order at its limit, and for the fee, before the order is accepted.",
        "the order needs {needed}, {available} is available",
    ),
    _refusal(
        "INSUFFICIENT_HOLDINGS",
        "A seller holds what the order sells before the order is accepted.",
        "the order sells {needed}, {available} is available",
    ),
    _refusal(
        "NO_LIQUIDITY",
        "A market order needs somebody on the other side.",
        "nobody waits on the other side of {symbol}, so a market order has no price",
    ),
    _refusal(
        "UNKNOWN_ORDER",
        "Only an open order can be cancelled or amended.",
        "order {order} is not open: it was never accepted, or it is filled, cancelled or expired",
    ),
    _refusal(
        "NOT_YOUR_ORDER",
        "Only the owner cancels or amends an order.",
        "order {order} belongs to another account",
    ),
    _refusal(
        "NOTHING_TO_AMEND",
        "An amendment names a new quantity or a new limit.",
        "the amendment of order {order} names neither a quantity nor a limit",
    ),
)
