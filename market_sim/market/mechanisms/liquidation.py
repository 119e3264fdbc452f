"""Liquidation: positions of an account in breach are closed through the book until it stands again (rulebook F-2.6).

    1 take the account's open orders back, and look again
    2 close positions with reduce-only orders that do not wait, in slices, the largest margin contribution first
    3 a fee of each slice goes to the insurance fund; the fund pays when the account has less than nothing
    4 what nobody traded with is closed against winners at the bankruptcy price (deleveraging)
    5 what is then missing is shared by all who hold the contract; what was lent, the broker loses

A round judges everybody by one snapshot of marks, the worst account first. Its trades may bring others into breach:
the next round takes a new snapshot. A round in which nothing trades is the last one, and there are never more than
`MOST_ROUNDS`; who still waits for somebody to trade with is looked at again at the next check (L9).
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
from market_sim.market.mechanisms.short_selling import Lending
from market_sim.market.mechanisms.standings import Standing, Standings

MOST_ROUNDS: Final = 10
SLICE_PERCENT: Final = 25
"""How much of a position one order of a liquidation closes, at least one lot."""


class Liquidation:
    """Closes positions of accounts in breach, and sees to it that what they cannot pay is paid."""

    def __init__(
        self, standings: Standings, journal: Journal, credit: Credit, lending: Lending, insurance: Insurance
    ) -> None:
        self._standings = standings
        self._exchange = standings.exchange
        self._journal = journal
        self._credit = credit
        self._lending = lending
        self._insurance = insurance
        self.account = ""
        """Whose positions are being closed at this moment."""
        self.fee = 0
        """What the fund took of the last slice."""

    def run(self, look: Callable[[], list[Standing]]) -> int:
        """Close positions, round after round, of whoever is due at the snapshot that is known; returns the rounds."""
        rounds = 0
        due = look()
        while due and rounds < MOST_ROUNDS:
            rounds += 1
            self._standings.record(MarksTaken(self._exchange.clock.now, rounds, dict(self._standings.marks)))
            traded = [self._close(each, rounds) for each in due]
            if not any(traded):
                break
            self._standings.snapshots.take()
            due = look()
        return rounds

    def _close(self, found: Standing, number: int) -> bool:
        """One account's part of a round; whether anything traded."""
        self._standings.catch_up()
        name, pool = found.account, found.pool
        before = self._look(found)
        if not before.in_breach:
            return False  # an account that came before it in this round has restored it
        self.account = name
        taken = self._take_orders_back(name, pool)
        self._standings.record(
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
        self._standings.record(
            LiquidationEnded(self._exchange.clock.now, name, pool, number, outcome, after.equity, after.requirement)
        )
        self.account = ""
        return traded

    def _look(self, found: Standing) -> Standing:
        self._standings.catch_up()
        return self._standings.standing(found.account, found.pool)

    def _take_orders_back(self, name: str, pool: str) -> int:
        """Cancel what could make positions larger; idle shares and idle cash go back at once."""
        count = len(self._exchange.accounts[name].open)
        self._exchange.cancel_all(name, CancelAll(pool or None), "LIQUIDATED")
        self._lending.return_idle(name)
        self._credit.repay_idle(name)
        return count - len(self._exchange.accounts[name].open)

    def _positions(self, name: str, pool: str) -> dict[str, int]:
        """What can be closed, the largest contribution to the requirement first, then by symbol."""
        standings = self._standings
        agreement = standings.agreements[name]
        net = {
            symbol: held
            for symbol, held in standings.net(name).items()
            if held and (symbol == pool if pool else symbol not in agreement.isolated)
        }
        rules = agreement.profile if not pool else agreement.contracts

        def contribution(symbol: str) -> tuple[int, str]:
            alone = {symbol: net[symbol]}
            return -rules.requirement(alone, standings.marks, standings.instruments, initial=False), symbol

        return {symbol: net[symbol] for symbol in sorted(net, key=contribution)}

    def _sell_a_slice(self, found: Standing) -> bool:
        """Send one reduce-only order for the first position that somebody trades with; whether one did."""
        for symbol, held in self._positions(found.account, found.pool).items():
            listing = self._exchange.listings[symbol]
            if listing.phase != CONTINUOUS:
                continue
            size = _slice(abs(held), listing.lot)
            side = SELL if held > 0 else BUY
            sent = len(self._journal)
            entry, behind = self._isolated(found)
            order = self._exchange.submit(found.account, PlaceOrder(symbol, side, size, None, "ioc"))
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

    def _after_slice(self, found: Standing, symbol: str, value: int) -> None:
        """Shares go back to their lender, what a contract lost is paid, and the fund takes its fee of the value."""
        name = found.account
        self._lending.return_idle(name)
        if symbol in self._standings.liabilities.multipliers:
            self._credit.collect_loss(name, self._insurance.clearing, symbol)
        self.fee = self._insurance.take_fee(name, value, symbol)
        self._credit.repay_idle(name)

    def _tell_slice(self, found: Standing, order: Order, value: int) -> None:
        now, intent = self._look(found), order.intent
        self._standings.record(
            PositionSold(
                self._exchange.clock.now, found.account, found.pool, intent.symbol, intent.side, intent.quantity,
                order.filled, value, self.fee, now.equity, now.requirement,
            )
        )  # fmt: skip

    # Who has less than nothing

    def _isolated(self, found: Standing) -> tuple[int, int]:
        """Of a contract kept apart: what it was entered at, and what stands behind it."""
        if not found.pool:
            return 0, 0
        contract = self._standings.liabilities.contract(found.account, found.pool)
        return contract.entry, self._standings.collateral(found.account, found.pool)

    def _hold_harmless(self, found: Standing, paid: int, entry: int, behind: int) -> None:
        """What an isolated contract loses beyond its own collateral is not the account's loss, but a deficit."""
        entry_after, behind_after = self._isolated(found)
        lost = paid + (entry - entry_after)
        beyond = lost - (behind - behind_after)
        if beyond > 0:
            left = beyond - self._insurance.cover(found.account, beyond, found.pool)
            if left:
                self._insurance.share(found.account, left, found.pool)

    def _cover(self, found: Standing) -> bool:
        """See to a deficit once the book offers nothing more; whether anything changed."""
        name, deficit = found.account, -found.equity
        net = self._positions(name, found.pool)
        contracts = [symbol for symbol in net if symbol in self._standings.liabilities.multipliers]
        if len(contracts) < len(net):
            return False  # what is left may still be sold: nobody pays for it before
        symbol = contracts[0] if contracts else found.pool or self._largest_loss(name)
        left = deficit - self._insurance.cover(name, deficit, symbol)
        if left or found.pool:
            for each in contracts:
                left -= deleverage(self._standings, self._credit, name, each, left)
        if left and not found.pool:
            left -= self._insurance.write_off(name, left)
        if left and symbol:
            left -= self._insurance.share(name, left, symbol)
        for each in self._standings.liabilities.contracts.get(name, {}):
            self._credit.collect_loss(name, self._insurance.clearing, each)
        self._credit.repay_idle(name)
        return left < deficit

    def _largest_loss(self, name: str) -> str:
        """The contract that an account owes most for; none when its debts are loans."""
        held = self._standings.liabilities.contracts.get(name, {})
        owed = {symbol: -self._standings.gain_of(name, symbol) for symbol in held}
        return max(owed, key=lambda symbol: owed[symbol], default="")


def _slice(held: int, lot: int) -> int:
    """A part of a position, rounded up to whole lots: never more than all of it.

    >>> _slice(100, 1), _slice(3, 1), _slice(30, 10), _slice(10, 10)
    (25, 1, 10, 10)
    """
    lots = -(-held * SLICE_PERCENT // (100 * lot))
    return min(held, lots * lot)
