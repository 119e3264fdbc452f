"""Auto-deleveraging: closes winning positions against a bankrupt account if the book has no liquidity (rulebook F-2.6).

The opposing accounts are ranked by gain x leverage: the gain of the contract over its entry value, times its value over
the account's equity (after BitMEX's indicator). The first is closed first. Both sides are closed at the mark, and the
winners give up the amount that the bankrupt account lacks. Together that is a close at the bankruptcy price, exact to
the cent for a position of any size.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from market_sim.core.models.mechanism_events import DeficitCovered, PositionReduced
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.margin_status import MarginCalculator

DELEVERAGED = "DELEVERAGED"


class Opponent(NamedTuple):
    """An account with the opposite position, and its score in the ranking."""

    account: str
    quantity: int
    score: Fraction


def score(open_gain: int, entry: int, value: int, equity: int) -> Fraction:
    """Relative gain times leverage; losers, who come last, are ranked by gain over leverage.

    >>> score(open_gain=50, entry=100, value=150, equity=75)
    Fraction(1, 1)
    """
    if not entry:
        return Fraction(0)
    gain, leverage = Fraction(open_gain, abs(entry)), Fraction(abs(value), max(1, equity))
    return gain * leverage if gain > 0 or not leverage else gain / leverage


def ranked(calculator: MarginCalculator, symbol: str, direction: int, besides: str) -> list[Opponent]:
    """The accounts with a position opposite to this direction, in the order in which they are closed."""
    mark, multiplier = calculator.marks.get(symbol, 0), calculator.instruments[symbol].multiplier
    found = []
    for name in calculator.exchange.accounts:
        contract = calculator.liabilities.contract(name, symbol)
        if name != besides and contract.quantity * direction < 0:
            value = contract.quantity * mark * multiplier
            gain = contract.open_gain(mark, multiplier)
            found.append(
                Opponent(name, abs(contract.quantity), score(gain, contract.entry, value, calculator.equity(name)))
            )
    return sorted(found, key=lambda each: (-each.score, calculator.exchange.accounts[each.account].number))


def shares_of(amount: int, weights: list[int]) -> list[int]:
    """An amount divided in proportion to weights; the cents that rounding leaves go to the first ones.

    >>> shares_of(100, [1, 1, 1]), shares_of(7, [0, 0])
    ([34, 33, 33], [0, 0])
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    for place in range(amount - sum(parts)):
        parts[place] += 1
    return parts


def deleverage(calculator: MarginCalculator, credit: Credit, name: str, symbol: str, deficit: int) -> int:
    """Close the rest of a position against winners, who cover the deficit; returns the covered amount."""
    held = calculator.liabilities.contract(name, symbol).quantity
    direction = 1 if held > 0 else -1
    left, chosen = abs(held), []
    for opponent in ranked(calculator, symbol, direction, name):
        if left:
            part = min(left, opponent.quantity)
            chosen.append((opponent.account, part))
            left -= part
    given = shares_of(deficit, [part for _, part in chosen])
    covered = 0
    for rank, ((winner, part), share) in enumerate(zip(chosen, given, strict=True), 1):
        covered += _close(calculator, credit, name, winner, symbol, direction * part, share, rank)
    return covered


def _close(
    calculator: MarginCalculator, credit: Credit, name: str, winner: str, symbol: str, held: int, share: int, rank: int
) -> int:
    """Close one winner's part: it pays its share of the deficit, then the positions are closed."""
    now, mark = calculator.exchange.clock.now, calculator.marks[symbol]
    paid = credit.pay(winner, name, share, DELEVERAGED, symbol) if share else 0
    calculator.record(PositionReduced(now, name, winner, symbol, -held, mark, paid, rank))
    source, target = (name, winner) if held > 0 else (winner, name)
    calculator.ledger.transfer(source, target, symbol, abs(held), DELEVERAGED, symbol)
    if paid:
        calculator.record(DeficitCovered(now, name, winner, calculator.quote, paid, symbol))
    calculator.catch_up()
    return paid
