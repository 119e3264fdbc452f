"""Reading ahead: what the next visitor would wait for is done in a thread while nobody waits.

At its start the site compiles its templates and reads plotly's script. When the list of runs is shown, the newest run
is read and checked, and its timeline drawn, because that is the run that most visitors open next.
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
"""A longer run takes more memory than a look at a list is worth; 300,000 events take some 200 MB."""


def warm_up(app: Flask) -> None:
    """Make ready what every page needs, and then let the collector of garbage forget the libraries."""
    threading.Thread(target=_warm_up, args=(app,), name="warm-up", daemon=True).start()


def _warm_up(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    files: StaticFiles = app.extensions["files"]
    LOG.debug("plotly's script has %d bytes", len(files.plotly_script))
    # Some 200,000 objects of libraries stay until the end; a run that is read would look through them several times.
    gc.collect()
    gc.freeze()


class ReadingAhead:
    """Reads one run at a time."""

    def __init__(self, library: RunLibrary) -> None:
        self._library = library
        self._lock = threading.Lock()

    def begin(self, entry: StoredRun) -> None:
        """Open this run, unless it is very long, or open, or another one is being read."""
        if entry.manifest.events > MOST_EVENTS or self._library.has_open(entry):
            return
        if self._lock.acquire(blocking=False):
            threading.Thread(target=self._read, args=(entry,), name="reading-ahead", daemon=True).start()

    def _read(self, entry: StoredRun) -> None:
        try:
            run_charts.prepare(self._library.open(entry))
        except InputError as refused:
            # Whoever opens this run is told; here nobody has asked for it.
            LOG.info("%s", refused)
        finally:
            self._lock.release()
