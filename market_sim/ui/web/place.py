"""The place at which a run stands still, or an earlier one that a person looks at, and the state there."""

from __future__ import annotations

from typing import Any

from market_sim.analysis.history.books import Books
from market_sim.analysis.history.stepping import Stepper
from market_sim.analysis.results.market_tables import book_names
from market_sim.core.data.journal import Journal
from market_sim.ui.web.run_charts import plain


class Places:
    """The places of one run on its way."""

    def __init__(self) -> None:
        self.wanted: tuple[int | None, str] | None = None
        """The event to show and the book; no event: the last one."""
        self._known: tuple[int, Stepper] | None = None
        self._book = ""

    def place(self, journal: Journal) -> dict[str, Any]:
        """The place to show now, as the page gets it."""
        number, book = self.wanted or (None, "")
        last = len(journal) - 1
        at = last if number is None else min(number, last)
        books = book_names(journal) or [""]
        self._book = book if book in books else self._book or books[0]
        instant = self._stepper(journal).instant(at, self._book)
        return {"at": at, "last": last, "books": books, "instant": plain(instant)}

    def _stepper(self, journal: Journal) -> Stepper:
        """The stepper of the journal so far; one that looks back reads the same journal again."""
        length = len(journal)
        if self._known is None or self._known[0] != length:
            self._known = length, Stepper(journal, Books(journal))
        return self._known[1]
