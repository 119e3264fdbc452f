"""The readings of the meter: what was measured of each claim, where and when, kept in one file.

A section of the meter is measured as a whole and replaces what it was before; other sections keep their own place and
date, and a reading of an older version of this program says so.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.ui.meter.claims import BY_ID

FOLDER, FILE = "meter", "meter.json"
NONE = "–"


class Reading(msgspec.Struct, frozen=True):
    """What was found of one claim."""

    claim: str
    measured: str
    """As people read it."""
    value: float | None = None
    """What is compared with the claim, in its unit; None where nothing could be compared."""
    modelled: str = NONE
    """What the model of a simulation says, where it has a model."""
    how: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed, or not compared."""
        if self.value is None:
            return "not compared"
        return "met" if BY_ID[self.claim].is_met_by(self.value) else "missed"


class Panel(msgspec.Struct, frozen=True):
    """A table behind the readings of a section."""

    name: str
    title: str
    sentence: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(msgspec.Struct, frozen=True):
    """One part of the meter, measured at once."""

    name: str
    readings: tuple[Reading, ...]
    panels: tuple[Panel, ...] = ()
    host: str = ""
    python: str = ""
    date: str = ""
    """As year, month and day."""
    version: str = VERSION
    code: str = ""
    """A digest of the program that measured, so that a change of it is noticed without a new version."""

    @property
    def is_stale(self) -> bool:
        """Whether another program measured it."""
        return (self.version, self.code) != (VERSION, digest_of_the_program())


def placed(section: Section, date: str) -> Section:
    """The section with the machine and the program that measured it."""
    return msgspec.structs.replace(
        section, host=host(), python=platform.python_version(), date=date, version=VERSION, code=digest_of_the_program()
    )


def host() -> str:
    """What this machine calls its processor and its system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor() or platform.machine())}, {platform.system()} {platform.machine()}"


@cache
def digest_of_the_program() -> str:
    """The first digits of a digest of all modules of this package, the same wherever it is."""
    package = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def read(results: Path) -> dict[str, Section]:
    """The sections that were measured; none before the first time. InputError for a damaged file."""
    path = results / FOLDER / FILE
    if not path.exists():
        return {}
    try:
        found: list[Section] = msgspec.json.decode(path.read_bytes(), type=list[Section])
    except (OSError, msgspec.DecodeError) as problem:
        raise InputError(f"{FOLDER}/{FILE} cannot be read ({problem}); measure again with simulate.py bench") from None
    if unknown := [one.claim for section in found for one in section.readings if one.claim not in BY_ID]:
        raise InputError(f"{FOLDER}/{FILE} has readings of unknown claims ({', '.join(unknown)}); measure again")
    return {section.name: section for section in found}


def write(results: Path, sections: Sequence[Section]) -> Path:
    """Keep these sections; the path of the file."""
    folder = results / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    made: Any = msgspec.json.format(msgspec.json.encode(list(sections)), indent=2)
    path.write_bytes(made + b"\n")
    return path
