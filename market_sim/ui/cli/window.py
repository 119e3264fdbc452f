"""The site in a window of its own: a browser on this computer that can show one page as an application."""

from __future__ import annotations

import _thread
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

BROWSERS: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
    "brave-browser",
)  # fmt: skip
"""The programs that know `--app`, by their names on the path."""
PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
"""Where such a program is on systems that do not put it on the path."""
PATIENCE_SECONDS: Final = 5.0


def browser() -> str | None:
    """A browser that can open a window of its own: the one of BROWSER_PATH, else the first that is found."""
    chosen = os.environ.get("BROWSER_PATH")
    if chosen:
        return chosen if Path(chosen).is_file() else None
    named = next(filter(None, map(shutil.which, BROWSERS)), None)
    return named or next((place for place in PLACES if Path(place).is_file()), None)


def without(address: str) -> str:
    """What to do where there is none."""
    return (
        "No browser that opens a window of its own was found: install Chromium, Chrome or Edge, or name one by "
        f"BROWSER_PATH. The same pages are at {address} in any browser."
    )


class Window:
    """One window with the site; closing it ends the site, and the end of the site closes it."""

    def __init__(self, program: str, address: str, profile: Path) -> None:
        """`profile` is a folder of its own, so that a browser that is open already does not take the page over."""
        profile.mkdir(parents=True, exist_ok=True)
        command = [program, f"--app={address}", f"--user-data-dir={profile.resolve()}", "--no-first-run"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        self._is_closing = False
        threading.Thread(target=self._watch, name="window", daemon=True).start()

    def close(self) -> None:
        """Close the window, if nobody has yet."""
        self._is_closing = True
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _watch(self) -> None:
        self._process.wait()
        if not self._is_closing:
            print("The window was closed.", file=sys.stderr, flush=True)
            _thread.interrupt_main()


def opened(address: str, instance: Path) -> Window | None:
    """A window with the site; where no browser can open one, None and a sentence in the terminal."""
    program = browser()
    if program is None:
        print(without(address), file=sys.stderr)
        return None
    try:
        return Window(program, address, instance / "window")
    except OSError as problem:
        print(f"{program} could not be started ({problem.strerror}). {without(address)}", file=sys.stderr)
        return None
