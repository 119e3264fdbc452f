"""Event sentences: one sentence for each event of a journal, with prices in decimals and each refusal with its rule.

The pages that list a journal or step through it show these sentences. An event without a sentence of its own is
described by its fields, so that no event is left out; a test finds such kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from market_sim.analysis import mechanism_words, surveillance_words, venue_words
from market_sim.analysis.visualization.mechanism_marks import flow
from market_sim.analysis.words import SHORT, Words, reason_sentence
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models import compliance_events as compliance
from market_sim.core.models import consensus_events as consensus
from market_sim.core.models import market_events as market
from market_sim.core.models import run_events as run
from market_sim.core.models import settlement_events as settlement
from market_sim.core.models.event import Event
from market_sim.core.models.figures import Figures
from market_sim.core.models.reasons import REASONS


class EventSentences:
    """Writes the sentences for the events of one journal."""

    def __init__(self, journal: Journal) -> None:
        self.words = Words(journal)

    def sentence(self, event: Event) -> str:
        """One sentence about this event."""
        tell = SENTENCES.get(type(event))
        return tell(self.words, event) if tell else _fields(event)


def _fields(event: Event) -> str:
    plain = {name: getattr(event, name) for name in event.__struct_fields__ if name not in ("time", "epoch")}
    told = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in plain.items())
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__).lower()
    return f"{kind}: {told}"


def _chain(event: settlement.WalletFunded | settlement.ContractDeployed, before: str) -> str:
    return f"{before}{event.chain}" if event.chain else ""


def _numbers(calls: Sequence[int]) -> str:
    return f": {', '.join(map(str, calls))}" if calls else ""


def _reports(event: consensus.CallsOrdered) -> str:
    """The parts of the logs that a block carries, by validator."""
    parts: dict[int, list[str]] = {}
    for one in event.reports:
        parts.setdefault(one.validator, []).append(f"from place {one.first} on {', '.join(map(str, one.calls))}")
    return "; ".join(f"n{who} {', '.join(said)}" for who, said in sorted(parts.items()))


def _short(value: object) -> str:
    if isinstance(value, str) and len(value) > 2 * SHORT and all(digit in "0123456789abcdefx" for digit in value):
        return value[: SHORT + 2 * value.startswith("0x")] + "…"
    if isinstance(value, tuple | list):
        return " ".join(map(_short, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{name} {_short(one)}" for name, one in value.items()) or "none"
    return "none" if value is None else str(value)


def _roles(rules: Any) -> str:
    if not rules.roles:
        return ""
    return f", with {listed([f'{name} as {role}' for name, role in rules.roles.items()]).replace('_', ' ')}"


def _made_with(joined: Any) -> str:
    """How often somebody wakes up, how far away it is, and what its strategy was made with."""
    if not joined.every_ms:
        return ""  # a journal of before this was recorded
    plain = {name: f"{value:g}" if isinstance(value, float) else value for name, value in joined.parameters.items()}
    told = ", ".join(f"{name} {value}" for name, value in plain.items() if value not in (None, ""))
    rhythm = f", every {joined.every_ms:g} ms and {joined.latency_ms:g} ms away"
    return f"{rhythm}: {told}" if told else rhythm


def _ending(reason: str) -> str:
    known = REASONS.get(reason)
    return "its owner cancels it" if reason == "CANCELLED" else known.rule if known else reason


def _heights(event: Any) -> str:
    return f"height {event.first}" if event.first == event.last else f"heights {event.first} to {event.last}"


def _part(w: Words, e: Any) -> str:
    symbol = w.symbol(e.order)
    return f"{w.size(symbol, e.quantity)} {symbol}".rstrip()


def _size(w: Words, e: market.IndicativePrice) -> str:
    return f"{w.size(e.symbol, e.volume)} would be traded"


def _surplus(w: Words, e: market.IndicativePrice) -> str:
    who = "buyers" if e.surplus > 0 else "sellers"
    return f", {who} of {w.size(e.symbol, abs(e.surplus))} would be left" if e.surplus else ""


def _validators(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return "nobody"
    return f"validator{'s' if len(numbers) != 1 else ''} {listed(map(str, numbers))}"


PHASES = {"continuous": "open", "call": "in a call for an auction", "halted": "halted", "closed": "closed"}
CHANGES = {"AUCTION": "the auction has ended", "OPERATOR": "by hand", "SCHEDULE": "the rules of its day say so"}
"""Why a phase changes where no rule for orders is the reason."""


def phase_sentence(words: Figures, books: Sequence[str], event: market.PhaseChanged) -> str:
    """The sentence of one or several books that enter a phase for one reason."""
    why = CHANGES.get(event.reason) or reason_sentence(event.reason, event.numbers, words, event.symbol)
    if event.phase == "call" and event.reason == "PAUSED":
        why = "it ends a pause; orders are collected, and trade at one price at its end"
    if not why[1:2].isupper():
        why = why[0].lower() + why[1:]
    return f"{listed(books)} {'is' if len(books) == 1 else 'are'} now {PHASES.get(event.phase, event.phase)}: {why}"


def shock_sentence(words: Figures, event: run.ShockHappened) -> str:
    """What happened, and what it did to the value of an instrument where that is on record."""
    if not {"symbol", "before", "after"} <= event.numbers.keys():
        return f"shock: {event.what}"
    symbol = str(event.numbers["symbol"])
    before, after = (words.price(symbol, int(event.numbers[when])) for when in ("before", "after"))
    return f"shock: {event.what}, the value moves from {before} to {after}"


def _book(e: Any) -> str:
    return market.book_name(e.symbol, e.venue)


def _shares(w: Words, e: market.Trade) -> str:
    does, way = ("buys", "from") if e.side > 0 else ("sells", "to")
    what = f"{w.size(e.symbol, e.quantity)} {_book(e)}"
    return f"trade {e.trade}: {e.taker} {does} {what} {way} {e.maker} at {w.price(e.symbol, e.price)}"


_IGNORED = {
    "DUST": "it is too small for an entry",
    "UNKNOWN_TOKEN": "this market does not know the token",
    "UNKNOWN_ACCOUNT": "this market does not know the account",
}
"""Why a deposit counts for nobody."""

SENTENCES: dict[type[Event], Callable[[Words, Any], str]] = {
    **mechanism_words.SENTENCES,
    **mechanism_words.BOOKKEEPING,
    **surveillance_words.SENTENCES,
    **venue_words.SENTENCES,
    run.RunStarted: lambda w, e: f"the run starts: {e.scenario}, seed {e.seed}, {counted(e.epochs, 'epoch')}",
    run.CommitteeSeated: lambda w, e: f"{e.validators} validators are seated, quorum {e.quorum}, {e.faults} may fail",
    run.AgentJoined: lambda w, e: f"{e.agent} takes part with {e.strategy}{_made_with(e)}",
    run.StrategyFailed: lambda w, e: f"{e.agent} takes no further part: {e.strategy} raised {e.cause}",
    run.ParameterChanged: lambda w, e: (
        f"{e.agent} changes its {e.parameter.replace('_', ' ')} from {e.before:g} to {e.after:g}: {e.reason}"
    ),
    run.WarningGiven: lambda w, e: f"warning: {e.sentence}",
    run.ShockHappened: lambda w, e: shock_sentence(w, e),
    run.ValueMoved: lambda w, e: f"{e.symbol} is believed to be worth {w.price(e.symbol, e.value)}",
    run.InputReceived: lambda w, e: f"{e.sender or 'the operator'} asks from outside: {e.kind} {_short(e.terms)}",
    run.AnswerCompared: lambda w, e: f"{e.asked}: {e.expected} is right, your answer gives {e.found}",
    run.RunEnded: lambda w, e: "the run ends as planned" if e.complete else "the run was interrupted",
    market.InstrumentListed: lambda w, e: (
        f"{e.symbol} can be traded: {e.kind}, tick {w.price(e.symbol, e.tick)} {e.quote}, lot {e.lot}"
    ),
    market.BookOpened: lambda w, e: f"{e.symbol} can be traded on the venue {e.venue}",
    market.AccountOpened: lambda w, e: f"{e.account} has account number {e.number}",
    market.Deposited: lambda w, e: (
        f"{f'deposit {e.trade}: ' if e.trade else ''}{e.account} brings in {w.amount(e.asset, e.amount)}"
    ),
    market.Withdrawn: lambda w, e: f"withdrawal {e.trade}: {e.account} takes out {w.amount(e.asset, e.amount)}",
    market.Transferred: lambda w, e: (
        f"transfer {e.trade}: {w.amount(e.asset, e.amount)} from {e.source} to {e.target}, {flow(e.reason).words}"
        f"{f' because of {e.symbol}' if e.symbol else ''}"
    ),
    market.OrderAccepted: lambda w, e: f"order {e.order} of {e.account} is accepted: {w.order(e.terms)}",
    market.OrderRejected: lambda w, e: f"{e.intent} of {e.account} is refused: {w.refused(e)}",
    market.Trade: _shares,
    market.OrderCancelled: lambda w, e: f"{_part(w, e)} of order {e.order} are taken away: {_ending(e.reason)}",
    market.OrderAmended: lambda w, e: (
        f"order {e.order} now has {_part(w, e)} at {w.price(w.symbol(e.order), e.limit)}, "
        f"{'in its old place' if e.kept_place else 'at the back of the queue'}"
    ),
    market.OrderRead: lambda w, e: (
        f"{e.reader} reads an order of {e.account} on its way: {'buy' if e.side > 0 else 'sell'} "
        f"{w.size(e.symbol, e.quantity)} {e.symbol} at {w.price(e.symbol, e.limit)}, "
        f"arriving at {e.arrives / 1e9:.3f} s"
    ),
    market.OrderRepeated: lambda w, e: (
        f"{e.account} sends {e.client_id} again: it is order {e.order}, and nothing is placed twice"
    ),
    market.OrderTriggered: lambda w, e: (
        f"stop order {e.order} wakes up, as a trade was made at {w.price(w.symbol(e.order), e.price)}"
    ),
    market.FeesSet: lambda w, e: (
        f"fees of {_book(e)}: a maker pays {mechanism_words.rate(e.maker)} of the value, a taker "
        f"{mechanism_words.rate(e.taker)}"
    ),
    market.PhaseChanged: lambda w, e: phase_sentence(w, [_book(e)], e),
    market.IndicativePrice: lambda w, e: (
        f"if the auction of {_book(e)} ended now: {_size(w, e)} at {w.price(e.symbol, e.price)}{_surplus(w, e)}"
        if e.price is not None
        else f"if the auction of {_book(e)} ended now, there would be no trade"
    ),
    market.AuctionHeld: lambda w, e: (
        f"the auction of {_book(e)} ends at {w.price(e.symbol, e.price)} with {w.size(e.symbol, e.volume)} traded"
        if e.price is not None
        else f"the auction of {_book(e)} ends without a price"
    ),
    compliance.RulesInForce: lambda w, e: f"the rules of the profile {e.profile} hold{_roles(e)}",
    compliance.PriceBandsSet: lambda w, e: (
        f"{e.symbol} trades between {w.price(e.symbol, e.lower)} and {w.price(e.symbol, e.upper)}, around "
        f"the reference {w.price(e.symbol, e.reference)}"
    ),
    compliance.MakerJudged: lambda w, e: (
        f"{e.account} {'meets its obligations' if e.meets else 'falls short of its obligations'}: it quoted both "
        f"sides for {e.presence_bps / 100:g} % of the window and owes {e.owed_bps / 100:g} %"
    ),
    consensus.EpochStarted: lambda w, e: f"epoch {e.epoch} starts, validator {e.leader} leads",
    consensus.BlockProposed: lambda w, e: (
        f"validator {e.proposer} proposes {w.block(e.block)} with {counted(e.trades, *w.noun)} on {w.block(e.parent)}"
    ),
    consensus.ProposalJudged: lambda w, e: (
        f"validator {e.validator} and {w.block(e.block)}, {e.verdict}: {reason_sentence(e.reason, e.numbers)}"
    ),
    consensus.VoteCast: lambda w, e: f"validator {e.voter} signs {w.block(e.block)}",
    consensus.BlockNotarized: lambda w, e: (
        f"validator {e.validator} sees {w.block(e.block)} notarized by {counted(len(e.voters), 'signature')}"
    ),
    consensus.BlockFinalized: lambda w, e: (
        f"{w.block(e.block)} is final for validator {e.validator}, because of blocks "
        f"{', '.join(str(w.epoch_of.get(block, block[:SHORT])) for block in e.because)}"
    ),
    consensus.MessageRefused: lambda w, e: (
        f"validator {e.validator} throws a message of {e.sender} away: {reason_sentence(e.reason, e.numbers)}"
    ),
    consensus.FloodDropped: lambda w, e: (
        f"validator {e.validator} keeps no more of {e.sender}: {reason_sentence(e.reason, e.numbers)}"
    ),
    consensus.BlockRequested: lambda w, e: (
        f"validator {e.validator} asks its peers for block {e.block[:SHORT]}, on which it has "
        f"{counted(e.signatures, 'signature')}"
    ),
    consensus.NetworkFault: lambda w, e: (
        f"network: {e.kind} from {_validators(e.senders)} to {_validators(e.receivers)} until {e.until / 1e9:.3f} s"
    ),
    consensus.ByzantineAct: lambda w, e: (
        f"validator {e.validator} leaves the protocol: {e.behaviour} towards {_validators(e.targets)}"
    ),
    consensus.SafetyViolated: lambda w, e: f"validator {e.validator} sees two final chains fork at height {e.height}",
    consensus.MonitorHit: lambda w, e: f"a monitor saw {e.invariant} broken by {_validators(e.validators)}: {e.found}",
    consensus.EquivocationSeen: lambda w, e: (
        f"validator {e.validator} holds two signatures of validator {e.culprit} for epoch {e.signed_epoch}"
    ),
    settlement.StateReached: lambda w, e: (
        f"validator {e.validator} has executed {w.block(e.block)}, number {e.height} of its chain, on its own copy of "
        f"the balances: state {_short(e.state)}"
    ),
    settlement.SettlementOpened: lambda w, e: (
        f"the contracts stand on {e.backend} with {counted(e.accounts, 'account')} funded, {e.gas:,} gas"
    ),
    settlement.DepositTaken: lambda w, e: (
        f"the vault takes {w.amount(e.asset, e.amount)} of deposit {e.trade} for {e.account}, "
        f"{'from a wallet' if e.from_wallet else 'brought in by the operator'}"
    ),
    settlement.WithdrawalRequested: lambda w, e: (
        f"{e.account} asks the vault for {w.amount(e.asset, e.amount)}, withdrawal {e.trade}: request {e.number}"
    ),
    settlement.DepositIgnored: lambda w, e: (
        f"the vault keeps deposit {e.number} of {e.amount:,} of {e.asset} for {e.account}, which counts for nobody: "
        f"{_IGNORED.get(e.reason, e.reason)}"
    ),
    settlement.RequestRefused: lambda w, e: (
        f"the validators refuse request {e.number} of {e.account} for {w.amount(e.asset, e.amount)}: the account holds "
        f"{w.amount(e.asset, e.held)}"
    ),
    settlement.HeartbeatGiven: lambda w, e: (
        f"the validators give heartbeat {e.number}: they are alive and have nothing to settle"
    ),
    settlement.WithdrawalClaimed: lambda w, e: (
        f"the vault pays {w.amount(e.asset, e.amount)} to the wallet of {e.account}"
    ),
    settlement.ChainOpened: lambda w, e: f"another chain is opened: {e.chain}, with the id {e.chain_id}",
    settlement.WalletFunded: lambda w, e: (
        f"the wallet of {e.account}{_chain(e, ' on ')} holds {w.amount(e.asset, e.amount)}"
    ),
    settlement.ContractDeployed: lambda w, e: (
        f"the contract {e.contract} ({e.kind}: {_short(e.terms)}) stands on the chain{_chain(e, ' ')} at {e.address}"
    ),
    settlement.CallSubmitted: lambda w, e: (
        f"call {e.call}: {e.account} calls {e.contract}.{e.function}({', '.join(map(str, e.arguments))})"
    ),
    settlement.CallExecuted: lambda w, e: (
        f"call {e.call} of {e.account} is made on the chain: {e.contract}.{e.function}, {_short(e.numbers)}"
        if e.succeeded
        else f"call {e.call} of {e.account} is refused by {e.contract}: {reason_sentence(e.reason, e.numbers, w)}"
    ),
    settlement.ContractReconciled: lambda w, e: f"{e.contract} is what the journal says: {_short(e.numbers)}",
    consensus.CallsOrdered: lambda w, e: (
        f"{w.block(e.block)} holds {counted(len(e.calls), 'call')} of contracts{_numbers(e.calls)}"
        + (f"; validators report what they have seen: {_reports(e)}" if e.reports else "")
    ),
    settlement.TradeRefused: lambda w, e: (
        f"trade {e.trade} has no effect on the chain: {reason_sentence(e.reason, e.numbers, w)}"
    ),
    settlement.BatchCertified: lambda w, e: (
        f"{_heights(e)} with {counted(e.trades, *w.noun)} certified by {counted(len(e.signers), 'validator')}"
    ),
    settlement.DoubleSigned: lambda w, e: (
        f"validator {e.validator} signed two results of {_heights(e)}: both signatures are evidence against it"
    ),
    settlement.BlockSettled: lambda w, e: (
        f"{_heights(e)} paid: {counted(e.trades, *w.noun)}, {counted(e.rows, 'balance')} changed, {e.gas:,} gas, "
        f"transaction {_short(e.transaction)}"
    ),
    settlement.Reconciled: lambda w, e: (
        f"{counted(e.balances, 'balance')} on the chain compared: all equal the journal's"
    ),
    settlement.VaultShort: lambda w, e: (
        f"the vault holds {w.amount(e.asset, e.held)} and owes {w.amount(e.asset, e.owed)}: a hole of "
        f"{w.amount(e.asset, e.owed - e.held)}"
    ),
    settlement.ReorgSeen: lambda w, e: (
        f"the chain forgot its last {counted(e.depth, 'block')} and with them {_heights(e)}: transaction "
        f"{_short(e.transaction)} is sent again"
    ),
    settlement.BatchDelayed: lambda w, e: (
        f"transaction {_short(e.transaction)} with {_heights(e)} failed, and settlement goes on: "
        f"{reason_sentence(e.error, e.arguments)}"
    ),
    settlement.SettlementReverted: lambda w, e: (
        f"the contract refuses {_heights(e)}: {reason_sentence(e.error, e.arguments)}"
    ),
}
