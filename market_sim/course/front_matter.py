"""The front matter of a lesson: the lines between two `---` at the head of lesson.md, read strictly.

It is a small part of YAML, so that every tool that knows YAML reads the same: `key: value` on one line each, where a
value is a whole number, text, `[a, b]` or `{key: value}`. What YAML reads in surprising ways (`02` is 2, `no` is
false, a colon begins a map) must be quoted here, and the message says so.

>>> entries, body = read('---\\nid: "02-finality"\\npoints: 10\\nobjectives: ["Count votes", Sign]\\n---\\n# Text', "x")
>>> entries["id"].value, entries["points"].value, entries["objectives"].value, entries["points"].line, body
('02-finality', 10, ['Count votes', 'Sign'], 3, '# Text')
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from market_sim.core.errors import InputError

FENCE = "---"
KEY = re.compile(r"([a-z_]+):(?: |$)")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
BARE = re.compile(r"[^\[\]{},\n]+")
SURPRISING = re.compile(
    r"(?i)y|n|yes|no|on|off|true|false|null|~|[-+.0-9][-+.0-9_:eoxab]*|.*(: |:$| #).*|[&*!|>'\"%@`#?-].*"
)


class Entry(NamedTuple):
    """One value and the line it stands in."""

    value: Any
    line: int


def read(text: str, file: str) -> tuple[dict[str, Entry], str]:
    """The entries of the front matter by key, and the Markdown after it."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise InputError(f"{file}, line 1: a lesson begins with a line {FENCE}, found {lines[0]!r}")
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == FENCE:
            return entries, "\n".join(lines[number:])
        if not line.strip() or line.startswith("#"):
            continue
        key, value = _Line(line, number, file).entry()
        if key in entries:
            raise InputError(f"{file}, line {number}: {key} stands here twice, first in line {entries[key].line}")
        entries[key] = Entry(value, number)
    raise InputError(f"{file}, line {len(lines)}: the front matter has no end: a second line {FENCE} is missing")


class _Line:
    """One line that is being read, and how far."""

    def __init__(self, text: str, number: int, file: str) -> None:
        self.text = text.rstrip()
        self.number = number
        self.file = file
        self.place = 0

    def entry(self) -> tuple[str, Any]:
        """The key and the value of this line."""
        found = KEY.match(self.text)
        if not found:
            self.refuse("expected `key: value` with a key of small letters")
        self.place = found.end()
        value = self.value(inside=False)
        if self.place < len(self.text):
            self.refuse(f"expected the end of the line, found {self.text[self.place :]!r}")
        return found[1], value

    def value(self, inside: bool) -> Any:
        """The value that begins here."""
        self.space()
        mark = self.text[self.place : self.place + 1]
        if mark == "[":
            return self.sequence()
        if mark == "{":
            return self.mapping()
        if mark == '"':
            return self.quoted()
        return self.bare(BARE if inside else re.compile(".+"))

    def sequence(self) -> list[Any]:
        """`[a, b]`"""
        self.take("[")
        values: list[Any] = []
        while not self.ends("]"):
            if values:
                self.take(",")
            values.append(self.value(inside=True))
        return values

    def mapping(self) -> dict[str, Any]:
        """`{key: value, key: value}`"""
        self.take("{")
        values: dict[str, Any] = {}
        while not self.ends("}"):
            if values:
                self.take(",")
            self.space()
            found = KEY.match(self.text, self.place)
            if not found or found[1] in values:
                self.refuse(f"expected a new `key: value`, found {self.text[self.place :]!r}")
            self.place = found.end()
            values[found[1]] = self.value(inside=True)
        return values

    def quoted(self) -> str:
        """Text in double quotes, with the escapes of JSON, which are YAML's, too."""
        found = QUOTED.match(self.text, self.place)
        if not found:
            self.refuse("a quotation mark has no partner")
        self.place = found.end()
        try:
            return str(json.loads(found[0]))
        except ValueError:
            self.refuse(f"{found[0]} holds an escape that JSON does not know")

    def bare(self, shape: re.Pattern[str]) -> Any:
        """A whole number, or text that no YAML reader takes for anything else."""
        found = shape.match(self.text, self.place)
        word = found[0].strip() if found else ""
        if not found or not word:
            self.refuse("expected a value, found none")
        self.place = found.end()
        if NUMBER.fullmatch(word):
            return int(word)
        if SURPRISING.fullmatch(word):
            self.refuse(f"put {word!r} in double quotes: YAML reads it as something else")
        return word

    def space(self) -> None:
        """Step over blanks."""
        while self.text[self.place : self.place + 1] == " ":
            self.place += 1

    def take(self, mark: str) -> None:
        """Step over a mark that must stand here."""
        self.space()
        if not self.text.startswith(mark, self.place):
            self.refuse(f"expected {mark!r}, found {self.text[self.place :]!r}")
        self.place += 1

    def ends(self, mark: str) -> bool:
        """Whether the closing mark stands here; then it is stepped over."""
        self.space()
        if self.place >= len(self.text):
            self.refuse(f"expected {mark!r} before the end of the line")
        if self.text[self.place] != mark:
            return False
        self.place += 1
        return True

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong, and where."""
        raise InputError(f"{self.file}, line {self.number}: {why}")
