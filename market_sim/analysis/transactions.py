"""The transactions of a run on its settlement chain: what was called, the gas, and how many failed.

Everything is read from the journal. A deposit counts as one, although minting and approving are transactions, too; its
gas is that of all of them. The opening of the contracts is not in the list: its total is in `SettlementOpened`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models import settlement_events as events

SETTLEMENT = "settlement"
FUNCTIONS: dict[type, str] = {
    events.BlockSettled: "settle",
    events.DepositTaken: "deposit",
    events.WithdrawalRequested: "requestWithdrawal",
    events.WithdrawalClaimed: "claim",
    events.RequestRefused: "refuseWithdrawal",
    events.HeartbeatGiven: "heartbeat",
}
"""The function of the settlement contract behind each event."""
ALERT_PERCENT = 20
"""More failed transactions than this are an alert, unless another share is asked for."""


class Transaction(NamedTuple):
    """One transaction, or a deposit with what it needs."""

    number: int
    """Its number in the run, from 1."""
    event: int
    """The number of its event in the journal."""
    time: int
    contract: str
    function: str
    account: str
    hash: str
    gas: int
    error: str = ""
    """The contract's reason, if it refused."""


class FunctionUse(NamedTuple):
    """The transactions that called one function."""

    contract: str
    function: str
    transactions: int
    failed: int
    gas: int


def transactions(journal: Journal) -> Iterator[Transaction]:
    """Every transaction, in order, failed ones too."""
    number = 0
    for place, event in enumerate(journal):
        told = _told(event)
        if told is not None:
            number += 1
            yield Transaction(number, place, event.time, *told)


def _told(event: Any) -> tuple[str, str, str, str, int, str] | None:
    """Contract, function, account, hash, gas and error of the transaction that an event tells of, if it does."""
    function = FUNCTIONS.get(type(event))
    if function is not None:
        return SETTLEMENT, function, getattr(event, "account", ""), event.transaction, event.gas, ""
    if isinstance(event, events.SettlementReverted | events.BatchDelayed):
        return SETTLEMENT, "settle", "", event.transaction, event.gas, event.error
    if isinstance(event, events.CallExecuted):
        error = "" if event.succeeded else event.reason
        return event.contract, event.function, event.account, event.transaction, event.gas, error
    return None


def by_function(sent: Iterable[Transaction]) -> list[FunctionUse]:
    """How often each function was called, how often it failed, and the gas; the most expensive first."""
    found: dict[tuple[str, str], FunctionUse] = {}
    for one in sent:
        place = one.contract, one.function
        before = found.get(place, FunctionUse(*place, 0, 0, 0))
        found[place] = FunctionUse(
            *place, before.transactions + 1, before.failed + bool(one.error), before.gas + one.gas
        )
    return sorted(found.values(), key=lambda use: (-use.gas, use.contract, use.function))


def failure_alert(sent: Iterable[Transaction], percent: int) -> str:
    """The alert, with the reasons, when more than this share of the transactions failed; "" otherwise."""
    sent = list(sent)
    reasons = Counter(one.error for one in sent if one.error)
    failed = sum(reasons.values())
    if not _is_too_much(failed, len(sent), percent):
        return ""
    told = ", ".join(
        f"{reason} {count}" for reason, count in sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    )
    return f"{_rate(failed, len(sent))}, which is more than {percent} %: {told}"


def failure_rate(sent: Iterable[Transaction], percent: int) -> str:
    """The share of failed transactions where it is no alert; "" where it is one, or nothing was sent."""
    errors = [one.error for one in sent]
    failed = sum(map(bool, errors))
    if not errors or _is_too_much(failed, len(errors), percent):
        return ""
    return f"{_rate(failed, len(errors))}, which is not more than the {percent} % that raise an alert"


def nothing_sent(journal: Journal) -> str:
    """The sentence about a run without transactions: whether it had a chain."""
    opened = next(journal.of(events.SettlementOpened), None)
    if opened is None:
        return "this run sent nothing to a chain"
    return (
        f"this run opened its contracts with {counted(opened.transactions, 'transaction')} and {opened.gas:,} gas, and "
        f"no batch, deposit or call after that has a receipt"
    )


def _is_too_much(failed: int, sent: int, percent: int) -> bool:
    return 100 * failed > percent * sent


def _rate(failed: int, sent: int) -> str:
    return f"{failed:,} of {counted(sent, 'transaction')} failed, {100 * failed / sent:.1f} %"
