"""The trace of a transaction: what was called, what came of it, and the blocks and trades behind it.

The names of a function's arguments are those of the compiled contract. A batch is decoded into the balances that it
changed, which are worked out again from its blocks (market_sim/analysis/history/block_contents.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from market_sim.analysis.history.block_contents import Batch, BlockContents
from market_sim.analysis.history.fair_places import FairPlaces
from market_sim.analysis.history.order_trace import Placed
from market_sim.analysis.transactions import Transaction, transactions
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models import settlement_events as events
from market_sim.core.models.event import Event

Fields = tuple[tuple[str, str], ...]
"""Names and values, as people read them."""
CALLED = {
    events.DepositTaken: (("account", "asset", "amount"), ("number", "trade")),
    events.WithdrawalRequested: (("account", "asset", "amount"), ("number", "trade")),
    events.WithdrawalClaimed: (("account", "asset"), ("amount",)),
    events.RequestRefused: (("number",), ("account", "asset", "amount", "held")),
    events.HeartbeatGiven: (("number",), ()),
}
"""The arguments of the vault's functions, and what they answer, by the fields of the event."""
OF_A_CALL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Bonds": {
        "deposit": ("validator",), "give_notice": ("validator",), "withdraw": ("validator",),
        "report": ("validator", "block", "other"),
    },
    "Bridge": {"deliver": ("end", "nonce")},
    "NaiveBridge": {"deliver": ("end", "nonce")},
    "Oracle": {"decide": ("epoch", "price")},
}  # fmt: skip
"""What a participant names in a call where the adapter of the contract looks up the rest, such as the certificate."""
AMOUNTS = ("amount", "held")
ENTRY = {"trade": "entry"}
"""The words for fields whose names mean something else to a reader."""


@dataclass(frozen=True)
class Moved:
    """One balance that a batch changed."""

    account: str
    asset: str
    amount: str


@dataclass(frozen=True)
class TransactionTrace:
    """One transaction with everything that belongs to it."""

    sent: Transaction
    arguments: Fields
    answer: Fields
    """What the contract answered: the parameters of its event, or the figures of its refusal."""
    blocks: tuple[Placed, ...]
    """The proposals of the blocks that it carries out."""
    moved: tuple[Moved, ...]
    entries: range
    """The numbers of the entries that it pays; only those that are trades have a trace."""
    fairness: tuple[str, ...] = ()
    """Why the call has its place in each of the blocks, where the committee enforces a fair order."""


class TransactionTracer:
    """Traces any transaction of one journal."""

    def __init__(self, journal: Journal, contents: BlockContents, words: Words) -> None:
        self._journal = journal
        self._contents = contents
        self._words = words
        self.sent = list(transactions(journal))
        self.number_at = {one.event: one.number for one in self.sent}
        """The number of the transaction by the number of its event."""

    @cached_property
    def _calls(self) -> dict[int, events.CallSubmitted]:
        return {event.call: event for event in self._journal.of(events.CallSubmitted)}

    @cached_property
    def _places(self) -> FairPlaces:
        return FairPlaces(self._journal)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {event.contract: event.kind for event in self._journal.of(events.ContractDeployed)}

    @cached_property
    def _certified(self) -> dict[int, events.BatchCertified]:
        return {event.first: event for event in self._journal.of(events.BatchCertified)}

    def transaction(self, number: int) -> TransactionTrace | None:
        """The trace of a transaction by its number; None when there is none."""
        if not 1 <= number <= len(self.sent):
            return None
        sent = self.sent[number - 1]
        event = self._journal[sent.event]
        if isinstance(event, events.CallExecuted):
            return self._call(sent, event)
        if isinstance(event, events.BlockSettled | events.SettlementReverted | events.BatchDelayed):
            return self._batch(sent, event)
        arguments, answer = CALLED[type(event)]
        return TransactionTrace(sent, self._fields(event, arguments), self._fields(event, answer), (), (), range(0))

    def _call(self, sent: Transaction, event: events.CallExecuted) -> TransactionTrace:
        submitted = self._calls[event.call]
        names = argument_names(self._kinds.get(event.contract, ""), event.function, len(submitted.arguments))
        arguments = tuple(zip(names, map(_written, submitted.arguments), strict=True))
        holding = [one.block for one in self._contents.holding_call(event.call)]
        blocks = self._placed(self._contents.proposed[block] for block in holding)
        kept = self._places.is_kept
        fairness = tuple(self._places.sentence(block, event.call) for block in holding) if kept else ()
        return TransactionTrace(sent, arguments, _fields(event.numbers), blocks, (), range(0), fairness)

    def _batch(
        self, sent: Transaction, event: events.BlockSettled | events.SettlementReverted | events.BatchDelayed
    ) -> TransactionTrace:
        certified = self._certified.get(event.first)
        named: dict[str, object] = {"first": event.first, "last": event.last}
        if certified is not None:
            named |= {
                "epoch": certified.epoch, "block": certified.block, "trades": certified.trades,
                "tradesRoot": certified.trades_root, "netHash": certified.net_hash,
                "signers": " ".join(map(str, certified.signers)),
            }  # fmt: skip
        heights = (self._contents.final_block(height) for height in range(event.first, event.last + 1))
        blocks = self._placed(number for number in heights if number is not None)
        if isinstance(event, events.SettlementReverted | events.BatchDelayed):
            return TransactionTrace(sent, _fields(named), _fields(event.arguments), blocks, (), range(0))
        answer = {
            "trades": event.trades, "refused": event.refused, "rows": event.rows,
            "state root": event.state_root, "receipts root": event.receipts_root,
        }  # fmt: skip
        batch = next((one for one in self._contents.batches if one.number == sent.event), None)
        entries = range(0) if batch is None else range(batch.first_trade, batch.last_trade + 1)
        return TransactionTrace(sent, _fields(named), _fields(answer), blocks, self._moved(batch), entries)

    def _moved(self, batch: Batch | None) -> tuple[Moved, ...]:
        register = self._contents.register
        rows = () if batch is None else batch.execution.rows
        assets = (register.tokens[row.token].symbol for row in rows)
        return tuple(
            Moved(register.account_name(row.account), asset, self._words.amount(asset, row.delta))
            for row, asset in zip(rows, assets, strict=True)
        )

    def _placed(self, numbers: Iterable[int]) -> tuple[Placed, ...]:
        return tuple(Placed(number, self._journal[number]) for number in numbers)

    def _fields(self, event: Event, names: Sequence[str]) -> Fields:
        found: dict[str, Any] = {name: getattr(event, name) for name in names}
        asset = getattr(event, "asset", "")
        for name in AMOUNTS:
            if name in found:
                found[name] = self._words.amount(asset, found[name])
        return _fields({ENTRY.get(name, name): value for name, value in found.items()})


def argument_names(kind: str, function: str, count: int) -> tuple[str, ...]:
    """The names of the arguments of a call: those of the contract's function, unless the call has others."""
    from market_sim.blockchain.ethereum.artifacts import NAMES, artifact  # needs eth-abi, which lists need not load

    own = OF_A_CALL.get(kind, {}).get(function, ())
    if len(own) == count > 0:
        return own
    entry = artifact(kind).functions.get(function) if kind in NAMES else None
    if entry is not None and len(entry.names) == count and all(entry.names):
        return entry.names
    return tuple(str(place) for place in range(1, count + 1))


def _fields(named: Mapping[str, object]) -> Fields:
    return tuple((name, _written(value)) for name, value in named.items() if value != "")


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
