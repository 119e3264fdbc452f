"""The invariants of the exchange between any two messages, as functions that find violations.

The numbers X1 to X21 are those of docs/rulebook.md. Each function inspects the present state of the exchange and yields
one sentence for each violation; market_sim/market/exchange/audit.py checks the invariants on the order of events. A
venue itself never calls these functions: the tests call them after each operation, `--paranoid` after each epoch
(market_sim/simulation/engine/checks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from market_sim.core.data.fold import FEES, fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import Deposited, Withdrawn
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.order import ASLEEP, BOOK, CALL, STOP, Order
from market_sim.market.exchange.order_book import BookSide


class Violation(msgspec.Struct, frozen=True):
    """A violation of an invariant: its number, and a sentence about it."""

    invariant: str
    found: str


Finding = Iterator[str]


def no_book_is_crossed(exchange: Exchange) -> Finding:
    """X1: in continuous trading no buy order rests at or above the price of a sell order."""
    for listing in exchange.listings.values():
        if listing.phase != CONTINUOUS:
            continue
        bids, asks = listing.book.bids.keys, listing.book.asks.keys
        if bids and asks and bids[-1] >= -asks[-1]:
            yield f"{listing.symbol}: the best bid is {bids[-1]}, the best ask {-asks[-1]}"


def nothing_is_owed(venues: Sequence[Exchange]) -> Finding:
    """X6: no balance is below its cover, no reservation above its balance; margin accounts have other rules."""
    for name, account in venues[0].ledger.accounts.items():
        if account.on_margin:
            continue
        for asset, balance in account.balances.items():
            if not 0 <= balance.reserved <= balance.total + balance.covered:
                yield f"{name} has {balance.total} {asset} and {balance.reserved} of it reserved"


def reservations_are_those_of_the_open_orders(venues: Sequence[Exchange]) -> Finding:
    """X6: the reservations of an account are the sum of what its open orders on all venues need."""
    for name, account in venues[0].ledger.accounts.items():
        needed = dict.fromkeys(account.balances, 0)
        for venue in venues:
            for order in venue.accounts[name].open.values():
                listing = venue.listings[order.intent.symbol]
                asset = listing.quote if order.side == BUY else listing.symbol
                needed[asset] = needed.get(asset, 0) + _needed(listing, order)
        for asset, balance in account.balances.items():
            if balance.reserved != needed[asset]:
                yield f"{name} has {balance.reserved} {asset} reserved, its orders need {needed[asset]}"


def _needed(listing: Listing, order: Order) -> int:
    if order.side != BUY:
        return order.remaining
    cash = (order.cap or order.limit) * order.remaining * listing.multiplier
    if order.cap or order.where in (STOP, ASLEEP):
        return cash if listing.free else cash + listing.fees.most(cash)
    return cash + listing.fees.maker_reserve(order.maker_cash, cash)


def open_orders_have_something_left(exchange: Exchange) -> Finding:
    """X7: the remaining quantity of an open order is above zero and at most its quantity."""
    for order in exchange.orders.values():
        if not 0 < order.remaining <= order.quantity:
            yield f"order {order.id} has {order.remaining} left of {order.quantity}"


def client_ids_name_own_orders(exchange: Exchange) -> Finding:
    """X9: a client id of an account names an order of that account with that client id."""
    for name, account in exchange.accounts.items():
        for client_id, order in account.client_ids.items():
            if order.account != name or order.intent.client_id != client_id:
                yield f"{name} calls order {order.id} of {order.account} {client_id!r}"


def orders_are_on_their_steps(exchange: Exchange) -> Finding:
    """X11: the remaining quantity is on the lot, the price on the tick, and the value within 63 bits."""
    for order in exchange.orders.values():
        listing = exchange.listings[order.intent.symbol]
        whole = type(order.remaining) is int and type(order.limit) is int
        if not whole or order.remaining % listing.lot or order.limit % listing.tick or order.limit <= 0:
            yield f"order {order.id}: {order.remaining} at {order.limit}, lot {listing.lot}, tick {listing.tick}"
        elif order.limit * order.remaining * listing.multiplier > listing.most_cash:
            yield f"order {order.id} is worth more than {listing.most_cash}"


def open_orders_are_their_accounts(exchange: Exchange) -> Finding:
    """X12: an open order belongs to the account that sent it, and to no other."""
    for name, account in exchange.accounts.items():
        for number, order in account.open.items():
            if order.id != number or order.account != name or order.owner != account.owner:
                yield f"{name} holds order {order.id} of {order.account} as {number}"


def no_order_rests_that_must_not(exchange: Exchange) -> Finding:
    """X15: no market, ioc or fok order rests in a book."""
    for order in exchange.orders.values():
        intent = order.intent
        if order.where == BOOK and (intent.limit is None or intent.time_in_force in ("ioc", "fok")):
            yield f"order {order.id} waits in the book: {intent}"


def ids_are_dense(exchange: Exchange) -> Finding:
    """X17: each order has its own id, and it was issued before."""
    for number, order in exchange.orders.items():
        if number != order.id or not 0 < number <= exchange.ledger.orders:
            yield f"order {order.id} is known as {number}, the last id given out is {exchange.ledger.orders}"


def levels_add_up(exchange: Exchange) -> Finding:
    """X18: a level shows the sum of its orders, none is empty, and accounts and levels hold the same orders."""
    found: dict[int, Order] = {}
    for listing in exchange.listings.values():
        for side, sign in ((listing.book.bids, 1), (listing.book.asks, -1)):
            if sorted(side.levels) != side.keys:
                yield f"{listing.symbol}: the keys are {side.keys}, the levels {sorted(side.levels)}"
            yield from _side_findings(listing, side, sign)
            for level in side.levels.values():
                found |= level.orders | level.hidden | level.pegged
    in_books = {number: order for number, order in exchange.orders.items() if order.where == BOOK}
    if found != in_books:
        yield f"the books hold the orders {sorted(found)}, the accounts {sorted(in_books)}"


def _side_findings(listing: Listing, side: BookSide, sign: int) -> Finding:
    for key, level in side.levels.items():
        place = f"{listing.symbol} {sign * key}"
        if not any(level.in_priority()):
            yield f"{place}: an empty level"
        if level.volume != sum(shown(order) for order in level.orders.values()):
            yield f"{place}: shows {level.volume}, its orders {[shown(order) for order in level.orders.values()]}"
        if level.volume + level.unseen != sum(order.remaining for order in level.in_priority()):
            yield f"{place}: shows {level.volume} and hides {level.unseen}, its orders have another sum"
        for order in level.in_priority():
            if order.key != key or order.side != sign or order.limit * sign != key:
                yield f"{place}: order {order.id} belongs to {order.limit}, side {order.side}"
            if order.display and not order.hidden and not 0 < order.shown <= min(order.display, order.remaining):
                yield f"{place}: order {order.id} shows {order.shown} of {order.remaining}, at most {order.display}"


def shown(order: Order) -> int:
    """The quantity that a resting order displays."""
    if order.hidden or order.cap:
        return 0
    return order.shown if order.display else order.remaining


def waiting_orders_are_listed(exchange: Exchange) -> Finding:
    """X18: the lists of pegged, stop and market orders hold exactly the open orders of that kind."""
    for listing in exchange.listings.values():
        here = [order for order in exchange.orders.values() if order.intent.symbol == listing.symbol]
        pegs = {order.id for order in here if order.cap}
        if pegs != set(listing.pegs.orders):
            yield f"{listing.symbol}: pegged orders {sorted(pegs)}, the list holds {sorted(listing.pegs.orders)}"
        market = {order.id for order in here if order.where == CALL}
        if market != set(listing.collected):
            yield f"{listing.symbol}: market orders {sorted(market)}, the list holds {sorted(listing.collected)}"
        stops = any(order.where == STOP for order in here)
        if stops != bool(listing.stops):
            yield f"{listing.symbol}: stop orders wait: {stops}, in the list: {bool(listing.stops)}"


def no_order_acts_in_a_halt(exchange: Exchange) -> Finding:
    """X19: outside continuous trading no pegged order is in the book; in it no market order waits for an auction."""
    for listing in exchange.listings.values():
        if listing.phase == CONTINUOUS and listing.collected:
            yield f"{listing.symbol} is continuous, and the market orders {sorted(listing.collected)} wait"
        for order in listing.pegs.orders.values():
            if listing.phase != CONTINUOUS and order.where == BOOK:
                yield f"{listing.symbol} is {listing.phase}, and pegged order {order.id} is in the book"


STATE: dict[str, tuple[Callable[[Exchange], Finding], ...]] = {
    "X1": (no_book_is_crossed,),
    "X7": (open_orders_have_something_left,),
    "X9": (client_ids_name_own_orders,),
    "X11": (orders_are_on_their_steps,),
    "X12": (open_orders_are_their_accounts,),
    "X15": (no_order_rests_that_must_not,),
    "X17": (ids_are_dense,),
    "X18": (levels_add_up, waiting_orders_are_listed),
    "X19": (no_order_acts_in_a_halt,),
}
"""The functions for each invariant of one venue."""

OF_ALL_VENUES: dict[str, tuple[Callable[[Sequence[Exchange]], Finding], ...]] = {
    "X6": (nothing_is_owed, reservations_are_those_of_the_open_orders),
}
"""The functions for each invariant of the accounts that all venues of a ledger share."""


def check(*venues: Exchange) -> list[Violation]:
    """Every violation in the present state of the venues of one ledger."""
    found = [
        Violation(number, sentence)
        for venue in venues
        for number, functions in STATE.items()
        for function in functions
        for sentence in function(venue)
    ]
    found += [
        Violation(number, sentence)
        for number, together in OF_ALL_VENUES.items()
        for look in together
        for sentence in look(venues)
    ]
    return found


def compare(exchange: Exchange, journal: Journal) -> list[Violation]:
    """Every difference between the exchange and its journal: cash (X4), holdings (X5), fees (X20)."""
    violations = []
    brought: dict[str, int] = {}
    for deposit in journal.of(Deposited):
        brought[deposit.asset] = brought.get(deposit.asset, 0) + deposit.amount
    for withdrawal in journal.of(Withdrawn):
        brought[withdrawal.asset] = brought.get(withdrawal.asset, 0) - withdrawal.amount
    held: dict[str, int] = {}
    for account in exchange.accounts.values():
        for asset, balance in account.balances.items():
            held[asset] = held.get(asset, 0) + balance.total
    for asset in sorted(held):
        if held[asset] != brought.get(asset, 0):
            number = "X5" if asset in exchange.listings else "X4"
            violations.append(Violation(number, f"{brought.get(asset, 0)} {asset} came in, {held[asset]} are there"))
    folded = fold(journal)
    for name, account in exchange.accounts.items():
        owned = {asset: balance.total for asset, balance in account.balances.items() if balance.total}
        if owned != folded.get(name, {}):
            number = "X20" if name == FEES else "X4"
            violations.append(Violation(number, f"{name} has {owned}, the journal adds up to {folded.get(name, {})}"))
    return violations


def require(violations: Iterable[Violation]) -> None:
    """Raise InvariantBroken if there is a violation."""
    sentences = [f"{violation.invariant}: {violation.found}" for violation in violations]
    if sentences:
        raise InvariantBroken("; ".join(sentences))
