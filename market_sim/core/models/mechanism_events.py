"""What mechanisms decide: settlement prices, exercises, funding, resolutions; margin, loans and liquidations.

An event here says what was decided and with which numbers. What anybody owns is changed by `Transferred` alone, so a
reader that only adds up balances may pass over this module.
"""

from __future__ import annotations

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
    """What the losing side paid in all, which is what the gaining side got."""


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


class CorporateActionTaken(MarketEvent, frozen=True):
    """A company split its shares or paid a dividend."""

    symbol: str
    action: str
    amount: int
    """New shares for each old one, or cents for each share."""
    entitled: int
    """The shares that it was done for: all that are not the company's own."""


class TermsAdjusted(MarketEvent, frozen=True):
    """An option was adapted to a corporate action, so that nobody gained or lost by it."""

    symbol: str
    strike_before: int
    strike: int
    contracts: int
    """How many contracts stand for one from before."""


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
