"""The liquidation waterfall: the steps by which accounts in breach were liquidated, with the amount of each step.

Each row is one step (rulebook F-2.6): cancelled orders, slices through the book, the fee, the insurance fund,
auto-deleveraging, shared losses, the broker's loss. Charts draw the rows; `story` sums them up in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from market_sim.core.models.event import Event
from market_sim.core.models.mechanism_events import (
    DeficitCovered,
    LiquidationEnded,
    LiquidationStarted,
    PositionReduced,
    PositionSold,
)
from market_sim.core.money import written
from market_sim.market.mechanisms.clearing_house import CLEARING

BROKER, FUND = "broker", "insurance"
PAYERS = ("insurance", "clearing", "deleveraged", "shared", "broker")
"""The steps at which another party pays, in the order of the rule."""


class Step(NamedTuple):
    """One step of a liquidation, with its quantity, its amount and the equity after it."""

    time: int
    account: str
    round: int
    step: str
    """"orders", "slice", "fee", one of `PAYERS`, or the outcome at the end."""
    symbol: str
    quantity: int
    amount: int
    equity: int | None


class Deficit(NamedTuple):
    """The deficit of one account, by who covered it."""

    account: str
    insurance: int
    clearing: int
    deleveraged: int
    shared: int
    broker: int

    @property
    def total(self) -> int:
        """The whole deficit."""
        return self.insurance + self.clearing + self.deleveraged + self.shared + self.broker


def waterfall(events: Iterable[Event], account: str | None = None) -> list[Step]:
    """The steps of all liquidations, or of those of one account, in order."""
    rows: list[Step] = []
    number, winners = 0, set[tuple[str, str]]()
    for event in events:
        if isinstance(event, LiquidationStarted):
            number, winners = event.round, set()
            rows.append(Step(event.time, event.account, number, "orders", event.pool, event.orders, 0, event.equity))
        elif isinstance(event, PositionSold):
            change = event.side * event.filled
            common = event.time, event.account, number
            rows.append(Step(*common, "slice", event.symbol, change, event.cash, event.equity))
            if event.fee:
                rows.append(Step(*common, "fee", event.symbol, 0, event.fee, None))
        elif isinstance(event, PositionReduced):
            winners.add((event.account, event.counterparty))
            rows.append(
                Step(event.time, event.account, number, "deleveraged", event.symbol, event.change, event.given_up, None)
            )
        elif isinstance(event, DeficitCovered):
            step = _payer(event, winners)
            if step != "deleveraged":  # told by its PositionReduced already
                rows.append(Step(event.time, event.account, number, step, event.symbol, 0, event.amount, None))
        elif isinstance(event, LiquidationEnded):
            rows.append(Step(event.time, event.account, number, event.outcome, event.pool, 0, 0, event.equity))
    return [row for row in rows if account in (None, row.account)]


def _payer(event: DeficitCovered, winners: set[tuple[str, str]]) -> str:
    """The step of the waterfall that a payment belongs to.

    A winner pays for the position closed against it right after the closing, and its share of a remaining loss later;
    so the first payment of a winner is the one for its position.
    """
    if event.payer in (BROKER, FUND, CLEARING):
        return str(event.payer)
    if (event.account, event.payer) in winners:
        winners.remove((event.account, event.payer))
        return "deleveraged"
    return "shared"


def deficits(events: Iterable[Event]) -> list[Deficit]:
    """The deficits of all accounts, in the order of their liquidation."""
    sums: dict[str, dict[str, int]] = {}
    for row in waterfall(events):
        if row.step in PAYERS:
            of_account = sums.setdefault(row.account, {})
            of_account[row.step] = of_account.get(row.step, 0) + row.amount
    found = [Deficit(name, *(parts.get(step, 0) for step in PAYERS)) for name, parts in sums.items()]
    return [deficit for deficit in found if deficit.total]


def story(rows: Sequence[Step]) -> str:
    """The waterfall in one sentence."""
    if not rows:
        return "No position was liquidated."
    accounts = len({row.account for row in rows})
    slices = [row for row in rows if row.step == "slice"]
    parts = [
        f"{accounts} account{'s were' if accounts > 1 else ' was'} liquidated: {len(slices)} orders closed "
        f"{sum(abs(row.quantity) for row in slices)} units for {written(sum(row.amount for row in slices))}"
    ]
    for step, words in (
        ("fee", "the fund took {} of fees"),
        ("insurance", "the fund paid {}"),
        ("clearing", "the clearing house paid {}"),
        ("deleveraged", "winners gave up {}"),
        ("shared", "{} was shared by those who hold the contract"),
        ("broker", "the broker lost {}"),
    ):
        amount = sum(row.amount for row in rows if row.step == step)
        if amount:
            parts.append(words.format(written(amount)))
    return "; ".join(parts) + "."
