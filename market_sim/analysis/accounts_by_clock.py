"""The accounts of a run at its three clocks, as of the end of an epoch: gains, positions, margin, and who is hurt.

Each figure is worked out three times, from the entries that are matched, final and settled then, at the same marks. So
what the columns differ by is what would be undone if no block with the other entries ever became final. Gains from
trading are a sum of zero at each clock, fees included, and so is what an undoing gives and takes.

A block that loses its place to another one undoes nothing here: its entries come again in a later block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from market_sim.analysis.gains import Gain, gains
from market_sim.analysis.history.chain_story import story_of
from market_sim.analysis.history.margin_history import maintenance_margin
from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.three_clocks import CLOCKS, last_entry, marks_in, terms_in
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.market_events import entry_number
from market_sim.core.models.mechanism_events import MarginGranted
from market_sim.core.models.run_events import RECORD
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.market.mechanisms.equity import equity, owing_of
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.requirements import us_strategy

TRADING, EXCESS = "from trading", "margin excess"
Count = int | None
"""None where there is no such figure: at the settled clock of a run without a chain, for example."""


class ByClock(NamedTuple):
    """One figure of an account at each clock, in the smallest unit of an asset."""

    account: str
    figure: str
    """The gain from trading, the margin excess, or the instrument of a position."""
    asset: str
    matched: Count
    finalized: Count
    settled: Count

    @property
    def undone(self) -> Count:
        """What would be added if no block with the entries that are not final ever became final."""
        return None if self.matched is None or self.finalized is None else self.finalized - self.matched


class LostBlock(NamedTuple):
    """A block that can never become final, because another one is final at its height."""

    block: str
    entries: int
    final: int
    """The number of these entries that are final all the same, in other blocks."""


@dataclass(frozen=True)
class AsOf:
    """All accounts as of the end of an epoch."""

    epoch: int
    end: int
    """The number of events until then."""
    time: int
    entries: tuple[int, int, Count]
    """The number of entries that are matched, final and settled."""
    rows: tuple[ByClock, ...]
    lost: tuple[LostBlock, ...]

    @property
    def waiting(self) -> int:
        """The number of entries that are not final."""
        return self.entries[0] - self.entries[1]

    def changes(self) -> list[tuple[int, str, str]]:
        """What an undoing would change of gains, the largest loss first: amount, account, currency."""
        return sorted((row.undone, row.account, row.asset) for row in self.rows if row.figure == TRADING and row.undone)


def epochs_of(journal: Journal) -> list[int]:
    """The epochs of a run; InputError for one without validators, where nothing is ever final."""
    found = [event.epoch for event in journal.of(EpochStarted)]
    if not found:
        raise InputError("this run has no validators, so none of its entries is final")
    return found


def as_of(journal: Journal, epoch: int) -> AsOf:
    """The accounts when this epoch ends, and with the last one at the end of the run."""
    epochs = epochs_of(journal)
    if epoch not in epochs:
        raise InputError(f"this run has the epochs {epochs[0]} to {epochs[-1]}, there is no epoch {epoch}")
    later = (place for place, event in enumerate(journal) if isinstance(event, EpochStarted) and event.epoch > epoch)
    end = next(later, len(journal))
    past = journal.until(end)
    settles = next(journal.of(SettlementOpened), None) is not None
    last = [last_entry(past, clock) for clock in CLOCKS[: 3 if settles else 2]]
    matched, final, *settled = last
    rows = tuple(_rows(past, last))
    return AsOf(epoch, end, past[end - 1].time, (matched, final, settled[0] if settles else None), rows, _lost(past))


def _rows(past: Journal, last: list[int]) -> Iterator[ByClock]:
    """The gain and the positions of each account, and its margin excess if it trades on margin."""
    found: list[dict[tuple[str, str], Gain]] = [
        {(one.account, one.currency): one for one in gains(past, entry)} for entry in last
    ]
    excess = [_excess(past, entry) for entry in last]
    for (account, currency), now in sorted(found[0].items(), key=lambda one: (one[0][1], -one[1].from_trading, one[0])):
        if account == RECORD:
            continue
        each = [one.get((account, currency)) for one in found]
        yield ByClock(account, TRADING, currency, *_at_clocks([one.from_trading if one else 0 for one in each]))
        if account in excess[0]:
            yield ByClock(account, EXCESS, currency, *_at_clocks([one.get(account) for one in excess]))
        for symbol in sorted({symbol for one in each if one for symbol in one.holdings}):
            held = [one.holdings.get(symbol, 0) if one else 0 for one in each]
            if any(held):
                yield ByClock(account, symbol, symbol, *_at_clocks(held))


def _at_clocks(figures: list[int] | list[Count]) -> tuple[Count, Count, Count]:
    matched, final, *settled = figures
    return matched, final, settled[0] if settled else None


def _excess(past: Journal, last: int) -> dict[str, Count]:
    """The equity of each ordinary margin account beyond the maintenance margin, after the entry with this number."""
    accounts = [event.account for event in past.of(MarginGranted) if event.profile == us_strategy.name]
    if not accounts:
        return {}
    marks, terms = marks_in(past), terms_in(past)
    shares = {symbol: each for symbol, each in instruments_in(past).items() if each.margin_rule == "share"}
    balances, owed = Fold(), Liabilities()
    for event in past:
        if entry_number(event) > last:
            break
        balances.add(event)
        owed.read((event,))
    found: dict[str, Count] = {}
    for account in accounts:
        held, owing = balances.balances.get(account, {}), owing_of(owed, account)
        needed = maintenance_margin(held, owing, marks, shares, "USD")
        found[account] = None if needed is None else equity(held, owing, marks, terms) - needed
    return found


def _lost(past: Journal) -> tuple[LostBlock, ...]:
    """The blocks at whose height another one is final."""
    story = story_of(past)
    chain = story.shared_chain()
    final, upto = {block.block for block in chain}, {story.genesis: 0}
    for block in story.blocks.values():  # in the order of proposal, so a parent comes before its children
        if block.parent in upto:
            upto[block.block] = upto[block.parent] + block.trades
    known = upto[chain[-1].block] if chain else 0
    return tuple(
        LostBlock(block.block, block.trades, max(0, min(known, upto[block.block]) - upto[block.parent]))
        for block in story.blocks.values()
        if block.height <= len(chain) and block.block not in final and block.block in upto
    )
