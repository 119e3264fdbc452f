"""Installs requirements.txt in fresh environments, while the index offers newer releases than it pins.

    python3 .ci/fresh_install.py

For each interpreter on the path, the oldest pip that ships with it; for the one that runs this, also pip 23.2.1 and the
newest. Beside the usual index stands a folder with an empty wheel, version 999, of each package that is asked for with
an extra: an installation that takes it, or fails because of it, fails here. The same lock without its extras must be
refused, which shows that this check can fail. Needs a package index.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"
OLDEST_PIP = {(3, 10): "21.2.3", (3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2"}
BEFORE_EXTRAS_MERGED = "23.2.1"
"""The last pip for which `coverage[toml]` and `coverage` are two requirements."""
AT_ONCE = 2
TRIES = 3
PAUSE_SECONDS = 20
NETWORK = re.compile(r"timed out|connection|temporary failure|max retries|IncompleteRead|Server Error", re.IGNORECASE)
"""What pip says when the index cannot be reached, which is no fault of the lock."""
PIN = re.compile(r"^([\w.-]+)\[([\w,-]+)\]==", re.MULTILINE)


def offer_newer(folder: Path, lock: str) -> list[str]:
    """Write an empty wheel of version 999 for every package that the lock pins with an extra; their names."""
    names = sorted({(name, extras) for name, extras in PIN.findall(lock)})
    for name, extras in names:
        stem = f"{name.replace('-', '_')}-999.0"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 999.0\n"
        metadata += "".join(f"Provides-Extra: {extra}\n" for extra in extras.split(","))
        files = {
            f"{stem}.dist-info/METADATA": metadata,
            f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: -\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},,\n" for path in (*files, f"{stem}.dist-info/RECORD"))
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            for path, text in {**files, f"{stem}.dist-info/RECORD": record}.items():
                wheel.writestr(path, text)
    return [name for name, _ in names]


def environment(python: str, pip: str | None, place: Path) -> Path:
    """A fresh environment of this interpreter with this pip (None: the newest); its interpreter."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([python, "-m", "venv", place], check=True)
    inside = place / "bin" / "python"
    wanted = ["--upgrade", "pip"] if pip is None else [f"pip=={pip}"]
    done = ran([inside, "-m", "pip", "install", "-q", *wanted])
    if done.returncode:
        raise SystemExit(f"{' '.join(wanted)} cannot be installed: {done.stderr[-1_000:]}")
    return inside


def ran(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command; once more, and that is told, where the index could not be reached."""
    for left in reversed(range(TRIES)):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0 or not NETWORK.search(done.stderr) or not left:
            break
        print(f"the index could not be reached, {left} tries left: {done.stderr[-300:]}", flush=True)
        time.sleep(PAUSE_SECONDS)
    return done


def problem(python: str, pip: str | None, lock: Path, wheels: Path, place: Path) -> str:
    """What went wrong when the lock was installed; empty when it was installed as pinned."""
    inside = environment(python, pip, place)
    install: list[str | Path] = [inside, "-m", "pip", "install", "-q", "--no-compile"]
    install += ["--find-links", wheels, "-r", lock]
    done = ran(install)
    if done.returncode:
        return next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), done.stderr[-300:])
    have = subprocess.run([inside, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    return ", ".join(line for line in have.splitlines() if line.endswith("==999.0"))


def interpreters() -> dict[tuple[int, int], str]:
    """The supported interpreters that are on the path and work, and the one that runs this."""
    found = {}
    for version in OLDEST_PIP:
        name = shutil.which("python{}.{}".format(*version))
        if name and subprocess.run([name, "-c", ""], capture_output=True).returncode == 0:
            found[version] = name
    return {**found, sys.version_info[:2]: sys.executable}


def pips_for(version: tuple[int, int], python: str) -> list[str | None]:
    """The pips to try with an interpreter, each once."""
    more = [BEFORE_EXTRAS_MERGED, None] if python == sys.executable else []
    return list(dict.fromkeys([OLDEST_PIP[version], *more]))


def main() -> int:
    """Try every combination, two at a time; 1 when one fails."""
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        place, wheels = Path(temporary), Path(temporary) / "wheels"
        wheels.mkdir()
        text = LOCK.read_text()
        offered = offer_newer(wheels, text)
        if "coverage" not in offered:
            print("requirements.txt pins coverage without the extra that pytest-cov asks for")
            return 1
        stripped = place / "stripped.txt"
        stripped.write_text(PIN.sub(r"\1==", text))
        if not (said := problem(sys.executable, BEFORE_EXTRAS_MERGED, stripped, wheels, place / "venv")):
            print("a lock without its extras was installed: this check cannot fail")
            return 1
        print(f"without the extras: {said}")
        combinations = [
            (version, python, pip) for version, python in interpreters().items() for pip in pips_for(version, python)
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tried = [
                pool.submit(problem, python, pip, LOCK, wheels, place / f"venv-{number}")
                for number, (_, python, pip) in enumerate(combinations)
            ]
        for (version, _, pip), outcome in zip(combinations, tried, strict=True):
            said = outcome.result()
            print(f"Python {version[0]}.{version[1]}, pip {pip or 'newest'}: {said or 'installed as pinned'}")
            failed = failed or bool(said)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
