"""Clearing: what is held back for an order that waits, and what moves when two orders trade.

The lowest layer of the exchange: it owns accounts and listings, and knows nothing of priority or order types. An
order that is accepted can always be paid for (rulebook F-2, profile without credit): its cash or its shares are
held back until it trades or leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from market_sim.core.data.fold import FEES
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import AccountOpened, Deposited, FeesSet, InstrumentListed, Trade, Transferred
from market_sim.market.exchange.account import Account, Balance
from market_sim.market.exchange.fees import MILLION, FeeSchedule
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import ASLEEP, STOP, Order
from market_sim.market.exchange.order_book import Fill
from market_sim.market.exchange.outlier import OutlierRule


class Timepiece(Protocol):
    """Whatever tells the simulated time."""

    now: int


def needs(listing: Listing, order: Order) -> int:
    """What an order holds back while it waits: shares for a sale; the cash and the fees of the rest for a purchase.

    An order in the book can only be a maker. A stop and a pegged order may still take, and a pegged order may go up
    to its cap, so they hold back what they would need at worst.
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
    """Accounts and listings, and every way in which what they hold changes."""

    def __init__(self, clock: Timepiece, journal: Journal, fees: Mapping[str, FeeSchedule] | None = None) -> None:
        self.clock = clock
        self.listings: dict[str, Listing] = {}
        self.instruments: dict[str, Instrument] = {}
        """The terms that hold now, by symbol."""
        self.accounts: dict[str, Account] = {}
        self._fees_by_kind = dict(fees or {})
        self._record = journal.record
        self._last_order = 0
        self._last_trade = 0
        self.transfers = 0
        """How many transfers and changes of terms there were: who must know of them need not read the journal."""
        self.open_account(FEES)

    @property
    def orders(self) -> dict[int, Order]:
        """Every open order by its number, oldest first; made when it is asked for, the accounts hold them."""
        found = {number: order for account in self.accounts.values() for number, order in account.open.items()}
        return dict(sorted(found.items()))

    def list(
        self, instrument: Instrument, fees: FeeSchedule | None = None, outlier: OutlierRule | None = None
    ) -> Listing:
        """Let an instrument be traded from now on, at these fees or at those of its kind."""
        symbol = instrument.symbol
        if symbol in self.listings:
            raise InputError(f"{symbol} is already listed")
        schedule = fees or self._fees_by_kind.get(instrument.kind) or FeeSchedule()
        listing = self.listings[symbol] = Listing(instrument, schedule, outlier=outlier)
        self.instruments[symbol] = instrument
        for account in self.accounts.values():
            self._give_balances(account, listing)
        self._record(
            InstrumentListed(
                self.clock.now,
                symbol,
                instrument.kind,
                instrument.tick,
                instrument.lot,
                instrument.quote,
                instrument.cash_multiplier,
                instrument.price_decimals,
                instrument.quantity_decimals,
                instrument.delivered,
                instrument.further_terms,
            )
        )
        if not schedule.free:
            self._record(FeesSet(self.clock.now, symbol, schedule.maker, schedule.taker, schedule.minimum))
        return listing

    def open_account(self, name: str, owner: str | None = None) -> Account:
        """Give a participant an account; accounts of one owner never trade with each other."""
        if name in self.accounts:
            raise InputError(f"there is already an account named {name!r}")
        account = self.accounts[name] = Account(name, len(self.accounts) + 1, owner or name)
        for listing in self.listings.values():
            self._give_balances(account, listing)
        self._record(AccountOpened(self.clock.now, name, account.number, account.owner))
        return account

    def deposit(self, name: str, asset: str, amount: int) -> None:
        """Bring cash or holdings in from outside."""
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a deposit is a positive whole number of the smallest unit, found {amount!r}")
        self.accounts[name].balance(asset).total += amount
        self._record(Deposited(self.clock.now, name, asset, amount))

    def transfer(self, source: str, target: str, asset: str, amount: int, reason: str, symbol: str) -> None:
        """Move cash or a position between two accounts, because a mechanism's rule says so."""
        if type(amount) is not int or amount <= 0:
            raise InvariantBroken(f"a transfer moves a positive whole number, not {amount!r} ({reason}, {symbol})")
        self.accounts[source].balance(asset).total -= amount
        self.accounts[target].balance(asset).total += amount
        self.transfers += 1
        self._last_trade = number = self._last_trade + 1
        self._record(Transferred(self.clock.now, number, source, target, asset, amount, reason, symbol))

    def adjust(self, instrument: Instrument) -> None:
        """Let new terms of a listed instrument hold: a mechanism's rule changed what it stands for."""
        self.listings[instrument.symbol].instrument = self.instruments[instrument.symbol] = instrument
        self.transfers += 1

    def restate(self, symbol: str, restated: Callable[[int], int], mark: int | None = None) -> None:
        """Let every price that is remembered of an instrument be what it means now, on the tick and at least one.

        With a mark it takes the place of the last trade: the orders that made it are gone.
        """
        listing = self.listings[symbol]
        tick = listing.tick

        def on_tick(price: int) -> int:
            return max(tick, (2 * restated(price) + tick) // (2 * tick) * tick)

        last = listing.last if mark is None else mark
        listing.last = None if last is None else on_tick(last)
        listing.reference = None if listing.reference is None else on_tick(listing.reference)
        if listing.outlier is not None:
            listing.outlier.restate(on_tick)
        self.transfers += 1

    def _give_balances(self, account: Account, listing: Listing) -> None:
        # Every account has a balance of everything listed, so that a trade never has to ask.
        account.seats[listing.symbol] = (listing, account.balance(listing.quote), account.balance(listing.symbol))

    def _afford(
        self, listing: Listing, account: Account, side: int, limit: int, quantity: int, held: int = 0
    ) -> Balance:
        """The balance that an order draws on, if it is enough for the whole order and its fees."""
        if side == BUY:
            balance = account.balances[listing.quote]
            needed = limit * quantity * listing.multiplier
            if not listing.free:
                needed += listing.fees.most(needed)
        else:
            balance = account.balances[listing.symbol]
            needed = quantity
        if balance.available + held < needed and not account.on_margin:
            reason = "INSUFFICIENT_CASH" if side == BUY else "INSUFFICIENT_HOLDINGS"
            raise RuleViolation(reason, needed=needed, available=balance.available + held)
        return balance

    def _fit(self, listing: Listing, account: Account, order: Order) -> None:
        """Hold back for a waiting buy order what it needs now, no more and no less."""
        needed = needs(listing, order)
        account.balances[listing.quote].reserved += needed - order.reserved
        order.reserved = needed

    def _pay(self, listing: Listing, taker: Account, order: Order, fills: Sequence[Fill]) -> None:
        """Move cash, holdings and fees for these fills."""
        symbol, multiplier, free, minimum, maker_rate, taker_rate = listing.payment
        accounts, record, now = self.accounts, self._record, self.clock.now
        side, trade, taken = order.side, self._last_trade, order.taker_cash
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
                else:
                    # What `charge` says, in place. Most orders trade once, so that nothing was traded before.
                    maker_fee = -((rested + cash) * maker_rate // MILLION)
                    if rested:
                        maker_fee += rested * maker_rate // MILLION
                    taken += cash
                    owes = -(taken * taker_rate // MILLION)
                    taker_fee = owes - owed
                    owed = owes
                collected += maker_fee + taker_fee
            maker = accounts[resting.account]
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
                # Exact, because what was held back is the same function of the value traded so far.
                release = cash + maker_fee if maker_fee > 0 else cash
                maker_cash.reserved -= release
                resting.reserved -= release
            if resting.rare:
                self._rare_traded(listing, maker, resting)
            elif not resting.remaining:
                del maker.open[resting.id]
            traded += quantity
            trade += 1
            record(
                Trade(now, trade, symbol, price, quantity, side, resting.id, order.id,
                      resting.account, order.account, maker_fee, taker_fee)
            )  # fmt: skip
        if not traded:
            return
        self._last_trade, listing.last = trade, price
        _, taker_cash, taker_shares = taker.seats[symbol]
        taker_cash.total -= paid
        taker_shares.total += side * traded
        if not free:
            order.taker_cash = taken
            accounts[FEES].balances[listing.quote].total += collected
        if listing.outlier is not None:
            for resting, _ in fills:
                listing.outlier.traded(resting.limit)

    def _rare_traded(self, listing: Listing, maker: Account, order: Order) -> None:
        """An iceberg, a hidden or a pegged order traded: forget one that is used up, fit what a pegged one holds back.

        An iceberg that was used up has one fill for each of its slices, and is forgotten at the first.
        """
        if not order.remaining:
            maker.open.pop(order.id, None)
        if order.cap and order.side == BUY:
            self._fit(listing, maker, order)
        if order.cap and not order.remaining and listing.pegs.pop(order.id, None) is not None:
            listing.watch()

    def _pay_in_auction(self, listing: Listing, buy: Order, sell: Order, quantity: int, price: int) -> None:
        """Move cash, holdings and fees between two waiting orders that trade at the auction's price.

        Nobody takes in an auction: both pay the maker's fee, and no rebate is paid. The order that came later is
        named as the taker. `remaining` of both was made smaller before.
        """
        cash = price * quantity * listing.multiplier
        owed = {}
        for order in (buy, sell):
            owed[order.id] = 0
            if listing.fees.maker >= 0 and not listing.free:
                fee_before = listing.fees.maker_total(order.maker_cash)
                order.maker_cash += cash
                owed[order.id] = listing.fees.maker_total(order.maker_cash) - fee_before
        for order in (buy, sell):
            account, fee = self.accounts[order.account], owed[order.id]
            account.balances[listing.quote].total -= order.side * cash + fee
            shares = account.balances[listing.symbol]
            shares.total += order.side * quantity
            if order.side == BUY:
                self._fit(listing, account, order)
            else:
                shares.reserved -= quantity
            self.accounts[FEES].balances[listing.quote].total += fee
            if not order.remaining:
                del account.open[order.id]
        self._last_trade = trade = self._last_trade + 1
        maker, taker = (buy, sell) if buy.id < sell.id else (sell, buy)
        self._record(
            Trade(self.clock.now, trade, listing.symbol, price, quantity, taker.side, maker.id, taker.id,
                  maker.account, taker.account, owed[maker.id], owed[taker.id])
        )  # fmt: skip
        listing.last = price
        if listing.outlier is not None:
            listing.outlier.traded(price)
