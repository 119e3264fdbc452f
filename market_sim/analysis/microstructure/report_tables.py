"""The tables of the microscope: what the command prints, the page shows and the CSV files hold.

Prices and costs are in the smallest unit of the currency; a cost in halves of it has a decimal. Times are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from market_sim.analysis.microstructure.efficiency import FEWEST, efficiency
from market_sim.analysis.microstructure.estimates import estimates
from market_sim.analysis.microstructure.evidence import sources, verdicts
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.regimes import WILD
from market_sim.analysis.microstructure.shortfall import CAUSES, ParentOrder, shortfall
from market_sim.analysis.microstructure.slippage import Cell, by_account, by_side, by_size, by_time, by_venue, total
from market_sim.analysis.microstructure.spreads import HORIZON_NS
from market_sim.analysis.results.table import Column, Table, Value, columns
from market_sim.core.units import MILLISECOND
from market_sim.market.exchange.markouts import HORIZONS_NS, in_order

Rows = Iterator[tuple[Value, ...]]

BOOK = Column("book", "what is traded, and on which venue where there are several")
SPREADS = (BOOK, *columns(
    trades="how many of them had quotes before them",
    quantity="how much they traded",
    quoted="the spread of the quotes",
    effective="twice what takers paid beyond the midpoint",
    effective_then=f"the same of the trades that were followed for {HORIZON_NS // 1_000_000_000} s: realised + impact",
    realised="what makers kept of it",
    impact="how far the price went with the takers, twice",
    improvement="how much better than the quote takers did; negative beyond it",
    e_q="effective over quoted",
))  # fmt: skip
SLIPPAGE = (BOOK, *columns(
    cut="what the trades are divided by",
    of="the class",
    trades="how many trades",
    quantity="how much they traded",
    value="price times quantity",
    cost="what takers paid beyond the midpoint",
    bps="the same in basis points of the value",
))  # fmt: skip
MARKOUTS = (BOOK, *columns(
    account="who",
    role="taker or maker",
    trades="how many trades",
    quantity="how much they traded",
), *(
    Column(f"after_{horizon // MILLISECOND}_ms", "the gain for each unit this long after") for horizon in HORIZONS_NS
))  # fmt: skip
TOXICITY = (BOOK, *columns(
    time="when the bucket was full",
    vpin="mean imbalance of the last 50 buckets, classified in bulk",
    true="the same by the side of the takers",
))  # fmt: skip
QUOTES = (BOOK, *columns(
    account="the maker",
    bid="its best bid at the end",
    bid_size="what it quotes there",
    ask="its best ask",
    ask_size="what it quotes there",
    inventory="what it held beyond its target at its last decision",
    reference="the price that its quotes lay around then",
    inventory_term="how far its inventory moves both quotes",
    volatility_term="how far volatility moves them apart, on each side",
    risk_term="how far its aversion to risk does, with how fast trades become fewer",
    note="why there are no terms, or that they give other quotes",
))  # fmt: skip
ESTIMATES = (BOOK, *columns(
    measure="what is estimated",
    estimate="from prices and volumes alone",
    truth="what the journal knows",
    unit="price: the smallest unit of the currency",
    note="what it is compared with, or why there is none",
))  # fmt: skip
EFFICIENCY = (BOOK, *columns(
    statistic="of returns of the midpoint",
    measured="what was found",
    low="the band of returns that cannot be foreseen",
    high="its upper end",
    verdict="inside or outside",
))  # fmt: skip
ORDER = columns(agent="whose order", book="in which book", side="buy or sell")
SHORTFALL = (*ORDER, *columns(
    quantity="what was decided",
    filled="what traded",
    cause="delay, trading, opportunity, fees, and the total",
    cost="in the smallest unit; positive is a cost",
    bps="in basis points of the order on paper",
))  # fmt: skip
BENCHMARKS = (*ORDER, *columns(benchmark="its name", price="the benchmark", bps="how much worse the order was"))
ADVICE = (*ORDER, *columns(advice="what would have been cheaper", saving="by how much, on these fills"))
ALERTS = (BOOK, *columns(
    time="when the interval ended",
    fall="how far the depth was below its mean",
    trend="the slope of the price for an interval",
))  # fmt: skip
REGIMES = (BOOK, *columns(
    regime="calm or wild",
    time="when the stretch began",
    end="when it ended",
    bps="the standard deviation of a fifth of a second in this regime",
))  # fmt: skip
DISCOVERY = columns(
    first="one venue",
    second="the other",
    gonzalo_granger="the component share of the first",
    hasbrouck_first="the information share of the first, if it comes first",
    hasbrouck_last="the same, if it comes last",
    middle="their middle",
    note="why there is none",
)
EVIDENCE = (BOOK, *columns(
    said_by="a source or a rule",
    up="the chance of a rise; of a rule, the least that it leaves",
    up_at_most="the most that the rule leaves",
    reliability="of a source: how much oftener than not it was right",
    conflict="of a rule: K, what the sources contradict",
    note="how many changes a source was held against, or what a rule assumes",
))  # fmt: skip

CUTS: tuple[str, ...] = ("size", "venue", "time", "side", "taker")


def report(found: Microscope) -> list[Table]:
    """All tables, the most asked for first."""
    makers: tuple[tuple[str, tuple[Column, ...], Callable[[Microscope], Rows]], ...] = (
        ("shortfall", SHORTFALL, _shortfalls),
        ("benchmarks", BENCHMARKS, _benchmarks),
        ("recommendations", ADVICE, _advice),
        ("spreads", SPREADS, _spreads),
        ("slippage", SLIPPAGE, _slippage),
        ("markouts", MARKOUTS, _markouts),
        ("quotes", QUOTES, _quotes),
        ("estimates", ESTIMATES, _estimates),
        ("efficiency", EFFICIENCY, _efficiency),
        ("evidence", EVIDENCE, _evidence),
        ("discovery", DISCOVERY, _discoveries),
        ("alerts", ALERTS, _alerts),
        ("regimes", REGIMES, _regimes),
        ("toxicity", TOXICITY, _toxicity),
    )
    return [Table(name, heads, list(make(found))) for name, heads, make in makers]


def _key(order: ParentOrder) -> tuple[Value, ...]:
    return order.agent, order.book, "buy" if order.side > 0 else "sell"


def _shortfalls(found: Microscope) -> Rows:
    for order in found.orders:
        cost = shortfall(order)
        for cause in (*CAUSES, "total"):
            half = getattr(cost, cause)
            yield *_key(order), order.quantity, order.filled, cause, half / 2, half / 2 / order.value * 10_000


def _benchmarks(found: Microscope) -> Rows:
    for order in found.orders:
        for one in found.benchmarks(order):
            yield *_key(order), one.name, one.price, one.bps


def _advice(found: Microscope) -> Rows:
    for order in found.orders:
        for one in found.advice(order):
            yield *_key(order), one.advice, one.saving / 2


def _spreads(found: Microscope) -> Rows:
    for book in found.traded:
        told = book.averages
        if told is not None:
            yield (
                book.name, told.trades, told.quantity, told.quoted, told.effective, told.effective_then, told.realised,
                told.impact, told.improvement, told.effective_over_quoted,
            )  # fmt: skip


def _slippage(found: Microscope) -> Rows:
    for book in found.traded:
        some, scale = book.spreads, book.listed.multiplier
        parts = (by_size(some), by_venue(some), by_time(some, book.end), by_side(some), by_account(some))

        def row(cut: str, cell: Cell, name: str = book.name, scale: int = scale) -> tuple[Value, ...]:
            value, cost = cell.value * scale, cell.twice_cost * scale / 2
            return name, cut, cell.name, cell.trades, cell.quantity, value, cost, cell.bps

        for cut, part in zip(CUTS, parts, strict=True):
            yield from (row(cut, cell) for cell in part)
        yield row("whole", total(parts[0]))


def _markouts(found: Microscope) -> Rows:
    for book in found.traded:
        for one in in_order(book.markouts):
            yield book.name, one.account, one.role, one.trades, one.quantity, *one.means


def _quotes(found: Microscope) -> Rows:
    for one in found.cards:
        yield (
            one.book, one.account, one.bid, one.bid_size, one.ask, one.ask_size, one.held, one.reference,
            *(one.terms or (None,) * 3), one.note,
        )  # fmt: skip


def _toxicity(found: Microscope) -> Rows:
    for book in found.books:
        for bucket, guessed, true in book.toxicity:
            yield book.name, bucket.time, guessed, true


def _regimes(found: Microscope) -> Rows:
    for book in found.books:
        fit = book.regimes
        if fit is not None and not fit.is_one:
            ends = [step.end for step in book.intervals]
            for one in fit.stretches:
                deviation = fit.wild if one.regime == WILD else fit.calm
                yield book.name, one.regime, ends[one.first], ends[one.end], 10_000 * deviation


def _estimates(found: Microscope) -> Rows:
    for book in found.books:
        for one in estimates(book):
            yield book.name, *one


def _efficiency(found: Microscope) -> Rows:
    for book in found.books:
        if len(book.returns) >= FEWEST and len(set(book.returns)) > 1:
            for one in efficiency(book.returns):
                verdict = "inside" if one.inside else "outside"
                yield book.name, one.name, one.measured, one.low, one.high, verdict


def _evidence(found: Microscope) -> Rows:
    for book in found.books:
        told = sources(book.intervals, book.moments)
        for one in told:
            yield book.name, one.name, one.chance, None, one.reliability, None, f"{one.cases:,} changes"
        if told:
            for rule in verdicts(told):
                yield book.name, rule.rule, rule.low, rule.high, None, rule.conflict, rule.note


def _discoveries(found: Microscope) -> Rows:
    for one, other, told in found.discoveries:
        if isinstance(told, str):
            yield one, other, None, None, None, None, told
        else:
            yield one, other, told.component, told.first, told.last, told.middle, ""


def _alerts(found: Microscope) -> Rows:
    for book in found.books:
        for time, one in book.alerts:
            yield book.name, time, one.fall, one.slope
