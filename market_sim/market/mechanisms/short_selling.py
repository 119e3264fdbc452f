"""Short selling: shares are located with a lender, borrowed when the order is accepted, then returned (rulebook F-2.2).

A lender is an account that lends the shares that none of its own orders offers. The shares really move: from lender to
seller when a sell order is accepted that the seller cannot deliver itself, and back as soon as they are idle there,
because the order was cancelled or the position was covered. So every share sold short was located first (Regulation
SHO, 203(b)(1)), and all short positions together never exceed the shares of the lenders (L6).

The borrow fee of a day is shares x mark x rate / 360, rounded up. A lender may recall its shares: they are borrowed
from another lender if possible; otherwise the borrower has to return them within the notice, or they are bought in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.intents import BUY, PlaceOrder
from market_sim.core.models.mechanism_events import BoughtIn, CorporateActionTaken, Located, Recalled
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.liabilities import BORROWED, RETURNED
from market_sim.market.mechanisms.margin_status import MarginCalculator
from market_sim.pricing.margin_formulas import daily_interest

BORROW_FEE = "BORROW_FEE"
MANUFACTURED_DIVIDEND = "MANUFACTURED_DIVIDEND"
CASH_IN_LIEU = "CASH_IN_LIEU"


@dataclass(frozen=True)
class Recall:
    """A planned recall: its time, lender, shares and notice period; times in simulated nanoseconds."""

    time: int
    lender: str
    symbol: str
    quantity: int
    notice: int


class Lending:
    """Securities lending: the lenders' shares, the loans of them, and their return."""

    def __init__(
        self,
        calculator: MarginCalculator,
        credit: Credit,
        lenders: Sequence[str],
        fees_bps: Mapping[str, int],
        recalls: Sequence[Recall] = (),
    ) -> None:
        accounts = calculator.exchange.accounts
        for lender in lenders:
            if lender not in accounts or lender in calculator.agreements:
                raise InputError(f"a lender of shares is an account without margin, and {lender!r} is none")
        for recall in recalls:
            if recall.lender not in lenders or recall.quantity <= 0 or recall.notice < 0:
                raise InputError(f"a recall names a lender, some shares and a notice, found {recall}")
        self._calculator = calculator
        self._exchange = calculator.exchange
        self._ledger = calculator.ledger
        self._credit = credit
        self.lenders = sorted(lenders, key=lambda name: accounts[name].number)
        self._fees_bps = fees_bps
        self._recalls = sorted(recalls, key=lambda recall: recall.time)
        self._due: list[Recalled] = []
        self._buying_in = ""

    # Loans

    def lendable(self, symbol: str) -> int:
        """The number of shares that can be borrowed now."""
        return sum(max(0, self._free(lender, symbol)) for lender in self.lenders)

    def _free(self, lender: str, symbol: str) -> int:
        return self._exchange.accounts[lender].balance(symbol).available

    def borrow(self, name: str, symbol: str, quantity: int) -> None:
        """Locate and borrow shares, or refuse the order that needs them."""
        if self.lendable(symbol) < quantity:
            for other in self._calculator.agreements:  # shares that are idle in other accounts become lendable again
                if other != name:  # shares that are idle in this account are part of what the order sells
                    self.return_idle(other)
        available = self.lendable(symbol)
        if available < quantity:
            raise RuleViolation("NO_LOCATE", symbol=symbol, needed=quantity, available=available)
        self._take(name, symbol, quantity)

    def _take(self, name: str, symbol: str, quantity: int, besides: str = "") -> None:
        now, record = self._exchange.clock.now, self._calculator.record
        for lender in self.lenders:
            part = min(quantity, self._free(lender, symbol))
            if part > 0 and lender != besides:
                record(Located(now, name, symbol, part, lender))
                self._ledger.transfer(lender, name, symbol, part, BORROWED, symbol)
                quantity -= part
        self._calculator.catch_up()  # the liabilities must include this loan at the next question

    def return_idle(self, name: str) -> None:
        """Return the borrowed shares that an account neither sold nor offers; the first lender first."""
        self._calculator.catch_up()
        account = self._exchange.accounts[name]
        for symbol, owed in [*self._calculator.liabilities.borrowed.get(name, {}).items()]:
            for lender, shares in [*owed.items()]:
                idle = min(shares, account.balance(symbol).available)
                if idle > 0:
                    self._ledger.transfer(name, lender, symbol, idle, RETURNED, symbol)
        self._calculator.catch_up()

    # Fees, dividends, splits

    def charge_fees(self) -> None:
        """Charge one day's fee for every borrowed share, to its lender."""
        marks = self._calculator.marks
        for name, symbol, lender, shares in self._all_borrowed():
            value = shares * marks.get(symbol, 0) * self._calculator.instruments[symbol].multiplier
            fee = daily_interest(value, self._fees_bps.get(symbol, 0))
            if fee:
                self._credit.pay(name, lender, fee, BORROW_FEE, symbol)

    def pay_dividend(self, symbol: str, cents_per_share: int) -> None:
        """Every borrower pays its lender the dividend that the company would have paid (rulebook F-2.2)."""
        for name, borrowed, lender, shares in self._all_borrowed():
            if borrowed == symbol:
                self._credit.pay(name, lender, shares * cents_per_share, MANUFACTURED_DIVIDEND, symbol)

    def follow_split(self, taken: CorporateActionTaken) -> None:
        """Pay lenders for fractions of owed shares after a split, and convert open recalls to new shares."""
        new, old = taken.ratio
        self._due = [
            msgspec.structs.replace(told, quantity=told.quantity * new // old) if told.symbol == taken.symbol else told
            for told in self._due
        ]
        self._calculator.catch_up()
        fractions = self._calculator.liabilities.fractions
        for (name, symbol, lender), cash in [*fractions.items()]:
            del fractions[name, symbol, lender]
            self._credit.pay(name, lender, cash, CASH_IN_LIEU, symbol)

    def _all_borrowed(self) -> list[tuple[str, str, str, int]]:
        self._calculator.catch_up()
        borrowed = self._calculator.liabilities.borrowed
        return [
            (name, symbol, lender, owed[symbol][lender])
            for name in self._calculator.agreements
            if (owed := borrowed.get(name))
            for symbol in sorted(owed)
            for lender in self.lenders
            if lender in owed[symbol]
        ]

    # Recalls

    def recall_due(self, now: int) -> None:
        """Issue the recalls that are due, and buy in the overdue ones."""
        while self._recalls and self._recalls[0].time <= now:
            self._tell(self._recalls.pop(0))
        overdue = [told for told in self._due if told.due <= now]
        self._due = [told for told in self._due if told.due > now]
        for told in overdue:
            left = self._buy_in(told)
            if left:
                self._due.append(msgspec.structs.replace(told, quantity=left))

    def _tell(self, recall: Recall) -> None:
        left = recall.quantity
        due = self._exchange.clock.now + recall.notice
        for name, symbol, lender, shares in self._all_borrowed():
            if (symbol, lender) != (recall.symbol, recall.lender) or left <= 0:
                continue
            part = min(left, shares)
            left -= part
            told = Recalled(self._exchange.clock.now, lender, name, symbol, part, due)
            self._calculator.record(told)
            elsewhere = min(part, self.lendable(symbol) - max(0, self._free(lender, symbol)))
            if elsewhere > 0:
                self._take(name, symbol, elsewhere, besides=lender)
                self._ledger.transfer(name, lender, symbol, elsewhere, RETURNED, symbol)
            if elsewhere < part:
                rest = part - max(0, elsewhere)
                self._due.append(Recalled(told.time, lender, name, symbol, rest, due))

    def _buy_in(self, told: Recalled) -> int:
        """Buy in recalled shares for a borrower that did not return them; returns the number still missing."""
        self._calculator.catch_up()
        owed = self._calculator.liabilities.borrowed.get(told.account, {}).get(told.symbol, {}).get(told.lender, 0)
        asked = min(told.quantity, owed)
        if not asked:
            return 0
        self._buying_in = told.account
        bought = self._exchange.force(told.account, PlaceOrder(told.symbol, BUY, asked, None, "ioc"))
        self._buying_in = ""
        filled = bought.filled if isinstance(bought, Order) else 0
        self._calculator.record(
            BoughtIn(self._exchange.clock.now, told.account, told.lender, told.symbol, asked, filled)
        )
        if filled:
            self._ledger.transfer(told.account, told.lender, told.symbol, filled, RETURNED, told.symbol)
        return asked - filled

    def is_buying_in(self, name: str) -> bool:
        """Whether the order that is being checked is a buy-in of the broker for this account."""
        return self._buying_in == name
