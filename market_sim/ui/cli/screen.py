"""What a run looks like on a terminal: one line for each epoch, then the summary."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from market_sim.analysis.chain_story import BlockStory, ChainStory
from market_sim.analysis.summary import Summary
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.models.run_events import CommitteeSeated, StrategyFailed

GREEN, YELLOW, RED, BOLD, PLAIN = "\033[32m", "\033[33m", "\033[31m", "\033[1m", "\033[0m"
SHORT = 6
"""So many digits of a block's hash are shown."""


class Screen:
    """Prints the story of a run; in colour only where somebody looks and has not asked for none."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._colour = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._story = ChainStory()
        self._read = 0
        self._validators = 0

    def say(self, text: str = "") -> None:
        """Print one line now."""
        print(text, file=self._stream, flush=True)

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, or as it is."""
        return f"{colour}{text}{PLAIN}" if self._colour else text

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Tell what happened in the epoch that has just passed."""
        fresh = journal.since(self._read)
        books = [event.symbol for event in fresh if isinstance(event, InstrumentListed)]
        if len(books) > 1:
            self.say(f"{len(books)} books open: {', '.join(books)}")
        for event in fresh:
            self._story.read(event)
            if isinstance(event, CommitteeSeated):
                self._validators = event.validators
            elif isinstance(event, StrategyFailed):
                self.say(self.paint(f"          {event.agent} stopped: {event.cause}", RED))
        self._read = len(journal)
        if epoch == 0 or self._quiet:
            return
        leader = self._story.leaders.get(epoch)
        blocks = self._story.of_epoch(epoch)
        if not blocks:
            self.say(f"epoch {epoch:>3}  leader n{leader}  {self.paint('no block', YELLOW)}")
        for block in blocks:
            self.say(self._line(epoch, leader, block))

    def _line(self, epoch: int, leader: int | None, block: BlockStory) -> str:
        voters = " ".join(f"n{voter}" for voter in sorted(block.voters))
        parent = self._story.blocks.get(block.parent)
        on = "genesis" if parent is None else block.parent[:SHORT]
        notarized = self.paint("NOTARIZED", GREEN) if block.notarized_by else self.paint("not notarized", YELLOW)
        final = [str(one.epoch) for one in self._story.became_final_in(epoch)]
        finals = f"  {self.paint('FINAL ' + ' '.join(final), BOLD)}" if final else ""
        return (
            f"epoch {epoch:>3}  leader n{leader}  block {block.block[:SHORT]} on {on:<7}  {block.trades:>4} trades  "
            f"votes {len(block.voters)}/{self._validators} {voters}  {notarized}{finals}"
        )

    def summary(self, summary: Summary, run: str | None, timeline: str | None, suggestion: str) -> None:
        """Tell what the run came to."""
        story, settled = summary.story, summary.settled
        count = summary.committee.validators - len(summary.committee.byzantine)
        who = f"all {count} validators" if not summary.committee.byzantine else f"all {count} honest validators"
        agree = f"{who} agree" if story.agreement else self.paint("the validators DISAGREE", RED)
        self.say()
        counts = f"{len(story.blocks)} proposed, {len(story.notarized)} notarized, {summary.finalized} finalized"
        self.say(f"consensus    {counts}; {agree} on {shortened(summary.finalized_digest)}")
        paid = f", {settled.trades:,} settled" if settled else ""
        moved = f" and {summary.transfers:,} transfers" if summary.transfers else ""
        self.say(f"trades       {summary.trades:,} matched{moved}, {summary.entries_final:,} finalized{paid}")
        self.say(f"orders       {summary.orders:,} accepted, {summary.rejected:,} refused")
        if settled:
            state = "reconciled" if settled.reconciled else self.paint("NOT reconciled", RED)
            self.say(
                f"settlement   {settled.blocks} blocks in {settled.transactions} transactions on {settled.backend}, "
                f"{settled.gas:,} gas, {state}"
            )
        holds = "holds: what was brought in is what all accounts hold" if summary.conserved else "BROKEN"
        self.say(f"conservation {holds}")
        self.say(f"fingerprint  {shortened(summary.result.fingerprint)} (seed {summary.result.seed} gives it again)")
        self.say(f"pending      {story.why_not_final()}")
        if summary.result.conclusion:
            self.say(f"conclusion   {summary.result.conclusion}")
        for warning in summary.result.warnings:
            self.say(self.paint(f"warning      {warning}", YELLOW))
        for failure in summary.result.failures:
            self.say(self.paint(f"stopped      {failure}", RED))
        if run:
            self.say(f"run          {run}")
        if timeline:
            self.say(f"timeline     {timeline}")
        self.say(f"next         {suggestion}")
