"""Adverse selection, foretold: how far the price will have moved against a maker one second after a trade.

The target is the impact of F-8.1, D(M' - M), in basis points of the midpoint. Two things are known when the trade
happens: how much of what was shown it took, and how the quotes leaned to its side. Their weights are least squares over
the trades of one run; the model is judged on runs with other seeds, beside the mean of its own run, which is what one
would say without a model, and beside "nothing moves" (rulebook F-8.16).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.spreads import spreads
from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY
from market_sim.core.units import BPS
from market_sim.market.exchange.quotes import BookTape, tapes
from market_sim.pricing.allocation import solved

FEWEST = 30
"""The number of trades that a model is fitted to at least."""
RIDGE = 1e-9
"""So little is added to the squares that a figure which never changes gets no weight."""
ADVERSE = columns(
    book="the book",
    estimator="the model of this run, its mean, or nothing",
    trades="the number of trades in runs with other seeds, each a second before the end of its run or earlier",
    true="how far the midpoint moved with the taker on average, in basis points",
    estimate="the mean of what was foretold",
    error="the mean of estimate less truth",
    rms_error="the root of the mean squared error",
)


class Case(NamedTuple):
    """One trade: what was known when it happened, and what came of it."""

    share: float
    """The part of the displayed quantity at the best price that it wanted, at most all of it."""
    lean: float
    """The displayed quantity on the taker's side less that on the other, as a share of both."""
    moved: float


class AdverseModel(NamedTuple):
    """The linear model of one book, and the mean of the run that it was fitted to."""

    base: float
    by_share: float
    by_lean: float
    mean: float

    def told(self, one: Case) -> float:
        """What the model foretells of a trade."""
        return self.base + self.by_share * one.share + self.by_lean * one.lean


def cases(tape: BookTape, end: int) -> list[Case]:
    """The trades of a book whose second is over."""
    quotes, found = tape.quotes, []
    for one in spreads(tape.trades, quotes, end):
        place = quotes.place_before(one.trade.time)
        if one.impact is None or place is None:
            continue
        bid, ask = quotes.bid_sizes[place], quotes.ask_sizes[place]
        taken, own = (ask, bid) if one.trade.side == BUY else (bid, ask)
        lean = (own - taken) / (own + taken)
        found.append(Case(min(1.0, one.trade.quantity / taken), lean, BPS * one.impact / quotes.twice[place]))
    return found


def fitted(known: Sequence[Case]) -> AdverseModel | None:
    """Least squares over these trades; None where there are too few.

    >>> fitted([Case(share / 40, lean, 1 + 2 * share / 40 + 3 * lean) for share in range(40) for lean in (-1, 0, 1)])
    AdverseModel(base=1.0, by_share=2.0, by_lean=3.0, mean=1.975)
    """
    if len(known) < FEWEST:
        return None
    rows = [(1.0, one.share, one.lean) for one in known]
    squares = [[sum(row[i] * row[j] for row in rows) for j in range(3)] for i in range(3)]
    for place in range(1, 3):
        squares[place][place] += RIDGE
    sums = [sum(row[i] * one.moved for row, one in zip(rows, known, strict=True)) for i in range(3)]
    base, by_share, by_lean = (round(weight, 6) for weight in solved(squares, sums))
    return AdverseModel(base, by_share, by_lean, fmean(one.moved for one in known))


def models(journal: Journal) -> dict[str, AdverseModel]:
    """The model of every book of a run that has traded often enough."""
    end = journal[-1].time
    found = {name: fitted(cases(tape, end)) for name, tape in tapes(journal).items()}
    return {name: one for name, one in found.items() if one is not None}


def adverse_errors(learned: Mapping[str, AdverseModel], unseen: Iterable[Journal]) -> Table:
    """How wrong each was over the trades of runs that the models have not seen."""
    known: dict[str, list[Case]] = {}
    for journal in unseen:
        end = journal[-1].time
        for name, tape in tapes(journal).items():
            if name in learned:
                known.setdefault(name, []).extend(cases(tape, end))
    rows = []
    for name, found in known.items():
        model = learned[name]
        true = fmean(one.moved for one in found) if found else 0.0
        for label, told in (
            ("model", [model.told(one) for one in found]),
            ("mean", [model.mean] * len(found)),
            ("nothing", [0.0] * len(found)),
        ):
            if found:
                wrong = [guess - one.moved for guess, one in zip(told, found, strict=True)]
                rms = sqrt(fmean(one * one for one in wrong))
                rows.append((name, label, len(found), true, fmean(told), fmean(wrong), rms))
    return Table("adverse", ADVERSE, rows)
