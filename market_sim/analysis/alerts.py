"""The alerts of a run in one list: misconduct, cases, halts, margin calls, failed transactions, what is slow or down.

All of it is read from the journal, so a stored run of any age has its alerts. Each has its time, its code with the rule
in one sentence, its own sentence with the numbers, and the events, orders and trades behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from market_sim.analysis import slow_finality, venue_words
from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.surveillance_words import SENTENCES
from market_sim.analysis.words import Words, reason_sentence
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import PhaseChanged, book_name
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled
from market_sim.core.models.reasons import REASONS
from market_sim.core.models.settlement_events import (
    BatchDelayed,
    CallExecuted,
    DoubleSigned,
    SettlementReverted,
    TradeRefused,
    VaultShort,
)
from market_sim.core.models.surveillance_events import AppealGranted, MeasureTaken
from market_sim.core.models.venue_events import OutageBegan, VenueHealthChanged
from market_sim.core.money import written
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.watch import Watch
from market_sim.market.exchange.listing import HALTED
from market_sim.market.venues.breaker import OPEN

SURVEILLANCE, ENFORCEMENT = "surveillance", "enforcement"
MARKET, MARGIN, CHAIN, CONSENSUS = "market", "margin", "chain", "consensus"


@dataclass(frozen=True)
class ListedAlert:
    """One line of the list."""

    time: int
    event: int
    """The number of the event that revealed it."""
    source: str
    severity: str
    code: str
    accounts: tuple[str, ...]
    symbol: str
    rule: str
    sentence: str
    orders: tuple[int, ...] = ()
    trades: tuple[int, ...] = ()
    accuses: bool = False
    """Whether its accounts are accused of misconduct."""


def alerts(journal: Journal) -> list[ListedAlert]:
    """All alerts of a run, in the order of their events."""
    words, watch = Words(journal), Watch()
    finality = slow_finality.SlowFinality(words)
    found: list[ListedAlert] = []
    for number, event in enumerate(journal):
        tell = OTHERS.get(type(event))
        if tell is not None:
            found.extend(tell(words, number, event))
        if type(event) in slow_finality.READ and (said := finality.read(event)):
            code, rule = slow_finality.CODE, slow_finality.RULE
            found.append(ListedAlert(event.time, number, CONSENSUS, "warning", code, (), "", rule, said))
        found.extend(_found(words, alert) for alert in watch.feed(event))
    return found


def _found(words: Words, alert: Alert) -> ListedAlert:
    """An alert of a detector."""
    return ListedAlert(
        alert.time, alert.event, SURVEILLANCE, alert.severity, alert.kind, alert.accounts, alert.symbol, alert.rule,
        alert.told(words), alert.orders, alert.trades, alert.accuses,
    )  # fmt: skip


def _halted(words: Words, number: int, event: PhaseChanged) -> Iterable[ListedAlert]:
    if event.phase == HALTED:
        name = book_name(event.symbol, event.venue)
        said = f"{name} is halted: {reason_sentence(event.reason, event.numbers, words)}"
        trade = event.numbers.get("trade")
        yield ListedAlert(
            event.time, number, MARKET, "warning", event.reason, (), name, _rule(event.reason), said,
            trades=(trade,) if isinstance(trade, int) else (),
        )  # fmt: skip


def _down(words: Words, number: int, event: OutageBegan) -> Iterable[ListedAlert]:
    said = venue_words.SENTENCES[OutageBegan](words, event)
    yield ListedAlert(event.time, number, MARKET, "warning", "VENUE_DOWN", (), "", _rule("VENUE_DOWN"), said)


def _broken(words: Words, number: int, event: VenueHealthChanged) -> Iterable[ListedAlert]:
    if event.status == OPEN:
        code, said = "VENUE_UNAVAILABLE", venue_words.SENTENCES[VenueHealthChanged](words, event)
        yield ListedAlert(event.time, number, MARKET, "warning", code, (), "", _rule(code), said)


def _called(words: Words, number: int, event: MarginCalled) -> Iterable[ListedAlert]:
    rule = "An account with less equity than its positions require brings in money, closes positions or is liquidated."
    said = f"{event.account} has {written(event.amount)} to bring in by {event.due / 1e9:.3f} s"
    yield ListedAlert(event.time, number, MARGIN, "notice", "MARGIN_CALL", (event.account,), "", rule, said)


def _liquidated(words: Words, number: int, event: LiquidationStarted) -> Iterable[ListedAlert]:
    rule = "A broker closes the positions of an account that no longer meets its margin."
    pool = event.pool or "all positions"
    said = (
        f"{event.account} is liquidated ({pool}): it has {written(event.equity)} of the "
        f"{written(event.requirement)} required"
    )
    yield ListedAlert(event.time, number, MARGIN, "warning", "LIQUIDATION", (event.account,), event.pool, rule, said)


def _refused(words: Words, number: int, event: TradeRefused) -> Iterable[ListedAlert]:
    said = f"trade {event.trade} has no effect on the chain: {reason_sentence(event.reason, event.numbers, words)}"
    yield ListedAlert(
        event.time, number, CHAIN, "serious", event.reason, (event.account,), "", _rule(event.reason), said,
        trades=(event.trade,),
    )  # fmt: skip


def _failed(words: Words, number: int, event: CallExecuted) -> Iterable[ListedAlert]:
    if not event.succeeded:
        said = f"{event.contract}.{event.function} failed: {reason_sentence(event.reason, event.numbers, words)}"
        rule = _rule(event.reason)
        yield ListedAlert(event.time, number, CHAIN, "notice", event.reason, (event.account,), "", rule, said)


def _delayed(words: Words, number: int, event: BatchDelayed) -> Iterable[ListedAlert]:
    said = f"settlement.settle failed and goes on: {reason_sentence(event.error, event.arguments, words)}"
    yield ListedAlert(event.time, number, CHAIN, "notice", event.error, (), "", _rule(event.error), said)


def _reverted(words: Words, number: int, event: SettlementReverted) -> Iterable[ListedAlert]:
    rule = "A batch that the contract refuses is not relayed again: it would be refused again."
    said = f"the contract reverted the blocks {event.first} to {event.last}: {event.error}"
    yield ListedAlert(event.time, number, CHAIN, "serious", "SETTLEMENT_REVERTED", (), "", rule, said)


def _short(words: Words, number: int, event: VaultShort) -> Iterable[ListedAlert]:
    rule = "The vault holds at least what its accounts are owed, at each settled block."
    held, owed = (words.amount(event.asset, amount) for amount in (event.held, event.owed))
    said = f"the vault holds {held} and owes {owed}"
    yield ListedAlert(event.time, number, CHAIN, "serious", "VAULT_SHORT", (), "", rule, said)


def _signed_twice(words: Words, number: int, event: DoubleSigned) -> Iterable[ListedAlert]:
    rule = "A validator signs one result of a block; two signatures of one key on two results convict it."
    blocks = f"block {event.last}" if event.first == event.last else f"the blocks {event.first} to {event.last}"
    said = f"validator n{event.validator} signed two results of {blocks}"
    yield ListedAlert(event.time, number, CHAIN, "serious", "DOUBLE_SIGNED", (), "", rule, said)


def _measured(words: Words, number: int, event: MeasureTaken) -> Iterable[ListedAlert]:
    rule = "Each further offence of an account meets the next step of the ladder: warn, fine, throttle, suspend."
    said = SENTENCES[MeasureTaken](words, event)
    code = f"MEASURE_{event.step.upper()}"
    yield ListedAlert(event.time, number, ENFORCEMENT, "warning", code, (event.account,), "", rule, said)


def _appealed(words: Words, number: int, event: AppealGranted) -> Iterable[ListedAlert]:
    rule = "The instructor may lift a measure; its fine is returned, and the offence no longer counts."
    said = SENTENCES[AppealGranted](words, event)
    yield ListedAlert(event.time, number, ENFORCEMENT, "notice", "APPEAL_GRANTED", (event.account,), "", rule, said)


OTHERS: dict[type[Event], Callable[[Words, int, Any], Iterable[ListedAlert]]] = {
    PhaseChanged: _halted,
    OutageBegan: _down,
    VenueHealthChanged: _broken,
    MeasureTaken: _measured,
    AppealGranted: _appealed,
    MarginCalled: _called,
    LiquidationStarted: _liquidated,
    TradeRefused: _refused,
    CallExecuted: _failed,
    BatchDelayed: _delayed,
    SettlementReverted: _reverted,
    VaultShort: _short,
    DoubleSigned: _signed_twice,
}
"""What is an alert beside the findings of detectors."""


def _rule(code: str) -> str:
    return REASONS[code].rule if code in REASONS else code


COLUMNS = columns(
    time="when it was raised",
    event="the number of the event that revealed it",
    source="who raised it: surveillance, enforcement, the market, margin, consensus or the chain",
    severity="notice, warning or serious",
    code="its code",
    accuses="whether its accounts are accused of misconduct",
    accounts="the accounts that it is about, separated by spaces",
    instrument="the book, if it is about one",
    rule="the rule in a sentence",
    sentence="what was found, with its numbers",
    orders="the orders that are the evidence, separated by spaces",
    trades="the trades that are the evidence, separated by spaces",
)


def alerts_table(found: Iterable[ListedAlert]) -> Table:
    """The alerts as a table."""
    rows = [
        (
            one.time, one.event, one.source, one.severity, one.code, one.accuses, " ".join(one.accounts), one.symbol,
            one.rule, one.sentence, " ".join(map(str, one.orders)), " ".join(map(str, one.trades)),
        )
        for one in found
    ]  # fmt: skip
    return Table("alerts", COLUMNS, rows)


def alert_sentence(found: list[ListedAlert]) -> str:
    """How many alerts there are, and how many accounts are accused.

    >>> alert_sentence([])
    'Nothing in this run raised an alert.'
    """
    if not found:
        return "Nothing in this run raised an alert."
    accused = dict.fromkeys(name for one in found if one.accuses for name in one.accounts)
    said = f"accused of misconduct: {', '.join(accused)}" if accused else "no account is accused of misconduct"
    return f"{counted(len(found), 'alert')}; {said}."
