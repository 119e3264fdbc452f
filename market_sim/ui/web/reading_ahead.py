"""Prefetching: work that the next request would wait for, done in a background thread.

At its start the site compiles its templates and reads plotly's script. When the list of runs is shown, the newest run
is read and checked, and its timeline drawn, because most visitors open that run next.
"""

from __future__ import annotations

import gc
import logging
import threading

from flask import Flask

from market_sim.core.errors import InputError
from market_sim.ui.web import run_charts
from market_sim.ui.web.run_library import RunLibrary, StoredRun
from market_sim.ui.web.static_files import StaticFiles

LOG = logging.getLogger("market_sim.site")
MOST_EVENTS = 1_000_000
"""Longer runs are not prefetched, because of their memory; 300,000 events take some 200 MB."""


def warm_up(app: Flask) -> None:
    """Load what every page needs, then freeze the libraries' objects for the garbage collector."""
    threading.Thread(target=_warm_up, args=(app,), name="warm-up", daemon=True).start()


def _warm_up(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    files: StaticFiles = app.extensions["files"]
    LOG.debug("plotly's script has %d bytes", len(files.plotly_script))
    # Some 200,000 objects of libraries live until the end; reading a run would scan them several times.
    gc.collect()
    gc.freeze()


class ReadingAhead:
    """Prefetches one run at a time."""

    def __init__(self, library: RunLibrary) -> None:
        self._library = library
        self._lock = threading.Lock()

    def begin(self, entry: StoredRun) -> None:
        """Prefetch this run, unless it is very long, is open already, or another one is being read."""
        if entry.manifest.events > MOST_EVENTS or self._library.has_open(entry):
            return
        if self._lock.acquire(blocking=False):
            threading.Thread(target=self._read, args=(entry,), name="reading-ahead", daemon=True).start()

    def _read(self, entry: StoredRun) -> None:
        try:
            run_charts.prepare(self._library.open(entry))
        except InputError as refused:
            # Opening the run will report the error; this is only a prefetch.
            LOG.info("%s", refused)
        finally:
            self._lock.release()
