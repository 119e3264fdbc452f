"""Why a mechanism refuses an intent, and why it moves or ends something (rulebook F-2 and F-3)."""

from __future__ import annotations

from market_sim.core.models.reason import Reason


def _refusal(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "mechanism", rule, template)


def _withdrawal(code: str, rule: str) -> Reason:
    return Reason(code, "mechanism", rule, "{quantity} withdrawn")


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
        "Only what an account holds itself, and offers to nobody, can be exercised or merged.",
        "{needed} of {symbol} are wanted, the account has {held} free",
    ),
    _refusal(
        "OUT_OF_THE_MONEY",
        "An option that is worth nothing when exercised stays unexercised.",
        "{symbol} has the strike {strike} and the underlying stands at {price}: exercising is worth nothing",
    ),
    _refusal(
        "EUROPEAN_STYLE",
        "A European option is exercised at its expiry and never before.",
        "{symbol} can be exercised at {expiry}, it is {now}",
    ),
    _refusal(
        "CANNOT_PAY",
        "Who exercises a call or a warrant, or splits cash into a pair, has the cash for it.",
        "{needed} would have to be paid, {available} is available",
    ),
    _refusal(
        "CANNOT_DELIVER",
        "Who exercises a put with delivery has the underlying.",
        "{needed} of {symbol} would have to be delivered, {available} are available",
    ),
    _refusal(
        "TREASURY_EMPTY",
        "A company hands out no more new shares than it is authorised to make.",
        "{needed} new shares of {symbol} are wanted, {available} are authorised and not yet out",
    ),
    _refusal(
        "NO_PRICE_YET",
        "What an exercise is worth follows from the price of the underlying.",
        "{symbol} has no price yet",
    ),
    _refusal(
        "UNCOVERED",
        "Who writes an option without margin pledges the underlying of a call or the strike of a put.",
        "writing {quantity} of {symbol} takes {needed} of {asset} as a pledge, {available} is available",
    ),
    _refusal(
        "NO_COVER_EXISTS",
        "A call that is settled in cash has no largest loss, so it is written on margin only.",
        "{symbol} is a call settled in cash, and {account} is no margin account",
    ),
    _refusal(
        "BEYOND_PROBABILITY",
        "A contract that pays one unit or nothing trades between one tick and one unit less a tick.",
        "the limit {limit} of {symbol} lies outside {least} to {most}",
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
        "To open a position takes equity for a part of its value, with open orders at their worst, and never less "
        "than to keep it.",
        "the position could become worth {value}, which takes {needed} as margin; {available} is there",
    ),
    _withdrawal("INSTRUMENT_ENDED", "When an instrument expires or its question is answered, its orders end with it."),
    _withdrawal("FUNDS_NEEDED", "What an account owes is paid before its open orders are."),
    _withdrawal("TERMS_CHANGED", "A corporate action changes what a price means, so open orders end."),
)

MARGIN: tuple[Reason, ...] = (
    _refusal(
        "NO_MARK",
        "What has never had a price can be neither sold short nor bought on credit.",
        "{symbol} has no price yet",
    ),
    _refusal(
        "NO_CREDIT",
        "A broker lends no more cash than it has.",
        "{account} would have to borrow {needed}, the broker has {available}",
    ),
    _refusal(
        "NO_LOCATE",
        "Shares are located with a lender before they are sold short (Regulation SHO, 203(b)(1)).",
        "{needed} of {symbol} would have to be borrowed, {available} can be lent",
    ),
    _refusal(
        "UPTICK_RULE",
        "After a fall of a tenth, a short sale needs a price above the best bid (Regulation SHO, rule 201).",
        "the limit {limit} is not above the best bid {bid} of {symbol}",
    ),
    _refusal(
        "CANNOT_BE_SHORT",
        "Warrants and notes are not lent, so they are sold by those who hold them.",
        "{needed} of {symbol} would be sold, {available} are available",
    ),
    _withdrawal("LIQUIDATED", "A broker that closes positions first takes back the open orders of the account."),
)
"""Margin, short selling and liquidation."""

MECHANISM_REASONS: tuple[Reason, ...] = (*LIFE_CYCLE, *MARGIN)
