"""Events of mechanisms: settlement prices, exercises, funding, resolutions; margin, loans and liquidations.

An event here records a decision and its numbers. Balances are changed by `Transferred` alone, so a reader that only
adds up balances may ignore this module.
"""

from __future__ import annotations

from math import gcd

import msgspec

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import MarketEvent

# The life cycle of instruments


class SettlementPriceSet(MarketEvent, frozen=True):
    """The price at which all contracts that end at this instant are settled, and the rule that determined it."""

    symbol: str
    price: int
    rule: str
    """"mean" of the last trades, or "mark" where there were none."""
    trades: int
    """The number of trades in the mean."""


class Exercised(MarketEvent, frozen=True):
    """A holder exercised an option or a warrant."""

    account: str
    symbol: str
    quantity: int
    strike: int
    price: int
    """The price of the underlying that determines its value."""
    by: str
    """"choice" of the holder, or "exception": in the money at expiry, and so exercised without a request."""


class Assigned(MarketEvent, frozen=True):
    """A writer was drawn to fulfil an exercise: this account gives what the holder gets."""

    account: str
    symbol: str
    quantity: int
    holder: str
    delivered: bool
    """Whether the underlying was delivered; otherwise the difference was paid in cash."""


class SharesIssued(MarketEvent, frozen=True):
    """A company issued new shares for cash, which diluted all other holders."""

    issuer: str
    symbol: str
    shares: int
    cash: int
    outstanding_before: int
    outstanding: int


class Lapsed(MarketEvent, frozen=True):
    """A right expired unused: out of the money, or its holder could not pay or deliver."""

    account: str
    symbol: str
    quantity: int
    reason: str


class InstrumentExpired(MarketEvent, frozen=True):
    """An instrument has expired: its orders are withdrawn, its positions are zero, it cannot be traded again."""

    symbol: str
    price: int
    """The settlement price of its underlying; 0 if no price was known."""
    open_interest: int
    """The number of contracts that were open just before."""


class MarkedToMarket(MarketEvent, frozen=True):
    """Variation margin of a margined contract was paid, from the losing side to the gaining side."""

    symbol: str
    price: int
    previous: int
    """The previous price; 0 at the first payment."""
    paid: int
    """The total that the losing side paid, now or when it was liquidated; the gaining side got the same."""


class FundingPaid(MarketEvent, frozen=True):
    """Funding of a perpetual was paid: longs paid shorts at a positive rate, shorts paid longs at a negative one."""

    symbol: str
    mark: int
    index: int
    rate_millionths: int
    paid: int


class BasisMeasured(MarketEvent, frozen=True):
    """The basis of a perpetual (its distance from the index), and its mark: the index plus the average basis."""

    symbol: str
    index: int
    mark: int
    premium_millionths: int


class PairsMade(MarketEvent, frozen=True):
    """Cash became pairs of a yes and a no contract; a negative quantity: pairs became cash again."""

    symbol: str
    account: str
    """The account that split or merged; empty if two bids, or two asks, of different accounts met."""
    quantity: int


class Resolved(MarketEvent, frozen=True):
    """A question was answered yes, no or void, and every contract on it was paid out."""

    symbol: str
    outcome: str
    pairs: int
    paid: int


def share_ratio(action: str, amount: int) -> tuple[int, int]:
    """The ratio of new to old shares of a corporate action, in lowest terms; 1 to 1 for a cash dividend.

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
    """The number of entitled shares: all but the company's own."""
    price: int = 0
    """The mark of a share just before, at which fractions of shares were paid in cash; 0 if none was known."""

    @property
    def ratio(self) -> tuple[int, int]:
        """The number of new shares for each number of old ones."""
        return share_ratio(self.action, self.amount)

    def restated(self, price: int) -> int:
        """An earlier price of the share in present terms, to the nearest cent."""
        new, old = self.ratio
        paid = self.amount if self.action in ("dividend", "special dividend") else 0
        return max(0, (2 * (price - paid) * old + new) // (2 * new))


class TermsAdjusted(MarketEvent, frozen=True):
    """A derivative was adjusted for a corporate action, so that no party gained or lost by it.

    From now on one unit of it stands for `shares / parts` shares and `cash / parts` cents; its price, its strike, its
    multiplier and all positions are unchanged.
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
    """Loss socialization: no account could cover a deficit, so the gaining side received less than it had won."""

    symbol: str
    asset: str
    amount: int


# Margin, short selling, liquidation


class ContractSpecified(MarketEvent, frozen=True):
    """The multiplier of a margined contract, from which a reader computes its gains."""

    symbol: str
    multiplier: int


class MarginGranted(MarketEvent, frozen=True):
    """A participant may trade on margin, by this profile, with these contracts in isolated margin."""

    account: str
    profile: str
    isolated: tuple[str, ...]
    rules: Numbers = msgspec.field(default_factory=dict)
    """The numbers of the profile, to recompute its requirements; a custom profile may state none."""


class MarksTaken(MarketEvent, frozen=True):
    """The snapshot of marks by which a round of liquidations judges all accounts."""

    round: int
    marks: dict[str, int]


class MarginCalled(MarketEvent, frozen=True):
    """Margin call: an account has less equity than its positions require, and until `due` to bring in the `amount`."""

    account: str
    equity: int
    requirement: int
    amount: int
    due: int


class MarginCallMet(MarketEvent, frozen=True):
    """The equity meets the requirement again: by money brought in, positions closed, or better prices."""

    account: str
    equity: int
    requirement: int
    paid: int
    """The money brought in from the account that backs it."""


class LiquidationStarted(MarketEvent, frozen=True):
    """The broker liquidates an account; `pool` is the isolated contract, or empty for everything else."""

    account: str
    pool: str
    round: int
    equity: int
    requirement: int
    orders: int
    """The number of open orders that were cancelled first."""


class PositionSold(MarketEvent, frozen=True):
    """One slice of a liquidation was traded in the book: the quantity asked, the quantity filled, and the cash."""

    account: str
    pool: str
    symbol: str
    side: int
    asked: int
    filled: int
    cash: int
    """The value traded."""
    fee: int
    """The insurance fund's part of it."""
    equity: int
    requirement: int


class LiquidationEnded(MarketEvent, frozen=True):
    """The outcome of a round of liquidation: "restored", "flat", or "waiting" for liquidity."""

    account: str
    pool: str
    round: int
    outcome: str
    equity: int
    requirement: int


class PositionReduced(MarketEvent, frozen=True):
    """Auto-deleveraging: a winning position was closed against that of a bankrupt account, at its bankruptcy price."""

    account: str
    """The bankrupt account."""
    counterparty: str
    symbol: str
    change: int
    """The change of the bankrupt account's position; the counterparty's changes by the opposite amount."""
    price: int
    """The mark at which both are closed."""
    given_up: int
    """The gain that the counterparty gives up, so that the bankrupt account is closed at its bankruptcy price."""
    rank: int
    """The counterparty's rank by gain times leverage, from 1 for the largest."""


class Located(MarketEvent, frozen=True):
    """Shares were found and reserved for a short sale before its order was accepted."""

    account: str
    symbol: str
    quantity: int
    lender: str


class Recalled(MarketEvent, frozen=True):
    """A lender recalls its shares; what is not returned by `due` is bought in."""

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
