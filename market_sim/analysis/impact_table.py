"""The table of impacts: true shortfall beside its estimators, in money and basis points; a sentence for each book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.impact import Impact
from market_sim.core.money import written

HEAD = (
    "book", "trades", "bought", "sold", "true shortfall", "arrival", "effective", "model", "square root",
    "largest impact", "impact at the end",
)  # fmt: skip
NOTES = (
    "true shortfall: what its trades cost beside the midpoints of the run without it, with fees.",
    "arrival: beside the midpoint before its first order (Perold 1988), with fees.",
    "effective: beside the midpoint just before each trade, with fees.",
    "model: the linear model of Almgren and Chriss (2000), fitted to the trades and midpoints of the run.",
    "square root: the volatility of the run, times the root of its share of the volume, times its quantity.",
    "impact: the midpoint with it less the midpoint without it. Costs are positive; bps are of the value it traded.",
)
MEASURES = ("true", "arrival", "effective", "model", "square_root")
ABSENT = "–"


def shown(found: Iterable[Impact]) -> list[Impact]:
    """The books in which it traded or the price was another one."""
    return [one for one in found if one.fills or one.largest[1]]


def impact_rows(found: Iterable[Impact]) -> list[tuple[str, ...]]:
    """One row for each book."""
    return [
        (
            one.book, f"{len(one.fills):,}", _size(one, one.bought), _size(one, one.sold),
            *(_cost(one, getattr(one, name)) for name in MEASURES), _half(one, one.largest[1]), _half(one, one.last),
        )
        for one in found
    ]  # fmt: skip


def impact_sentences(found: Iterable[Impact], agent: str) -> Iterator[str]:
    """What there is to see in each book."""
    some = list(found)
    if not some:
        yield f"Without {agent} nothing differs: it placed no order that changed a price, and it never traded."
    for one in some:
        time, most = one.largest
        traded = f"{agent} traded {_size(one, one.bought + one.sold)} {one.listed.symbol}"
        worth = written(one.value, one.listed.cash_decimals)
        cost = f"its true shortfall is {_cost(one, one.true, one.listed.quote)}"
        what = (
            f"{traded} for {worth} {one.listed.quote}; {cost}" if one.fills else f"{agent} never traded in {one.book}"
        )
        moved = (
            f"the midpoint was at most {_apart(one, most)} than without it, at {seconds(time):.1f} s, "
            f"and {_apart(one, one.last) if one.last else 'the same'} at the end"
        )
        yield f"{one.book}: {what}; {moved if most else 'the midpoint was never another one'}."


def document(found: Iterable[Impact], agent: str) -> dict[str, Any]:
    """The same as plain values: costs in the smallest unit, impacts in price units."""
    return {
        "agent": agent,
        "books": [
            {
                "book": one.book, "quote": one.listed.quote, "trades": len(one.fills), "bought": one.bought,
                "sold": one.sold, "value": one.value, **{name: getattr(one, name) for name in MEASURES},
                "largest_impact": one.largest[1] / 2, "largest_at": one.largest[0], "last_impact": one.last / 2,
            }
            for one in found
        ],
    }  # fmt: skip


def _size(one: Impact, quantity: int) -> str:
    return written(quantity, one.listed.quantity_decimals)


def _cost(one: Impact, cost: float | None, currency: str = "") -> str:
    if cost is None or not one.fills:
        return ABSENT
    amount = f"{written(round(cost), one.listed.cash_decimals)} {currency}".rstrip()
    return f"{amount} ({cost / one.value * 10_000:.1f} bps)"


def _half(one: Impact, twice: int) -> str:
    """Half of a number of price units, with one decimal more than a price."""
    return written(twice * 5, one.listed.price_decimals + 1)


def _apart(one: Impact, twice: int) -> str:
    return f"{_half(one, abs(twice))} {'higher' if twice > 0 else 'lower'}"
