"""The progress of a run on the terminal: one line for each epoch, on stderr."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from market_sim.analysis.history.block_items import BlockItems
from market_sim.analysis.history.chain_story import BlockStory, ChainStory
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.models.run_events import CommitteeSeated, StrategyFailed

GREEN, YELLOW, RED, BOLD, PLAIN = "\033[32m", "\033[33m", "\033[31m", "\033[1m", "\033[0m"
SHORT = 6
"""The number of digits of a hash that are shown."""


class Screen:
    """Prints lines, in colour on a terminal unless colours are switched off."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._colour = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._story = ChainStory()
        self._read = 0
        self._validators = 0
        self._items = BlockItems()
        self._width = 11
        """The width of the widest list of items so far, so that lines keep their columns."""

    def say(self, text: str = "") -> None:
        """Print one line."""
        print(text, file=self._stream, flush=True)

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, or unchanged without colours."""
        return f"{colour}{text}{PLAIN}" if self._colour else text

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Print the lines of the epoch that has just passed."""
        fresh = journal.since(self._read)
        books = [event.symbol for event in fresh if isinstance(event, InstrumentListed)]
        if len(books) > 1 and not self._quiet:
            self.say(f"{len(books)} books open: {', '.join(books)}")
        for event in fresh:
            self._story.read(event)
            self._items.read(event)
            if isinstance(event, CommitteeSeated):
                self._validators = event.validators
            elif isinstance(event, StrategyFailed):
                self.say(self.paint(f"          {event.agent} stopped: {event.cause}", RED))
        self._read = len(journal)
        if epoch == 0 or self._quiet:
            return
        for line in self._lines(epoch):
            self.say(line)

    def _lines(self, epoch: int) -> list[str]:
        """One line for each block of the epoch, and for each older block notarized in it."""
        leader = f"epoch {epoch:>3}  leader n{self._story.leaders.get(epoch)}  "
        blocks = self._story.of_epoch(epoch)
        because: dict[str | None, list[BlockStory]] = {}
        for block in self._story.became_final_in(epoch):
            because.setdefault(block.final_because, []).append(block)
        lines = [leader + self._block(block, because.pop(block.block, [])) for block in blocks]
        if not blocks:
            lines.append(f"{leader}{self.paint('no block', YELLOW)}")
        late = self._story.became_notarized_late_in(epoch)
        late += [block for block in self._story.blocks.values() if block.block in because and block not in late]
        for block in late:
            told = f"{self.paint('NOTARIZED', GREEN)}{self._finals(because.pop(block.block, []))}"
            lines.append(f"epoch {epoch:>3}  late       block {block.block[:SHORT]} of epoch {block.epoch}  {told}")
        return lines

    def _block(self, block: BlockStory, final: list[BlockStory]) -> str:
        """The line of a block: its state at the end of the epoch, and the blocks that became final by it."""
        voters = " ".join(f"n{voter}" for voter in sorted(block.voters))
        parent = self._story.blocks.get(block.parent)
        on = block.parent[:SHORT] if parent else "genesis" if block.parent == self._story.genesis else "unknown"
        notarized = self.paint("NOTARIZED", GREEN) if block.notarized_by else self.paint("not notarized", YELLOW)
        items = self._items.said(block.block, block.trades)
        self._width = max(self._width, len(items))
        return (
            f"block {block.block[:SHORT]} on {on:<7}  {items:>{self._width}}  "
            f"votes {len(block.voters)}/{self._validators} {voters}  {notarized}{self._finals(final)}"
        )

    def _finals(self, final: list[BlockStory]) -> str:
        epochs = " ".join(str(block.epoch) for block in final)
        return f"  {self.paint(f'FINAL {epochs}', BOLD)}" if final else ""
