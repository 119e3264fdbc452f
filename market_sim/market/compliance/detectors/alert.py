"""An alert: what a detector found, with its rule, its numbers, and the orders and trades that are the evidence.

>>> numbers = {"account": "eve", "quantity": 300, "times": 10, "share": 75, "filled": 0, "after_ms": 200}
>>> Alert(5, "SPOOFING", ("eve",), "ACME", numbers, orders=(7,), trades=(3,)).sentence
'eve cancelled an order of 300 (10 times the usual size, 75 % of the near depth, 0 % filled) 200 ms after trading on \
the other side'
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from market_sim.core.models.event import Numbers
from market_sim.core.models.figures import NO_FIGURES, Figures

Severity = Literal["notice", "warning", "serious"]


class AlertKind(msgspec.Struct, frozen=True):
    """One kind of alert: its code, how grave it is, whether it accuses accounts, its rule, and its sentence."""

    code: str
    severity: Severity
    accuses: bool
    """Whether the named accounts are accused of misconduct; otherwise a case is opened, and no account is blamed."""
    rule: str
    template: str


ALERT_KINDS: Final[dict[str, AlertKind]] = {
    kind.code: kind
    for kind in (
        AlertKind(
            "WASH_TRADE", "serious", True,
            "A trade needs two parties: no owner trades with itself, alone or in circles with a partner.",
            "{accounts} traded {quantity:size} back and forth in {trips} round trips; their positions changed by "
            "{net:size}",
        ),
        AlertKind(
            "SPOOFING", "serious", True,
            "An order is meant to be traded: no large order is shown only until a trade on the other side is done.",
            "{account} cancelled an order of {quantity:size} ({times} times the usual size, {share} % of the near "
            "depth, {filled} % filled) {after_ms} ms after trading on the other side",
        ),
        AlertKind(
            "LAYERING", "serious", True,
            "An order is meant to be traded: no stack of orders is shown only until a trade on the other side is done.",
            "{account} cancelled {cancelled} of its {orders} orders at {prices} prices {after_ms} ms after trading on "
            "the other side",
        ),
        AlertKind(
            "QUOTE_STUFFING", "warning", True,
            "Messages are for trading: nobody floods the exchange with orders that are cancelled at once.",
            "{account} sent {messages} messages in {seconds} s, and {share} % of its orders lived less than "
            "{fleeting_ms} ms",
        ),
        AlertKind(
            "MARKING_THE_CLOSE", "warning", True,
            "A closing price is made by the market: nobody pushes it with most of the last trades.",
            "{account} took {share} % of the volume of the last {seconds} s and the price moved by {moved_bps} bp its "
            "way",
        ),
        AlertKind(
            "VOLUME_SPIKE", "notice", False,
            "Many times the normal volume opens a case, and never a halt.",
            "{volume:size} traded in {seconds} s, {times} times the mean of the {buckets} periods before, in which "
            "{before:size} traded",
        ),
        AlertKind(
            "VOLATILITY_CLUSTERING", "notice", False,
            "Where large moves follow large moves, risk that is measured in calm times is too small.",
            "the squares of the last {returns} returns are correlated: Ljung-Box {statistic} at {lags} lags, above "
            "{critical}",
        ),
        AlertKind(
            "BEST_EXECUTION", "notice", False,
            "An order trades at the best price that any venue shows.",
            "{account} traded at {price:price} where {venue} showed {better:price}: {worse_bps} bp worse",
        ),
    )
}  # fmt: skip
"""Every kind of alert by its code."""


class Alert(msgspec.Struct, frozen=True):
    """One finding of a detector."""

    time: int
    kind: str
    accounts: tuple[str, ...]
    symbol: str
    """The book: the instrument and, if there are several, the venue."""
    numbers: Numbers
    orders: tuple[int, ...] = ()
    trades: tuple[int, ...] = ()
    event: int = -1
    """The sequence number of the event at which it was raised; the watch, which counts events, fills it in."""

    @property
    def rule(self) -> str:
        """The rule in one sentence."""
        return ALERT_KINDS[self.kind].rule

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return ALERT_KINDS[self.kind].severity

    @property
    def accuses(self) -> bool:
        """Whether its accounts are accused of misconduct."""
        return ALERT_KINDS[self.kind].accuses

    @property
    def sentence(self) -> str:
        """What was found, with its numbers as they are."""
        return self.told(NO_FIGURES)

    def told(self, figures: Figures) -> str:
        """What was found, with prices and sizes as people write them."""
        return figures.filled(ALERT_KINDS[self.kind].template, self.numbers, self.symbol.partition(" on ")[0])
