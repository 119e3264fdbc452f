"""The reasons for which a mechanism refuses an intent or withdraws an order (rulebook F-2 and F-3)."""

from __future__ import annotations

from market_sim.core.models.reason import Reason


def _refusal(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "mechanism", rule, template)


def _withdrawal(code: str, rule: str) -> Reason:
    return Reason(code, "mechanism", rule, "{quantity:size} withdrawn")


LIFE_CYCLE: tuple[Reason, ...] = (
    _refusal(
        "NOT_EXERCISABLE",
        "Only options and warrants can be exercised.",
        "{symbol} is neither an option nor a warrant",
    ),
    _refusal(
        "EXPIRED_INSTRUMENT",
        "An instrument that has expired can neither be traded nor exercised.",
        "{symbol} expired at {expiry}, it is {now}",
    ),
    _refusal(
        "NOT_HELD",
        "An account exercises or merges only what it holds and does not offer in an open order.",
        "{needed:size} of {symbol} are wanted, the account has {held:size} free",
    ),
    _refusal(
        "OUT_OF_THE_MONEY",
        "An option without intrinsic value is not exercised.",
        "{symbol} has the strike {strike:price} and the underlying stands at {price:price}: "
        "exercising is worth nothing",
    ),
    _refusal(
        "EUROPEAN_STYLE",
        "A European option is exercised only at its expiry.",
        "{symbol} can be exercised at {expiry}, it is {now}",
    ),
    _refusal(
        "CANNOT_PAY",
        "An account that exercises a call or a warrant, or splits cash into a pair, has the cash for it.",
        "{needed:cash} would have to be paid, {available:cash} is available",
    ),
    _refusal(
        "CANNOT_DELIVER",
        "An account that exercises a put with delivery has the underlying.",
        "{needed:size} of {symbol} would have to be delivered, {available:size} are available",
    ),
    _refusal(
        "TREASURY_EMPTY",
        "A company issues no more new shares than it is authorised to.",
        "{needed:size} new shares of {symbol} are wanted, {available:size} are authorised and not yet issued",
    ),
    _refusal(
        "NO_PRICE_YET",
        "The value of an exercise follows from the price of the underlying.",
        "{symbol} has no price yet",
    ),
    _refusal(
        "UNCOVERED",
        "An account that writes an option without margin pledges the underlying of a call or the strike of a put.",
        "writing {quantity:size} of {symbol} takes {needed:figure} of {asset} as a pledge, "
        "{available:figure} is available",
    ),
    _refusal(
        "NO_COVER_EXISTS",
        "The loss on a call settled in cash has no limit, so only a margin account writes one.",
        "{symbol} is a call settled in cash, and {account} is no margin account",
    ),
    _refusal(
        "BEYOND_PROBABILITY",
        "A contract that pays one unit or nothing trades between one tick and one unit less a tick.",
        "the limit {limit:price} of {symbol} lies outside {least:price} to {most:price}",
    ),
    _refusal(
        "NOT_A_QUESTION",
        "Only contracts on a question are split, merged and resolved.",
        "{symbol} is no contract on a question of this market",
    ),
    _refusal(
        "ALREADY_RESOLVED",
        "A question is answered once.",
        "{symbol} was resolved as {outcome}",
    ),
    _refusal(
        "NOT_THE_ORACLE",
        "Only the oracle of a question answers it.",
        "{account} is not the oracle of {symbol}",
    ),
    _refusal(
        "BAD_OUTCOME",
        "A question is answered yes, no or void.",
        "the outcome must be yes, no or void, found {outcome}",
    ),
    _refusal(
        "INITIAL_MARGIN",
        "Opening a position takes equity for a part of its value, with open orders at their worst, and never less "
        "than keeping it.",
        "the position could become worth {value:cash}, which takes {needed:cash} as margin; "
        "{available:cash} is available",
    ),
    _withdrawal("INSTRUMENT_ENDED", "When an instrument expires or its question is answered, its orders end with it."),
    _withdrawal("FUNDS_NEEDED", "An account pays its debts before it funds its open orders."),
    _withdrawal("TERMS_CHANGED", "A corporate action changes what a price means, so open orders end."),
)

MARGIN: tuple[Reason, ...] = (
    _refusal(
        "NO_MARK",
        "An instrument without a price can be neither sold short nor bought on credit.",
        "{symbol} has no price yet",
    ),
    _refusal(
        "NO_CREDIT",
        "A broker lends no more cash than it has.",
        "{account} would have to borrow {needed:cash}, the broker has {available:cash}",
    ),
    _refusal(
        "NO_LOCATE",
        "Shares are located with a lender before they are sold short (Regulation SHO, 203(b)(1)).",
        "{needed:size} of {symbol} would have to be borrowed, {available:size} can be lent",
    ),
    _refusal(
        "UPTICK_RULE",
        "After a fall of a tenth, a short sale needs a price above the best bid (Regulation SHO, rule 201).",
        "the limit {limit:price} is not above the best bid {bid:price} of {symbol}",
    ),
    _refusal(
        "CANNOT_BE_SHORT",
        "Warrants and notes are not lent, so only their holders sell them.",
        "{needed:size} of {symbol} would be sold, {available:size} are available",
    ),
    _withdrawal("LIQUIDATED", "A broker cancels the open orders of an account before it closes its positions."),
)
"""Margin, short selling and liquidation."""

MECHANISM_REASONS: tuple[Reason, ...] = (*LIFE_CYCLE, *MARGIN)
