"""The live market: one session on a thread of its own, and one door through which everybody else reaches it.

    market = LiveMarket(Session(scenario, options), speed=10)
    market.start()
    market.join("ann", {"USD": dollars(10_000)})
    market.submit("ann", Buy("ACME", 5, 10_010))      # any thread: waits for the acknowledgement
    market.journal.since(0)                           # any thread: what happened, and nothing else, is to be seen
    market.wait(seen=1_200, seconds=1)                # any thread: until more has happened
    market.end()

REST, stream, pages, bots and agents hand their inputs to the session's intake. The order in which they arrive is
recorded, so a live market replays to its fingerprint. Readers see the journal, which only grows, and keep what they
compute from it for themselves: however slow they are, the market never waits for them.

The clock and the market stop separately. While the clock stands still no simulated time passes, but inputs are taken,
at that instant. While trading is halted time goes on, orders are refused with PAUSED, and cancels are accepted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from market_sim.analysis.results.result import Result
from market_sim.api.live.pacing import Pacer
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import (
    OPERATOR,
    Credit,
    GrantAppeal,
    Input,
    Join,
    Pause,
    Resume,
    Shock,
    StartCompetition,
)
from market_sim.simulation.intake import Answers
from market_sim.simulation.session import Session

PATIENCE_SECONDS = 60.0
"""How long a sender waits for an answer before it is told that the market did not take the input."""

T = TypeVar("T")


class LiveMarket:
    """A session that runs at a pace on its own thread; everything here may be called from any thread."""

    def __init__(
        self,
        session: Session,
        speed: float | None = 1.0,
        told: Callable[[Journal, int], object] = lambda journal, epoch: None,
    ) -> None:
        """`told` is called after each epoch, on the thread of the market; it must not take long."""
        self._session = session
        self._told = told
        self.pacer = Pacer(speed)
        session.intake.noticed = self.pacer.wake
        session.intake.taken = self._note
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="market", daemon=True)
        self.broken: BaseException | None = None
        """What ended the market before its time."""
        self.not_stored = ""
        """Why the last events could not be stored yet; empty if they were."""
        self.whole = len(session.journal)
        """The number of events that tell whole steps; of a later one, the fills may still be missing."""

    # ---- running ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the market."""
        self._thread.start()

    def end(self, seconds: float = PATIENCE_SECONDS) -> Result:
        """End the market in order, and wait for it; what it recorded is the result."""
        self._session.stop()
        self.pacer.wake()
        if self._thread.is_alive():
            self._thread.join(seconds)
        if self._thread.is_alive():
            raise InputError(f"the market has not ended within {seconds:g} seconds")
        return self._session.result

    @property
    def is_over(self) -> bool:
        """Whether the market takes no further inputs."""
        return self._session.is_over or self.broken is not None

    @property
    def is_running(self) -> bool:
        """Whether its thread steps it, or waits for the next step."""
        return self._thread.is_alive()

    def stop_clock(self) -> None:
        """Let no simulated time pass from now on."""
        self.pacer.pause()

    def start_clock(self) -> None:
        """Let simulated time pass again."""
        self.pacer.resume()

    def run_at(self, speed: float | None) -> None:
        """Change how many simulated seconds pass in a real one; None: as many as possible."""
        self.pacer.run_at(speed)

    # ---- what goes in -------------------------------------------------------------------------------------------

    def submit(self, account: str, thing: Input, seconds: float = PATIENCE_SECONDS) -> Answers:
        """Hand in an input, and wait for its acknowledgements; InputError when it cannot be taken."""
        return self._session.intake.offer(account, thing).answers(seconds)

    def join(self, name: str, cash: Mapping[str, int], holdings: Mapping[str, int] | None = None) -> None:
        """Open an account for somebody outside."""
        self.submit(name, Join(dict(cash), dict(holdings or {})))

    def credit(self, account: str, asset: str, amount: int) -> None:
        """Bring money or holdings into an account."""
        self.submit(account, Credit(asset, amount))

    def halt(self, symbol: str | None = None) -> None:
        """Halt trading, in one instrument or in all: cancels are accepted, orders refused with PAUSED."""
        self.submit(OPERATOR, Pause(symbol))

    def reopen(self, symbol: str | None = None) -> None:
        """End a halt with a call auction."""
        self.submit(OPERATOR, Resume(symbol))

    def shock(self, symbol: str, percent: float) -> None:
        """Announce news that moves the believed value of an instrument."""
        self.submit(OPERATOR, Shock(symbol, percent))

    def grant_appeal(self, measure: int) -> None:
        """Lift a measure of enforcement; its fine is returned, and the offence no longer counts."""
        self.submit(OPERATOR, GrantAppeal(measure))

    def compete(self) -> None:
        """Begin the competition: what was gained before was practice."""
        self.submit(OPERATOR, StartCompetition())

    # ---- what can be seen ---------------------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """What has happened so far; a reader keeps the number of the next event that it wants."""
        return self._session.journal

    @property
    def scenario(self) -> str:
        """The name of what goes on here."""
        return self._session.scenario.name

    @property
    def now(self) -> int:
        """The simulated time in nanoseconds."""
        return self._session.now

    @property
    def epoch(self) -> int:
        """The last epoch that has passed."""
        return self._session.epoch

    def wait(self, seen: int, seconds: float) -> bool:
        """Wait until the journal is longer than `seen`, but not for ever; returns whether it is."""
        with self._news:
            return self._news.wait_for(lambda: len(self.journal) > seen or self.is_over, seconds) and (
                len(self.journal) > seen
            )

    def ask(self, look: Callable[[Session], T], seconds: float = PATIENCE_SECONDS) -> T:
        """Look at the session itself, between two of its steps; `look` must be short and change nothing.

        Only for what the journal does not tell, such as the check of an order that is not placed. Before its start and
        after its end nobody steps the market, and the caller looks for itself.
        """
        if self._thread.ident is None:
            return look(self._session)
        try:
            return self._session.intake.ask(look).answers(seconds)
        except InputError:
            if not self.is_over:
                raise
        self._thread.join(seconds)
        return look(self._session)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._session.go(self._told, self._pass)
        except BaseException as broken:
            self.broken = broken
            raise
        finally:
            self._session.intake.close()
            self._session.serve()  # whoever came too late is told so
            self._tell()

    def _pass(self, session: Session) -> None:
        """Let the session pass by one piece."""
        before = len(session.journal)
        session.serve()
        self.pacer(session)
        if len(session.journal) > before:
            self._tell()

    def _note(self) -> None:
        self.whole = len(self.journal)

    def _tell(self) -> None:
        self._note()
        with self._news:
            self._news.notify_all()
