"""Clearing: reservations for open orders, and the payment of trades.

It is the lowest part of a venue and knows nothing of priority or order types. An accepted order can always be paid for
(rulebook F-2, profile without credit): its cash or its shares are reserved until it trades or leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.data.fold import FEES
from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import Trade
from market_sim.core.units import MILLION
from market_sim.market.exchange.allowance import UNWATCHED
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Membership
from market_sim.market.exchange.order import ASLEEP, STOP, Order
from market_sim.market.exchange.order_book import Fill
from market_sim.market.exchange.venue_state import VenueState


def needs(listing: Listing, order: Order) -> int:
    """The reservation of an open order: shares for a sale; the cash and the fees of the rest for a purchase.

    An order in the book can only be a maker. A stop and a pegged order may still take, and a pegged order may rise to
    its cap, so they reserve the worst case.
    """
    if order.side != BUY or not order.remaining:
        return order.remaining
    cash = (order.cap or order.limit) * order.remaining * listing.multiplier
    if listing.free:
        return cash
    if order.cap or order.where == STOP or order.where == ASLEEP:
        return cash + listing.fees.most(cash)
    return cash + listing.fees.maker_reserve(order.maker_cash, cash)


class Clearing:
    """The reservations of orders in their members' balances, and the payment of trades."""

    def __init__(self, state: VenueState) -> None:
        self._clock = state.clock
        self._ledger = state.ledger
        self._members = state.members
        self._venue = state.venue
        self._record = state.record

    def afford(self, listing: Listing, member: Membership, side: int, limit: int, quantity: int, held: int = 0) -> None:
        """Refuse an order that its member cannot pay with all fees; `held` is its present reservation."""
        _, cash_balance, holdings = member.seats[listing.symbol]
        if side == BUY:
            available = cash_balance.available + held
            needed = limit * quantity * listing.multiplier
            if not listing.free:
                needed += listing.fees.most(needed)
        else:
            available = holdings.available + held
            needed = quantity
        if available < needed and not member.on_margin:
            reason = "INSUFFICIENT_CASH" if side == BUY else "INSUFFICIENT_HOLDINGS"
            raise RuleViolation(reason, needed=needed, available=available)

    def hold(self, listing: Listing, member: Membership, order: Order) -> None:
        """Reserve what an order that begins to rest may still need."""
        _, cash_balance, holdings = member.seats[listing.symbol]
        held = needs(listing, order)
        if order.side == BUY:
            order.held = held
            cash_balance.reserve(held)
        else:
            holdings.reserve(held)

    def release(self, listing: Listing, member: Membership, order: Order) -> None:
        """Release the whole reservation of an order that ceases to rest."""
        _, cash_balance, holdings = member.seats[listing.symbol]
        if order.side == BUY:
            cash_balance.reserve(-order.held)
            order.held = 0
        else:
            holdings.reserve(-order.remaining)

    def release_part(self, listing: Listing, member: Membership, order: Order, quantity: int) -> None:
        """Release the reservation for a part that an open order just lost."""
        if order.side == BUY:
            self.fit(listing, member, order)
        else:
            member.seats[listing.symbol][2].reserve(-quantity)

    def fit(self, listing: Listing, member: Membership, order: Order) -> None:
        """Set the reservation of an open buy order to exactly its present need."""
        needed = needs(listing, order)
        member.seats[listing.symbol][1].reserve(needed - order.held)
        order.held = needed

    def pay(self, listing: Listing, taker: Membership, order: Order, fills: Sequence[Fill]) -> None:
        """Move cash, holdings and fees for these fills; it sets balances directly, because every trade passes here."""
        symbol, multiplier, free, minimum, maker_rate, taker_rate = listing.payment
        members, record, now, venue = self._members, self._record, self._clock.now, self._venue
        side, trade, taken = order.side, self._ledger.entries, order.taker_cash
        owed = -(taken * taker_rate // MILLION) if taken else 0
        paid = traded = collected = maker_fee = taker_fee = price = 0
        for resting, quantity in fills:
            price = resting.limit
            cash = price * quantity * multiplier
            if not free:
                rested = resting.maker_cash
                resting.maker_cash = rested + cash
                if minimum:
                    maker_fee, taker_fee = listing.fees.charge(rested, taken, cash)
                    taken += cash
                else:  # `charge`, inlined; most orders trade once, so that they had traded nothing before
                    maker_fee = -((rested + cash) * maker_rate // MILLION)
                    if rested:
                        maker_fee += rested * maker_rate // MILLION
                    taken += cash
                    owes = -(taken * taker_rate // MILLION)
                    taker_fee = owes - owed
                    owed = owes
                collected += maker_fee + taker_fee
            maker = members[resting.account]
            _, maker_cash, maker_shares = maker.seats[symbol]
            if side == BUY:
                paid += cash + taker_fee
                maker_cash.total += cash - maker_fee
                maker_shares.total -= quantity
                maker_shares.reserved -= quantity
            else:
                paid -= cash - taker_fee
                maker_cash.total -= cash + maker_fee
                maker_shares.total += quantity
                # Exact, because the reservation is the same function of the value traded so far.
                release = cash + maker_fee if maker_fee > 0 else cash
                maker_cash.reserved -= release
                resting.held -= release
            if resting.rare:
                self._rare_traded(listing, maker, resting)
            elif not resting.remaining:
                del maker.open[resting.id]
            traded += quantity
            trade += 1
            record(
                Trade(now, trade, symbol, price, quantity, side, resting.id, order.id,
                      resting.account, order.account, maker_fee, taker_fee, venue)
            )  # fmt: skip
        if not traded:
            return
        if (safe := listing.safe) is not UNWATCHED:
            if price != safe.last or len(fills) > 1 or now >= safe.until:
                safe.traded(fills, price, now)
            else:
                safe.prices.append(price)
                safe.times.append(now)
        ledger = self._ledger
        ledger.entries, listing.last = trade, price
        if ledger.on_next_entry is not None:
            ledger.notify_entry()
        _, taker_cash, taker_shares = taker.seats[symbol]
        taker_cash.total -= paid
        taker_shares.total += side * traded
        if not free:
            order.taker_cash = taken
            members[FEES].seats[symbol][1].total += collected
        if listing.outlier is not None:
            listing.outlier.extend([resting.limit for resting, _ in fills])

    def _rare_traded(self, listing: Listing, maker: Membership, order: Order) -> None:
        """An iceberg, a hidden or a pegged order traded: remove a filled one, adjust the reservation of a pegged one.

        A filled iceberg has one fill for each of its slices, and is removed at the first.
        """
        if not order.remaining:
            maker.open.pop(order.id, None)
        if order.cap and order.side == BUY:
            self.fit(listing, maker, order)
        if order.cap and not order.remaining and order.id in listing.pegs.orders:
            listing.pegs.remove(order)
            listing.watch()

    def pay_in_auction(self, listing: Listing, buy: Order, sell: Order, quantity: int, price: int) -> None:
        """Move cash, holdings and fees between two orders that trade at the auction's price.

        An auction has no taker: both sides pay the maker's fee, and no rebate is paid. The later order is recorded as
        the taker. The caller has already reduced `remaining` of both.
        """
        listing.safe.alarm()
        cash = price * quantity * listing.multiplier
        owed = {}
        for order in (buy, sell):
            owed[order.id] = 0
            if listing.fees.maker >= 0 and not listing.free:
                fee_before = listing.fees.maker_total(order.maker_cash)
                order.maker_cash += cash
                owed[order.id] = listing.fees.maker_total(order.maker_cash) - fee_before
        for order in (buy, sell):
            member, fee = self._members[order.account], owed[order.id]
            _, cash_balance, holdings = member.seats[listing.symbol]
            cash_balance.add(-order.side * cash - fee)
            holdings.add(order.side * quantity)
            if order.side == BUY:
                self.fit(listing, member, order)
            else:
                holdings.reserve(-quantity)
            self._members[FEES].seats[listing.symbol][1].add(fee)
            if not order.remaining:
                del member.open[order.id]
        self._ledger.entries = trade = self._ledger.entries + 1
        self._ledger.notify_entry()
        maker, taker = (buy, sell) if buy.id < sell.id else (sell, buy)
        self._record(
            Trade(self._clock.now, trade, listing.symbol, price, quantity, taker.side, maker.id, taker.id,
                  maker.account, taker.account, owed[maker.id], owed[taker.id], self._venue)
        )  # fmt: skip
        listing.last = price
        if listing.outlier is not None:
            listing.outlier.traded(price)
