"""The front matter of a lesson: the TOML between two lines `+++` at the head of lesson.md.

>>> entries, body = read('+++\\nid = "02-finality"\\n\\n[look]\\nseed = 7\\n+++\\n# Text', "x")
>>> entries["id"], entries["look"], body
(Entry(value='02-finality', line=2), Entry(value={'seed': 7}, line=4), '# Text')
"""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

from market_sim.core.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FENCE = "+++"
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Entry(NamedTuple):
    """One value and the line of its key."""

    value: Any
    line: int


def read(text: str, file: str) -> tuple[dict[str, Entry], str]:
    """The entries of the front matter by key, and the Markdown after it."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if line.rstrip() == FENCE]
    if not fences or fences[0] != 0:
        raise InputError(f"{file}, line 1: a lesson begins with a line {FENCE}, found {lines[0]!r}")
    if len(fences) == 1:
        raise InputError(f"{file}, line {len(lines)}: the front matter has no end: a second line {FENCE} is missing")
    head = lines[1 : fences[1]]
    try:
        values = tomllib.loads("".join(f"{line}\n" for line in head))
    except tomllib.TOMLDecodeError as error:
        place = PLACE.search(str(error))
        why = PLACE.sub("", str(error))
        # The first line of the file is the fence; what is missing at the end is missing in the line of the other one.
        number = int(place[1]) + 1 if place and place[1] else fences[1] + 1
        raise InputError(f"{file}, line {number}: the front matter is not TOML: {why}") from None
    return {key: Entry(value, _line_of(key, head)) for key, value in values.items()}, "\n".join(lines[fences[1] + 1 :])


def _line_of(key: str, head: list[str]) -> int:
    begins = re.compile(rf"\s*\[{{0,2}}\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((number for number, line in enumerate(head, start=2) if begins.match(line)), 1)
