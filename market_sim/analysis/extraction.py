"""What was extracted in a run: by whom, where, and from whom.

A leader chooses the order of the calls of a pool, and a reader of orders on their way is there before them on a book.
Both are measured against the order of arrival or of sending (market_sim/blockchain/extracted_value.py,
market_sim/market/exchange/order_of_arrival.py). What one account has more others have less, to the last cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.words import Words, signed
from market_sim.blockchain.extracted_value import NO_LEADER, POOL, extracted_by_leader
from market_sim.core.data.journal import Journal
from market_sim.core.english import listed
from market_sim.core.models.market_events import OrderRead, Trade
from market_sim.core.models.settlement_events import CallSubmitted, ContractDeployed, ContractReconciled
from market_sim.market.exchange.order_of_arrival import gains_by_reader

POOLS = "Amm"
"""The kind of contract that is played again; of a guarded pool the halts would have to be played, too."""
HEAD = ("by", "at", "account", "shares", "money", "together")
COLUMNS = columns(
    by="who chose the order: the leader of a block, or the reader of an order on its way",
    at="the pool, or the instrument of the book",
    account="who has more or less by that",
    base="of the asset, in lots of its smallest unit",
    quote="of the currency, in its smallest unit",
    worth="both together, the asset at the last price there",
    currency="which currency that is",
)


class Extraction(NamedTuple):
    """What one account has more or less because of the order that a leader or a reader chose."""

    by: str
    at: str
    account: str
    base: int
    quote: int
    price: int
    """The last price there of the smallest unit of the asset, in whole units of the currency."""
    asset: str
    currency: str

    @property
    def worth(self) -> int:
        """Money, and the asset at the last price there."""
        return self.quote + self.base * self.price


def extractions(journal: Journal) -> list[Extraction]:
    """Everything that was extracted, gains before losses; accounts for which an order changed nothing are left out."""
    kinds = {type(event) for event in journal}  # one look, because most runs have neither
    on_books = _on_books(journal) if OrderRead in kinds else ()
    at_pools = _at_pools(journal) if CallSubmitted in kinds else ()
    found = [*on_books, *at_pools]
    return sorted(
        (one for one in found if one.base or one.quote), key=lambda one: (one.by, one.at, -one.worth, one.account)
    )


def _at_pools(journal: Journal) -> Iterable[Extraction]:
    called = {call.contract for call in journal.of(CallSubmitted)}
    for pool in journal.of(ContractDeployed):
        if pool.kind != POOLS or pool.contract not in called or pool.chain:
            continue
        asset, currency = str(pool.terms["base"]), str(pool.terms["quote"])
        reserves = [event.numbers for event in journal.of(ContractReconciled) if event.contract == pool.contract]
        base, quote = (int(reserves[-1][name]) if reserves else 0 for name in ("baseReserve", "quoteReserve"))
        price = (quote + base // 2) // base if base else 0
        for leader, changed in extracted_by_leader(journal, pool.contract).items():
            for account, held in changed.items():
                if leader != NO_LEADER:
                    yield Extraction(f"n{leader}", pool.contract, account, *held, price, asset, currency)


def _on_books(journal: Journal) -> Iterable[Extraction]:
    listed = Words(journal).listed
    for symbol in sorted({event.symbol for event in journal.of(OrderRead)} & listed.keys()):
        currency, multiplier = listed[symbol].quote, listed[symbol].multiplier
        price = multiplier * next((one.price for one in reversed(list(journal.of(Trade))) if one.symbol == symbol), 0)
        for reader, changed in gains_by_reader(journal, symbol).items():
            for account, (shares, money) in changed.items():
                yield Extraction(reader, symbol, account, shares, multiplier * money, price, symbol, currency)


def sentence(found: Sequence[Extraction], words: Words) -> str:
    """How much was taken from whom, in one sentence; empty if nothing was."""
    lost = [one for one in found if one.worth < 0]
    if not lost:
        return ""
    lost = [one for one in lost if one.account != POOL] or lost
    total: Counter[str] = Counter()
    for one in lost:
        total[one.currency] -= one.worth
    taken = listed([words.amount(currency, amount) for currency, amount in total.items()])
    chosen = listed(list(dict.fromkeys(one.by for one in found)))
    victims = listed(list(dict.fromkeys(one.account for one in lost)))
    return f"The order that {chosen} chose took {taken} from {victims}; what some have less others have more."


def rows(found: Iterable[Extraction], words: Words) -> list[tuple[str, ...]]:
    """The table for pages: shares as they are counted, money with its currency."""
    return [
        (
            one.by,
            one.at,
            one.account,
            signed(words.size(one.asset, one.base)),
            signed(words.amount(one.currency, one.quote)),
            signed(words.amount(one.currency, one.worth)),
        )
        for one in found
    ]


def lines(found: Iterable[Extraction], words: Words) -> list[str]:
    """The lines of the summary: for each leader or reader and place what it gave and took."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in found:
        shares = f" and {signed(words.amount(one.asset, one.base))}" if one.base else ""
        told.setdefault((one.by, one.at), []).append(
            f"{one.account} {signed(words.amount(one.currency, one.quote))}{shares}"
        )
    return [f"{by} at {at}: {', '.join(changes)}" for (by, at), changes in told.items()]


def extraction_table(journal: Journal) -> Table:
    """The same for programs, in the smallest units."""
    cells = [
        (one.by, one.at, one.account, one.base, one.quote, one.worth, one.currency) for one in extractions(journal)
    ]
    return Table("extracted", COLUMNS, cells)
