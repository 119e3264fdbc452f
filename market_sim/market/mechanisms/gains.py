"""Gains: what a contract that is paid for later has lost is collected when its position is liquidated.

From day to day everybody pays and is paid by the variation margin. A position that a broker closes is settled at once
and out of the account's own cash: what is missing then is a deficit, which is not lent but covered.
"""

from __future__ import annotations

from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.liabilities import VARIATION
from market_sim.market.mechanisms.standings import Standings


def collect(standings: Standings, credit: Credit, clearing: str, name: str, symbol: str) -> int:
    """Let one account pay what a contract has lost, out of its own cash only; returns what it paid."""
    due = -gain_of(standings, name, symbol)
    paid = credit.pay(name, clearing, due, VARIATION, symbol, lend=False) if due > 0 else 0
    standings.catch_up()
    return paid


def gain_of(standings: Standings, name: str, symbol: str) -> int:
    """What is still to be paid to an account for a contract, at the snapshot."""
    contract = standings.liabilities.contract(name, symbol)
    return contract.gain(standings.marks.get(symbol, 0), standings.instruments[symbol].multiplier)
