"""The items of each block by kind: trades, transfers, deposits, withdrawals, calls of contracts.

The journal tells how many entries a block has, and payloads continue their chain without gaps (docs/decisions/0005), so
the entries of a block follow from its ancestors. Read event by event, for a run that still goes on.

>>> from market_sim.core.models.market_events import Deposited
>>> items = BlockItems()
>>> items.read(CommitteeSeated(0, 4, 1, 3, "round-robin", "00", ()))
>>> items.read(Deposited(1, "ann", "USD", 500, 1))
>>> items.read(Deposited(1, "bob", "USD", 200, 2))
>>> items.read(BlockProposed(2, 1, "aa", "00", 1, 1, "", 2))
>>> items.read(CallsOrdered(2, 1, "aa", (1,)))
>>> items.said("aa", 2)
'2 deposits, 1 call'
"""

from __future__ import annotations

from collections import Counter

from market_sim.core.english import counted
from market_sim.core.models.consensus_events import BlockProposed, CallsOrdered
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn, entry_number
from market_sim.core.models.run_events import CommitteeSeated

KINDS: dict[type[Event], str] = {
    Trade: "trade",
    Transferred: "transfer",
    Deposited: "deposit",
    Withdrawn: "withdrawal",
}


class BlockItems:
    """The items of the blocks so far."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        """The kind of each entry, in the order of their count."""
        self._last: dict[str, int] = {}
        """By block: the number of the last entry on the chain that ends with it."""
        self._calls: dict[str, int] = {}

    def read(self, event: Event) -> None:
        """Let one event have its effect."""
        if isinstance(event, BlockProposed):
            if event.parent in self._last:
                self._last.setdefault(event.block, self._last[event.parent] + event.trades)
        elif isinstance(event, CallsOrdered):
            self._calls[event.block] = len(event.calls)
        elif isinstance(event, CommitteeSeated):
            self._last[event.genesis] = 0
        elif entry_number(event):
            self._kinds.append(KINDS[type(event)])

    def said(self, block: str, entries: int) -> str:
        """The items of a block with this number of entries, in words."""
        last = self._last.get(block)
        if last is None or last > len(self._kinds):  # a liar's block may extend nothing, or hold what never happened
            found = Counter({"entry": entries})
        else:
            found = Counter(self._kinds[last - entries : last])
        found["call"] = self._calls.get(block, 0)
        told = [counted(found[kind], kind) for kind in (*KINDS.values(), "call") if found[kind]]
        if found["entry"]:
            told.insert(0, counted(entries, "entry", "entries"))
        return ", ".join(told) or "0 trades"
