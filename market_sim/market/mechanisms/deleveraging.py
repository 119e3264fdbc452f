"""Auto-deleveraging: when nobody trades with a bankrupt account, winners are closed against it (rulebook F-2.6).

The opposing accounts are ranked by gain x leverage: the gain of the contract over what it was entered at, times its
value over the account's equity (after BitMEX's indicator). The first loses its position first. Both sides are closed
at the mark, and the winners give up as much as the bankrupt account lacks: together that is closing at its bankruptcy
price, to the cent, however large the position.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from market_sim.core.models.mechanism_events import DeficitCovered, PositionReduced
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.standings import Standings

DELEVERAGED = "DELEVERAGED"


class Opponent(NamedTuple):
    """Somebody with the opposite position, and how far in front of the queue."""

    account: str
    quantity: int
    score: Fraction


def score(open_gain: int, entry: int, value: int, equity: int) -> Fraction:
    """Gain in parts of the entry times leverage; losers, who come last, are ranked by gain over leverage.

    >>> score(open_gain=50, entry=100, value=150, equity=75)
    Fraction(1, 1)
    """
    if not entry:
        return Fraction(0)
    gain, leverage = Fraction(open_gain, abs(entry)), Fraction(abs(value), max(1, equity))
    return gain * leverage if gain > 0 or not leverage else gain / leverage


def ranked(standings: Standings, symbol: str, direction: int, besides: str) -> list[Opponent]:
    """Who holds the opposite of a position of this direction, the first to be closed first."""
    mark, multiplier = standings.marks.get(symbol, 0), standings.instruments[symbol].multiplier
    found = []
    for name in standings.exchange.accounts:
        contract = standings.liabilities.contract(name, symbol)
        if name != besides and contract.quantity * direction < 0:
            value = contract.quantity * mark * multiplier
            gain = contract.open_gain(mark, multiplier)
            found.append(
                Opponent(name, abs(contract.quantity), score(gain, contract.entry, value, standings.equity(name)))
            )
    return sorted(found, key=lambda each: (-each.score, standings.exchange.accounts[each.account].number))


def shares_of(amount: int, weights: list[int]) -> list[int]:
    """An amount divided by weight; the cents that rounding leaves over go to the first ones.

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


def deleverage(standings: Standings, credit: Credit, name: str, symbol: str, deficit: int) -> int:
    """Close what is left of a position against winners, who cover the deficit; returns how much of it they did."""
    held = standings.liabilities.contract(name, symbol).quantity
    direction = 1 if held > 0 else -1
    left, chosen = abs(held), []
    for opponent in ranked(standings, symbol, direction, name):
        if left:
            part = min(left, opponent.quantity)
            chosen.append((opponent.account, part))
            left -= part
    given = shares_of(deficit, [part for _, part in chosen])
    covered = 0
    for rank, ((winner, part), share) in enumerate(zip(chosen, given, strict=True), 1):
        covered += _close(standings, credit, name, winner, symbol, direction * part, share, rank)
    return covered


def _close(
    standings: Standings, credit: Credit, name: str, winner: str, symbol: str, held: int, share: int, rank: int
) -> int:
    """One winner's part: what it gives up is paid, then the positions go."""
    now, mark = standings.exchange.clock.now, standings.marks[symbol]
    paid = credit.pay(winner, name, share, DELEVERAGED, symbol) if share else 0
    standings.record(PositionReduced(now, name, winner, symbol, -held, mark, paid, rank))
    source, target = (name, winner) if held > 0 else (winner, name)
    standings.ledger.transfer(source, target, symbol, abs(held), DELEVERAGED, symbol)
    if paid:
        standings.record(DeficitCovered(now, name, winner, standings.quote, paid, symbol))
    standings.catch_up()
    return paid
