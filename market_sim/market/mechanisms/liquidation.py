"""Liquidation: closes positions of an account in breach through the book until it meets its margin (rulebook F-2.6).

    1 cancel the account's open orders, and check again
    2 close positions with reduce-only ioc orders, in slices, the largest margin contribution first
    3 a fee on each slice goes to the insurance fund; the fund pays if the equity of the account is negative
    4 positions without liquidity are closed against winners at the bankruptcy price (auto-deleveraging)
    5 all holders of the contract share what is then missing; the broker loses what it lent

A round uses one snapshot of marks for all accounts, the worst account first. Its trades may bring other accounts into
breach, so the next round takes a new snapshot. A round without a trade is the last one, and there are at most
`MOST_ROUNDS`; an account that still waits for liquidity is checked again at the next check (L9).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY, SELL, CancelAll, PlaceOrder
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import LiquidationEnded, LiquidationStarted, MarksTaken, PositionSold
from market_sim.market.exchange.listing import CONTINUOUS
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.deleveraging import deleverage
from market_sim.market.mechanisms.insurance import Insurance
from market_sim.market.mechanisms.margin_status import MarginCalculator, MarginStatus
from market_sim.market.mechanisms.short_selling import Lending

MOST_ROUNDS: Final = 10
SLICE_PERCENT: Final = 25
"""The part of a position that one order of a liquidation closes, at least one lot."""


class Liquidation:
    """Closes positions of accounts in breach, and has their deficits covered."""

    def __init__(
        self, calculator: MarginCalculator, journal: Journal, credit: Credit, lending: Lending, insurance: Insurance
    ) -> None:
        self._calculator = calculator
        self._exchange = calculator.exchange
        self._journal = journal
        self._credit = credit
        self._lending = lending
        self._insurance = insurance
        self.account = ""
        """The account that is being liquidated now; empty if none is."""
        self.fee = 0
        """The fund's fee on the last slice."""

    def run(self, look: Callable[[], list[MarginStatus]]) -> int:
        """Liquidate the accounts that `look` returns, round after round; returns the number of rounds."""
        rounds = 0
        due = look()
        while due and rounds < MOST_ROUNDS:
            rounds += 1
            self._calculator.record(MarksTaken(self._exchange.clock.now, rounds, dict(self._calculator.marks)))
            traded = [self._close(each, rounds) for each in due]
            if not any(traded):
                break
            self._calculator.snapshots.take()
            due = look()
        return rounds

    def _close(self, found: MarginStatus, number: int) -> bool:
        """Liquidate one account in one round; returns whether anything traded."""
        self._calculator.catch_up()
        name, pool = found.account, found.pool
        before = self._look(found)
        if not before.in_breach:
            return False  # the liquidation of another account in this round has restored it
        self.account = name
        taken = self._take_orders_back(name, pool)
        self._calculator.record(
            LiquidationStarted(self._exchange.clock.now, name, pool, number, before.equity, before.requirement, taken)
        )
        traded = False
        while self._look(found).in_breach and self._sell_a_slice(found):
            traded = True
        after = self._look(found)
        if after.equity < 0:
            traded = self._cover(after) or traded
            after = self._look(found)
        held = self._positions(name, pool)
        outcome = "waiting" if after.in_breach else "restored" if held else "flat"
        self._calculator.record(
            LiquidationEnded(self._exchange.clock.now, name, pool, number, outcome, after.equity, after.requirement)
        )
        self.account = ""
        return traded

    def _look(self, found: MarginStatus) -> MarginStatus:
        self._calculator.catch_up()
        return self._calculator.status(found.account, found.pool)

    def _take_orders_back(self, name: str, pool: str) -> int:
        """Cancel the orders that could enlarge positions; return idle shares and idle cash at once."""
        count = len(self._exchange.accounts[name].open)
        self._exchange.cancel_all(name, CancelAll(pool or None), "LIQUIDATED")
        self._lending.return_idle(name)
        self._credit.repay_idle(name)
        return count - len(self._exchange.accounts[name].open)

    def _positions(self, name: str, pool: str) -> dict[str, int]:
        """The positions that can be closed, the largest contribution to the requirement first, then by symbol."""
        calculator = self._calculator
        agreement = calculator.agreements[name]
        net = {
            symbol: held
            for symbol, held in calculator.net(name).items()
            if held and (symbol == pool if pool else symbol not in agreement.isolated)
        }
        rules = agreement.profile if not pool else agreement.contracts

        def contribution(symbol: str) -> tuple[int, str]:
            alone = {symbol: net[symbol]}
            return -rules.requirement(alone, calculator.marks, calculator.instruments, initial=False), symbol

        return {symbol: net[symbol] for symbol in sorted(net, key=contribution)}

    def _sell_a_slice(self, found: MarginStatus) -> bool:
        """Trade one slice of the first position that finds liquidity; returns whether one did."""
        for symbol, held in self._positions(found.account, found.pool).items():
            listing = self._exchange.listings[symbol]
            if listing.phase != CONTINUOUS:
                continue
            size = _slice(abs(held), listing.lot)
            side = SELL if held > 0 else BUY
            sent = len(self._journal)
            entry, behind = self._isolated(found)
            order = self._exchange.force(found.account, PlaceOrder(symbol, side, size, None, "ioc"))
            fills = [event for event in self._journal.since(sent) if type(event) is Trade]
            if isinstance(order, Order) and order.filled:
                value = sum(fill.price * fill.quantity for fill in fills if fill.taker_order == order.id)
                value *= listing.instrument.multiplier
                self._after_slice(found, symbol, value)
                if found.pool:
                    self._hold_harmless(found, side * value, entry, behind)
                self._tell_slice(found, order, value)
                return True
        return False

    def _after_slice(self, found: MarginStatus, symbol: str, value: int) -> None:
        """Return shares to their lender, pay the loss of a contract, and take the fund's fee on the value."""
        name = found.account
        self._lending.return_idle(name)
        if symbol in self._calculator.liabilities.multipliers:
            self._credit.collect_loss(name, self._insurance.clearing, symbol)
        self.fee = self._insurance.take_fee(name, value, symbol)
        self._credit.repay_idle(name)

    def _tell_slice(self, found: MarginStatus, order: Order, value: int) -> None:
        now, intent = self._look(found), order.intent
        self._calculator.record(
            PositionSold(
                self._exchange.clock.now, found.account, found.pool, intent.symbol, intent.side, intent.quantity,
                order.filled, value, self.fee, now.equity, now.requirement,
            )
        )  # fmt: skip

    # Deficits

    def _isolated(self, found: MarginStatus) -> tuple[int, int]:
        """The entry value and the collateral of an isolated contract."""
        if not found.pool:
            return 0, 0
        contract = self._calculator.liabilities.contract(found.account, found.pool)
        return contract.entry, self._calculator.collateral(found.account, found.pool)

    def _hold_harmless(self, found: MarginStatus, paid: int, entry: int, behind: int) -> None:
        """A loss of an isolated contract beyond its collateral is a deficit, not a loss of the account."""
        entry_after, behind_after = self._isolated(found)
        lost = paid + (entry - entry_after)
        beyond = lost - (behind - behind_after)
        if beyond > 0:
            left = beyond - self._insurance.cover(found.account, beyond, found.pool)
            if left:
                self._insurance.share(found.account, left, found.pool)

    def _cover(self, found: MarginStatus) -> bool:
        """Cover a deficit after the book has no more liquidity; returns whether anything changed."""
        name, deficit = found.account, -found.equity
        net = self._positions(name, found.pool)
        contracts = [symbol for symbol in net if symbol in self._calculator.liabilities.multipliers]
        if len(contracts) < len(net):
            return False  # the rest may still be sold, so it is not covered yet
        symbol = contracts[0] if contracts else found.pool or self._largest_loss(name)
        left = deficit - self._insurance.cover(name, deficit, symbol)
        if left or found.pool:
            for each in contracts:
                left -= deleverage(self._calculator, self._credit, name, each, left)
        if left and not found.pool:
            left -= self._insurance.write_off(name, left)
        if left and symbol:
            left -= self._insurance.share(name, left, symbol)
        for each in self._calculator.liabilities.contracts.get(name, {}):
            self._credit.collect_loss(name, self._insurance.clearing, each)
        self._credit.repay_idle(name)
        return left < deficit

    def _largest_loss(self, name: str) -> str:
        """The contract with the account's largest unpaid loss; empty if its debts are loans."""
        held = self._calculator.liabilities.contracts.get(name, {})
        owed = {symbol: -self._calculator.gain_of(name, symbol) for symbol in held}
        return max(owed, key=lambda symbol: owed[symbol], default="")


def _slice(held: int, lot: int) -> int:
    """A slice of a position, rounded up to whole lots, at most the position.

    >>> _slice(100, 1), _slice(3, 1), _slice(30, 10), _slice(10, 10)
    (25, 1, 10, 10)
    """
    lots = -(-held * SLICE_PERCENT // (100 * lot))
    return min(held, lots * lot)
