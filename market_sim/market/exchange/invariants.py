"""The invariants of the exchange: what must be true between any two messages, as functions that look for breaches.

The numbers X1 to X21 are those of docs/rulebook.md. Each function looks at the exchange as it is and yields one
sentence for each breach; what can only be seen in the order of events is read from the journal by
market_sim/market/exchange/audit.py. Nothing here is called while a venue works: the tests call it after each operation,
`--paranoid` after each epoch (market_sim/simulation/engine/checks.py).
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
    """A broken promise: which one, and what was found."""

    invariant: str
    found: str


Finding = Iterator[str]


def no_book_is_crossed(exchange: Exchange) -> Finding:
    """X1: while trading is continuous, nobody waits at a price at which somebody else would trade."""
    for listing in exchange.listings.values():
        if listing.phase != CONTINUOUS:
            continue
        bids, asks = listing.book.bids.keys, listing.book.asks.keys
        if bids and asks and bids[-1] >= -asks[-1]:
            yield f"{listing.symbol}: somebody buys at {bids[-1]}, somebody sells at {-asks[-1]}"


def nothing_is_owed(venues: Sequence[Exchange]) -> Finding:
    """X6: nothing owes more than a pledge covers, no more is held back than is there; on margin other rules hold."""
    for name, account in venues[0].ledger.accounts.items():
        if account.on_margin:
            continue
        for asset, balance in account.balances.items():
            if not 0 <= balance.reserved <= balance.total + balance.covered:
                yield f"{name} has {balance.total} {asset} and {balance.reserved} of it held back"


def reservations_are_those_of_the_open_orders(venues: Sequence[Exchange]) -> Finding:
    """X6: what is held back is what the open orders on all venues need, added up again."""
    for name, account in venues[0].ledger.accounts.items():
        needed = dict.fromkeys(account.balances, 0)
        for venue in venues:
            for order in venue.accounts[name].open.values():
                listing = venue.listings[order.intent.symbol]
                asset = listing.quote if order.side == BUY else listing.symbol
                needed[asset] = needed.get(asset, 0) + _needed(listing, order)
        for asset, balance in account.balances.items():
            if balance.reserved != needed[asset]:
                yield f"{name} has {balance.reserved} {asset} held back, its orders need {needed[asset]}"


def _needed(listing: Listing, order: Order) -> int:
    if order.side != BUY:
        return order.remaining
    cash = (order.cap or order.limit) * order.remaining * listing.multiplier
    if order.cap or order.where in (STOP, ASLEEP):
        return cash if listing.free else cash + listing.fees.most(cash)
    return cash + listing.fees.maker_reserve(order.maker_cash, cash)


def open_orders_have_something_left(exchange: Exchange) -> Finding:
    """X7: of an open order more than nothing is left, and not more than was ordered."""
    for order in exchange.orders.values():
        if not 0 < order.remaining <= order.quantity:
            yield f"order {order.id} has {order.remaining} left of {order.quantity}"


def client_ids_name_own_orders(exchange: Exchange) -> Finding:
    """X9: what an account calls by a name of its own is an order of that account with that name."""
    for name, account in exchange.accounts.items():
        for client_id, order in account.client_ids.items():
            if order.account != name or order.intent.client_id != client_id:
                yield f"{name} calls order {order.id} of {order.account} {client_id!r}"


def orders_are_on_their_steps(exchange: Exchange) -> Finding:
    """X11: what is left is on the lot, the price on the tick, and the value one that 63 bits hold."""
    for order in exchange.orders.values():
        listing = exchange.listings[order.intent.symbol]
        whole = type(order.remaining) is int and type(order.limit) is int
        if not whole or order.remaining % listing.lot or order.limit % listing.tick or order.limit <= 0:
            yield f"order {order.id}: {order.remaining} at {order.limit}, lot {listing.lot}, tick {listing.tick}"
        elif order.limit * order.remaining * listing.multiplier > listing.most_cash:
            yield f"order {order.id} is worth more than {listing.most_cash}"


def open_orders_are_their_accounts(exchange: Exchange) -> Finding:
    """X12: an open order is in the hands of the account that sent it, and of nobody else."""
    for name, account in exchange.accounts.items():
        for number, order in account.open.items():
            if order.id != number or order.account != name or order.owner != account.owner:
                yield f"{name} holds order {order.id} of {order.account} as {number}"


def nothing_waits_that_must_not(exchange: Exchange) -> Finding:
    """X15: no order without a limit, and none that is for now only, waits in a book."""
    for order in exchange.orders.values():
        intent = order.intent
        if order.where == BOOK and (intent.limit is None or intent.time_in_force in ("ioc", "fok")):
            yield f"order {order.id} waits in the book: {intent}"


def ids_are_dense(exchange: Exchange) -> Finding:
    """X17: an id is one that was given out, and each order has its own."""
    for number, order in exchange.orders.items():
        if number != order.id or not 0 < number <= exchange.ledger.orders:
            yield f"order {order.id} is known as {number}, the last id given out is {exchange.ledger.orders}"


def levels_add_up(exchange: Exchange) -> Finding:
    """X18: a level shows the sum of its orders, none is empty, and accounts and levels know the same orders."""
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
        if not any(level.everybody()):
            yield f"{place}: an empty level"
        if level.volume != sum(shown(order) for order in level.orders.values()):
            yield f"{place}: shows {level.volume}, its orders {[shown(order) for order in level.orders.values()]}"
        if level.volume + level.unseen != sum(order.remaining for order in level.everybody()):
            yield f"{place}: shows {level.volume} and hides {level.unseen}, its orders have another sum"
        for order in level.everybody():
            if order.key != key or order.side != sign or order.limit * sign != key:
                yield f"{place}: order {order.id} belongs to {order.limit}, side {order.side}"
            if order.display and not order.hidden and not 0 < order.shown <= min(order.display, order.remaining):
                yield f"{place}: order {order.id} shows {order.shown} of {order.remaining}, at most {order.display}"


def shown(order: Order) -> int:
    """What a waiting order shows."""
    if order.hidden or order.cap:
        return 0
    return order.shown if order.display else order.remaining


def whatever_waits_is_known(exchange: Exchange) -> Finding:
    """X18: an order that waits beside the book stands in the list of its kind, and no other order does."""
    for listing in exchange.listings.values():
        here = [order for order in exchange.orders.values() if order.intent.symbol == listing.symbol]
        pegs = {order.id for order in here if order.cap}
        if pegs != set(listing.pegs):
            yield f"{listing.symbol}: pegged orders {sorted(pegs)}, the list holds {sorted(listing.pegs)}"
        market = {order.id for order in here if order.where == CALL}
        if market != set(listing.collected):
            yield f"{listing.symbol}: market orders {sorted(market)}, the list holds {sorted(listing.collected)}"
        stops = any(order.where == STOP for order in here)
        if stops != bool(listing.stops):
            yield f"{listing.symbol}: stop orders wait: {stops}, in the list: {bool(listing.stops)}"


def nobody_stirs_in_a_halt(exchange: Exchange) -> Finding:
    """X19: outside continuous trading no pegged order stands in the book; in it no market order waits for a call."""
    for listing in exchange.listings.values():
        if listing.phase == CONTINUOUS and listing.collected:
            yield f"{listing.symbol} is continuous, and the market orders {sorted(listing.collected)} wait"
        for order in listing.pegs.values():
            if listing.phase != CONTINUOUS and order.where == BOOK:
                yield f"{listing.symbol} is {listing.phase}, and pegged order {order.id} is in the book"


STATE: dict[str, tuple[Callable[[Exchange], Finding], ...]] = {
    "X1": (no_book_is_crossed,),
    "X7": (open_orders_have_something_left,),
    "X9": (client_ids_name_own_orders,),
    "X11": (orders_are_on_their_steps,),
    "X12": (open_orders_are_their_accounts,),
    "X15": (nothing_waits_that_must_not,),
    "X17": (ids_are_dense,),
    "X18": (levels_add_up, whatever_waits_is_known),
    "X19": (nobody_stirs_in_a_halt,),
}
"""Which function looks for which breach on one venue."""

OF_ALL_VENUES: dict[str, tuple[Callable[[Sequence[Exchange]], Finding], ...]] = {
    "X6": (nothing_is_owed, reservations_are_those_of_the_open_orders),
}
"""Which function looks for which breach in the accounts that all venues of a ledger share."""


def check(*venues: Exchange) -> list[Violation]:
    """Every breach as things are now, in the venues of one ledger."""
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
    """Every breach between the exchange and its journal: money made or lost (X4, X5), fees astray (X20)."""
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
    """Stop the run when a promise is broken."""
    sentences = [f"{violation.invariant}: {violation.found}" for violation in violations]
    if sentences:
        raise InvariantBroken("; ".join(sentences))
