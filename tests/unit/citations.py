"""Citations in prose: the files and the rules that docstrings, comments and pages name, and which of them are missing.

Prose is what a reader reads: docstrings and comments in Python, comments in Solidity, everything outside code blocks in
Markdown.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import PurePosixPath

from tests.unit.house_rules import FUNCTIONS, Source

PATH = re.compile(r"(?<![\w/.:<{*$-])((?:\.{1,2}/)*(?:[\w-]+/)*[\w-]+\.(?:md|py|sol|toml))(?![\w/])")
RULE = re.compile(r"(?<![\w-])([FP]-\d+(?:\.\d+)?|[RCXLSA][1-9]\d?)(?![\w-]|\.\d)")
OUTSIDE = "finance|consensus|settlement|features|reliability"
UNNUMBERED = re.compile(
    rf"\b(?:{OUTSIDE}) (?:rules? |sections? )?[A-Z]*-?\d[\d.]*\d|(?<=\()rules? \d\.\d",
)
DEFINED = re.compile(r"^(?:#+ |- \*\*)([FP]-\d+(?:\.\d+)?|[RCXLSAWP]\d+)\b", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

YOURS = re.compile(r"(^|/)(answers|submissions|path|to|[A-Z]+)/|^[A-Z]+\.|^(buy_the_dip|dip_room|my_\w+)\.py$")
"""What a reader makes, and places that stand for any file."""


def defined(rulebook: str) -> set[str]:
    """The numbers of the rules that the rulebook defines."""
    return set(DEFINED.findall(rulebook))


def prose(source: Source) -> Iterator[tuple[int, str]]:
    """Line numbers and texts of the prose in a file."""
    if source.path.endswith(".md"):
        blank = CODE_BLOCK.sub(lambda block: "\n" * block[0].count("\n"), source.text)
        yield from enumerate(blank.splitlines(), 1)
    elif source.path.endswith(".py"):
        for node in source.nodes(ast.Module, ast.ClassDef, *FUNCTIONS):
            if ast.get_docstring(node, clean=False) is not None:
                first = node.body[0].value
                yield from enumerate(first.value.splitlines(), first.lineno)
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    elif source.path.endswith(".sol"):
        for number, line in enumerate(source.text.splitlines(), 1):
            yield number, line.partition("//")[2]


class Citations:
    """What may be cited: the files of the repository and the rules of its rulebook."""

    def __init__(self, paths: Iterable[str], rulebook: str) -> None:
        self.paths = set(paths)
        self.rules = defined(rulebook)

    @cached_property
    def endings(self) -> set[str]:
        """Each path, with any number of its leading folders left out."""
        parts = [PurePosixPath(path).parts for path in self.paths]
        return {"/".join(path[start:]) for path in parts for start in range(len(path))}

    def missing(self, source: Source) -> Iterator[str]:
        """One sentence for each citation that leads nowhere."""
        if source.path.endswith((".md", ".py", ".sol")) and any(self._wrong(source.text)):  # else no prose can be wrong
            for number, text in prose(source):
                yield from (f"{source.path}:{number}: {finding}" for finding in self._wrong(text))

    def _wrong(self, text: str) -> Iterator[str]:
        for path in PATH.findall(text) if "." in text else ():
            plain = re.sub(r"^(\.{1,2}/)+", "", path)
            if plain not in self.endings and not YOURS.search(plain):
                yield f"there is no file {path}"
        for rule in RULE.findall(text):
            if rule not in self.rules:
                yield f"docs/rulebook.md has no rule {rule}"
        for found in UNNUMBERED.findall(text):
            yield f"cite the number of a rule in docs/rulebook.md, not {found!r}"
