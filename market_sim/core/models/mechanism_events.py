"""What mechanisms decide: settlement prices, exercises, funding, resolutions; margin, loans and liquidations.

An event here says what was decided and with which numbers. What anybody owns is changed by `Transferred` alone, so a
reader that only adds up balances may pass over this module.
"""

from __future__ import annotations

from math import gcd

import msgspec

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import MarketEvent

# The life cycle of instruments


class SettlementPriceSet(MarketEvent, frozen=True):
    """The one price at which everything that ends at this instant is settled, and the rule it was found by."""

    symbol: str
    price: int
    rule: str
    """"mean" of the last trades, or "mark" where there were none."""
    trades: int
    """How many trades it is the mean of."""


class Exercised(MarketEvent, frozen=True):
    """A holder used the right that an option or a warrant gives."""

    account: str
    symbol: str
    quantity: int
    strike: int
    price: int
    """The price of the underlying that says what it was worth."""
    by: str
    """"choice" of the holder, or "exception": in the money at expiry, so nobody had to ask."""


class Assigned(MarketEvent, frozen=True):
    """A writer was drawn to fulfil an exercise: what the holder gets, this account gives."""

    account: str
    symbol: str
    quantity: int
    holder: str
    delivered: bool
    """Whether the underlying changed hands; otherwise the difference was paid in cash."""


class SharesIssued(MarketEvent, frozen=True):
    """A company made new shares and got cash for them: everybody else's part of it became smaller."""

    issuer: str
    symbol: str
    shares: int
    cash: int
    outstanding_before: int
    outstanding: int


class Lapsed(MarketEvent, frozen=True):
    """A right ended unused: out of the money, or its holder could not pay or deliver what it asks for."""

    account: str
    symbol: str
    quantity: int
    reason: str


class InstrumentExpired(MarketEvent, frozen=True):
    """An instrument has ended: its orders are gone, its positions are zero, nothing of it can be traded again."""

    symbol: str
    price: int
    """What its underlying was settled at; 0 where no price was known."""
    open_interest: int
    """How many contracts were open just before."""


class MarkedToMarket(MarketEvent, frozen=True):
    """Gains and losses of a position that is paid for later were paid: from those who lost to those who gained."""

    symbol: str
    price: int
    previous: int
    """The price of the time before; 0 at the first."""
    paid: int
    """What the losing side paid in all, now or when it was liquidated, which is what the gaining side got."""


class FundingPaid(MarketEvent, frozen=True):
    """The side that pushes a perpetual away from its index paid the other one; a positive rate: longs paid shorts."""

    symbol: str
    mark: int
    index: int
    rate_millionths: int
    paid: int


class BasisMeasured(MarketEvent, frozen=True):
    """How far a perpetual trades from its index, and the mark that follows: the index plus the average basis."""

    symbol: str
    index: int
    mark: int
    premium_millionths: int


class PairsMade(MarketEvent, frozen=True):
    """Cash became as many contracts that pay on yes as contracts that pay on no (negative: they became cash again)."""

    symbol: str
    account: str
    """Who split or merged; "" when two bids, or two asks, of different people met."""
    quantity: int


class Resolved(MarketEvent, frozen=True):
    """A question was answered yes, no or void, and every contract on it was paid."""

    symbol: str
    outcome: str
    pairs: int
    paid: int


def share_ratio(action: str, amount: int) -> tuple[int, int]:
    """How many new shares a corporate action makes out of how many old ones; cash dividends leave them as they are.

    >>> share_ratio("split", 3), share_ratio("reverse split", 10), share_ratio("stock dividend", 500)
    ((3, 1), (1, 10), (21, 20))
    """
    new, old = {"split": (amount, 1), "reverse split": (1, amount), "stock dividend": (10_000 + amount, 10_000)}.get(
        action, (1, 1)
    )
    common = gcd(new, old)
    return new // common, old // common


class CorporateActionTaken(MarketEvent, frozen=True):
    """A company split its shares or paid a dividend."""

    symbol: str
    action: str
    amount: int
    """New shares for each old one (split), old ones for each new one (reverse split), new ones for 10,000 old ones
    (stock dividend), or cents for each share (dividends)."""
    entitled: int
    """The shares that it was done for: all that are not the company's own."""
    price: int = 0
    """The mark of a share just before, at which fractions of shares were paid; 0 where none was known."""

    @property
    def ratio(self) -> tuple[int, int]:
        """New shares, and for how many old ones."""
        return share_ratio(self.action, self.amount)

    def restated(self, price: int) -> int:
        """What a price of the share from before means now, to the nearest cent."""
        new, old = self.ratio
        paid = self.amount if self.action in ("dividend", "special dividend") else 0
        return max(0, (2 * (price - paid) * old + new) // (2 * new))


class TermsAdjusted(MarketEvent, frozen=True):
    """A derivative was adapted to a corporate action, so that nobody gained or lost by it.

    One unit of it stands for `shares / parts` shares and `cash / parts` cents from now on; its price, its strike, its
    multiplier and all positions stay as they were.
    """

    symbol: str
    shares: int
    parts: int
    cash: int


class DeficitCovered(MarketEvent, frozen=True):
    """An account could not pay what it owed, and another one paid for it."""

    account: str
    payer: str
    asset: str
    amount: int
    symbol: str


class LossShared(MarketEvent, frozen=True):
    """Nobody was left to cover a deficit: those who gained by it got less than they had won."""

    symbol: str
    asset: str
    amount: int


# Margin, short selling, liquidation


class ContractSpecified(MarketEvent, frozen=True):
    """What one step of the price of a contract is worth that is paid for later, so that its gains can be added up."""

    symbol: str
    multiplier: int


class MarginGranted(MarketEvent, frozen=True):
    """A participant may owe: by these rules, and with these contracts apart from everything else it has."""

    account: str
    profile: str
    isolated: tuple[str, ...]
    rules: Numbers = msgspec.field(default_factory=dict)
    """The numbers of the profile, so that what it asks can be computed again; a profile of one's own may tell none."""


class MarksTaken(MarketEvent, frozen=True):
    """The one snapshot of prices by which a round of liquidations judges everybody."""

    round: int
    marks: dict[str, int]


class MarginCalled(MarketEvent, frozen=True):
    """An account has less equity than its positions require; it has until `due` to bring in the `amount`."""

    account: str
    equity: int
    requirement: int
    amount: int
    due: int


class MarginCallMet(MarketEvent, frozen=True):
    """The equity reaches the requirement again: by money brought in, by positions closed, or by better prices."""

    account: str
    equity: int
    requirement: int
    paid: int
    """What was brought in from the account that stands behind it."""


class LiquidationStarted(MarketEvent, frozen=True):
    """The broker closes positions of an account; `pool` is the isolated contract, or "" for all that it has."""

    account: str
    pool: str
    round: int
    equity: int
    requirement: int
    orders: int
    """How many open orders were taken back first."""


class PositionSold(MarketEvent, frozen=True):
    """One slice of a liquidation went through the book: so much was asked, so much was filled, for so much cash."""

    account: str
    pool: str
    symbol: str
    side: int
    asked: int
    filled: int
    cash: int
    """The value traded."""
    fee: int
    """What the insurance fund took of it."""
    equity: int
    requirement: int


class LiquidationEnded(MarketEvent, frozen=True):
    """What a round of liquidation came to: "restored", "flat", "waiting" for somebody to trade with."""

    account: str
    pool: str
    round: int
    outcome: str
    equity: int
    requirement: int


class PositionReduced(MarketEvent, frozen=True):
    """Auto-deleveraging: a winner's position was closed against that of a bankrupt account, at its bankruptcy price."""

    account: str
    """The bankrupt one."""
    counterparty: str
    symbol: str
    change: int
    """Of the bankrupt account's position; the counterparty's changes by as much the other way."""
    price: int
    """The mark at which both are closed."""
    given_up: int
    """What the counterparty gives up of its gain, so that the bankrupt account is closed at its bankruptcy price."""
    rank: int
    """1 for the one with the largest gain times leverage."""


class Located(MarketEvent, frozen=True):
    """Shares were found and reserved for a short sale before its order was accepted."""

    account: str
    symbol: str
    quantity: int
    lender: str


class Recalled(MarketEvent, frozen=True):
    """A lender wants its shares back; what is not returned by `due` is bought in."""

    lender: str
    account: str
    symbol: str
    quantity: int
    due: int


class BoughtIn(MarketEvent, frozen=True):
    """Recalled shares were bought for a borrower that did not return them."""

    account: str
    lender: str
    symbol: str
    asked: int
    filled: int


class ShortSalesRestricted(MarketEvent, frozen=True):
    """The price fell by a tenth from the last close: until `until`, short sales only above the best bid (Rule 201)."""

    symbol: str
    close: int
    price: int
    until: int
