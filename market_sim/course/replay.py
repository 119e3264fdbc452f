"""The film of a failed check: its run, kept as a folder that the pages can open at the event that went wrong."""

from __future__ import annotations

from pathlib import Path

from market_sim.core.data.archive import save
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import RunEnded, RunStarted
from market_sim.market.exchange.exchange import Exchange


def keep(journal: Journal, folder: Path) -> str:
    """Save a run and return its folder, as a person would type it."""
    save(journal, folder)
    return folder.as_posix()


class Steps:
    """A timepiece that somebody turns by hand, one millisecond for each step."""

    def __init__(self) -> None:
        self.now = 0

    def on(self) -> None:
        """The next step."""
        self.now += 1_000_000


class Stage:
    """A small exchange on which a check plays a few orders, and the journal of what happens.

    What a check expects comes from the product's own exchange, so a lesson cannot teach what the product does not do.
    """

    def __init__(self, name: str, seed: int = 0, cash: int = 10_000_000, shares: int = 10_000) -> None:
        self.journal = Journal()
        self.journal.record(RunStarted(0, name, seed, 0, {}, {}))
        self.clock = Steps()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"))
        self._endowment = (cash, shares)

    def play(self, account: str, intent: Intent) -> None:
        """Let somebody ask for something; whoever is new gets an account first."""
        if account not in self.exchange.accounts:
            self.exchange.open_account(account)
            self.exchange.deposit(account, "USD", self._endowment[0])
            self.exchange.deposit(account, "ACME", self._endowment[1])
        self.clock.on()
        self.exchange.submit(account, intent)

    def end(self) -> Journal:
        """The journal, finished."""
        self.journal.record(RunEnded(self.clock.now, True))
        return self.journal
