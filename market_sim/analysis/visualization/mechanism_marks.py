"""The marks of the mechanism timeline: shape and colour of each kind of event, colour of each reason.

Reasons are coloured by group, because thirty colours cannot be told apart; the bars of a group are side by side, each
with its own name.
"""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """The look of a kind of event: its row, and its offset from other marks at the same time."""

    family: str
    symbol: str
    legend: str
    role: str
    single: str
    plural: str
    lift: float = 0.0


class Group(NamedTuple):
    """Reasons that share a colour."""

    role: str
    words: str


class Flow(NamedTuple):
    """A reason for a transfer: its group, and its words."""

    group: str
    words: str


FAMILIES = ("prices", "rights", "questions", "margin", "liquidation", "losses", "short sales")
"""The rows from top to bottom."""

MARKS = {
    "SettlementPriceSet": Mark("prices", "diamond", "diamond", "ink", "settlement price", "settlement prices"),
    "MarkedToMarket": Mark("prices", "circle", "circle", "flow-gain", "mark to market", "marks to market", -0.2),
    "FundingPaid": Mark("prices", "circle-open", "ring", "flow-funding", "funding payment", "funding payments", 0.2),
    "CorporateActionTaken": Mark("prices", "star", "star", "act", "corporate action", "corporate actions"),
    "Exercised": Mark("rights", "triangle-up", "up", "buy", "exercise", "exercises", 0.22),
    "Assigned": Mark("rights", "triangle-down", "down", "sell", "assignment", "assignments", -0.22),
    "SharesIssued": Mark("rights", "star", "star", "leader", "issue of new shares", "issues of new shares", -0.22),
    "Lapsed": Mark("rights", "x-thin", "cross", "muted", "lapse", "lapses"),
    "InstrumentExpired": Mark("rights", "square-open", "frame", "ink", "end of an instrument", "ends of instruments"),
    "TermsAdjusted": Mark("rights", "hexagon", "hexagon", "act", "change of terms", "changes of terms"),
    "PairsMade": Mark("questions", "circle", "circle", "flow-pair", "creation of pairs", "creations of pairs"),
    "Resolved": Mark("questions", "star", "star", "ink", "answer", "answers"),
    "MarginCalled": Mark("margin", "triangle-down", "down", "bad", "margin call", "margin calls", 0.2),
    "MarginCallMet": Mark("margin", "circle", "circle", "good", "call met", "calls met", -0.2),
    "LiquidationStarted": Mark("liquidation", "x-thin", "cross", "bad", "liquidation", "liquidations", 0.2),
    "PositionSold": Mark("liquidation", "square", "square", "sell", "forced order", "forced orders", -0.2),
    "DeficitCovered": Mark("losses", "diamond", "diamond", "flow-loss", "payment of a deficit", "payments of deficits"),
    "PositionReduced": Mark("losses", "hexagon", "hexagon", "act", "deleveraging", "deleveragings", 0.2),
    "LossShared": Mark("losses", "star", "star", "bad", "shared loss", "shared losses", -0.2),
    "Located": Mark("short sales", "circle-open", "ring", "flow-credit", "loan of shares", "loans of shares", 0.2),
    "Recalled": Mark("short sales", "triangle-down", "down", "notarized", "recall of shares", "recalls of shares"),
    "BoughtIn": Mark("short sales", "square", "square", "bad", "buy-in", "buy-ins", -0.2),
    "ShortSalesRestricted": Mark("short sales", "flag", "flag", "ink", "uptick restriction", "uptick restrictions"),
}

GROUPS = {
    "pledge": Group("flow-pledge", "pledges, net"),
    "right": Group("flow-right", "strikes and deliveries"),
    "gain": Group("flow-gain", "gains and losses paid daily"),
    "funding": Group("flow-funding", "funding"),
    "pair": Group("flow-pair", "pairs and what they pay"),
    "credit": Group("flow-credit", "loans, net, and margin brought in"),
    "fee": Group("flow-fee", "interest, fees, fines and dividends"),
    "loss": Group("flow-loss", "losses that others bear"),
    "other": Group("stray", "other reasons"),
}

REASONS = {
    "PLEDGED": Flow("pledge", "pledged"),
    "PLEDGE_RETURNED": Flow("pledge", "pledge returned"),
    "STRIKE_PAID": Flow("right", "strike paid"),
    "EXERCISED": Flow("right", "exercised"),
    "DELIVERED": Flow("right", "delivered"),
    "DELIVERY_PAID": Flow("right", "delivery paid"),
    "CASH_SETTLED": Flow("right", "difference paid in cash"),
    "NEW_SHARES": Flow("right", "new shares"),
    "EXPIRED": Flow("right", "expired"),
    "ADJUSTED": Flow("right", "adjusted"),
    "MATURED": Flow("right", "matured"),
    "VARIATION": Flow("gain", "variation margin"),
    "FUNDING": Flow("funding", "funding"),
    "SPLIT": Flow("pair", "split"),
    "MERGED": Flow("pair", "merged"),
    "BETTER_PRICE": Flow("pair", "better price"),
    "RESOLVED": Flow("pair", "paid on the answer"),
    "LENT": Flow("credit", "lent"),
    "REPAID": Flow("credit", "repaid"),
    "BORROWED": Flow("credit", "shares borrowed"),
    "RETURNED": Flow("credit", "shares returned"),
    "MARGIN_PAYMENT": Flow("credit", "margin brought in"),
    "INTEREST": Flow("fee", "interest"),
    "BORROW_FEE": Flow("fee", "borrow fee"),
    "LIQUIDATION_FEE": Flow("fee", "liquidation fee"),
    "DIVIDEND": Flow("fee", "dividend"),
    "MANUFACTURED_DIVIDEND": Flow("fee", "manufactured dividend"),
    "INSURANCE": Flow("loss", "insurance paid"),
    "DELEVERAGED": Flow("loss", "given up by winners"),
    "SOCIALISED": Flow("loss", "loss borne by others"),
    "FINE": Flow("fee", "a fine"),
    "FINE_RETURNED": Flow("fee", "a fine that is returned"),
    "WRITTEN_OFF": Flow("loss", "written off"),
    "DEFICIT_COVERED": Flow("loss", "deficit covered"),
}


def flow(reason: str) -> Flow:
    """The colour and the words of a reason; an unknown reason is shown by its code."""
    return REASONS.get(reason, Flow("other", reason.lower().replace("_", " ")))
