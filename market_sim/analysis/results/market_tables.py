"""The tables of a run's market: candles, fees, the changes of its books, and those of its strategies."""

from __future__ import annotations

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import BookOpened, InstrumentListed, book_name
from market_sim.core.models.run_events import ParameterChanged
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.exchange.book_feed import BookFeed
from market_sim.market.exchange.market_data import candles, fee_lines, trades_of

CANDLES = columns(
    start="when the interval begins, which lasts one trading day",
    book="what was traded, and on which venue where there are several",
    open="the price of the first trade",
    high="the highest price",
    low="the lowest price",
    close="the price of the last trade",
    volume="how much was traded",
    trades="how many trades there were",
)
FEES = columns(
    trade="the number of the trade",
    kind="the kind of the instrument, which the rate depends on",
    account="the account that paid",
    role="maker, taker, or auction, which has no taker",
    rate="in millionths of the value traded; negative for a rebate",
    amount="what was paid; negative for a rebate",
)
DEPTH = columns(
    sequence="the number of the change in its book, from 1 without gaps",
    time="from when on the price shows this quantity",
    book="what is traded, and on which venue where there are several",
    side="buy or sell",
    price="in ticks of its currency's smallest unit",
    quantity="what the price shows now; 0 when nothing is left",
)

ADAPTATIONS = columns(
    time="when the strategy changed its parameter",
    agent="the participant with this strategy",
    parameter="which of its parameters",
    before="the value until then",
    after="the value from then on",
    reason="the rule and the figures behind it, as the strategy gave them",
)


def book_names(journal: Journal) -> list[str]:
    """The names of all books: the instruments, with their venues where there are several."""
    opened = [book_name(event.symbol, event.venue) for event in journal.of(BookOpened)]
    return opened or [event.symbol for event in journal.of(InstrumentListed)]


def candles_table(journal: Journal) -> Table:
    """The prices of each trading day of each book."""
    rows = [
        (one.start, book, one.open, one.high, one.low, one.close, one.volume, one.trades)
        for book in book_names(journal)
        for one in candles(trades_of(journal, book), TRADING_DAY_NS)
    ]
    return Table("candles", CANDLES, rows)


def fees_table(journal: Journal) -> Table:
    """The fees of each side of each trade, with their rates."""
    rows = [(one.trade, one.kind, one.account, one.role, one.rate, one.amount) for one in fee_lines(journal)]
    return Table("fees", FEES, rows)


def depth_table(journal: Journal) -> Table:
    """The changes of the displayed books; applied in order they give the book at any time."""
    rows = [
        (one.sequence, one.time, book, SIDE_NAMES[one.side], one.price, one.quantity)
        for book in book_names(journal)
        for one in BookFeed(journal, book, kept=len(journal)).changes(since=0)
    ]
    return Table("depth", DEPTH, rows)


def adaptations_table(journal: Journal) -> Table:
    """Every change that a strategy made to one of its own parameters, and why."""
    rows = [
        (event.time, event.agent, event.parameter, event.before, event.after, event.reason)
        for event in journal.of(ParameterChanged)
    ]
    return Table("adaptations", ADAPTATIONS, rows)
