"""Glossary links in lessons: the first occurrence of each term is linked, with a tooltip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from market_sim.analysis.glossary import TERMS, Term, find

EVERYDAY = frozenset("account book call final index loss mark offer order put run trade".split())
"""Terms that are not linked: lessons use them in an everyday sense, too, or very often."""


def _pattern() -> re.Pattern[str]:
    """A pattern for all forms of all terms, the longest first."""
    forms = {form for term in TERMS for form in (term.word, *term.also) if form not in EVERYDAY}
    longest_first = sorted(map(re.escape, forms), key=lambda form: (-len(form), form))
    return re.compile(rf"\b(?:{'|'.join(longest_first)})(?:e?s)?\b")


WORDS = _pattern()


class GlossaryLinks:
    """The terms that are linked on one page so far."""

    def __init__(self, glossary: str, areas: Sequence[str]) -> None:
        self._glossary = glossary
        self._areas = frozenset(areas)
        self._explained: set[str] = set()

    def link(self, tokens: Sequence[Token]) -> None:
        """Link the first occurrence of each term, except in code, headings and links."""
        is_heading = False
        for token in tokens:
            is_heading = token.type == "heading_open" or (is_heading and token.type != "heading_close")
            if token.type == "inline" and token.children and not is_heading:
                token.children = list(self._linked(token.children))

    def _linked(self, children: Sequence[Token]) -> Iterator[Token]:
        depth = 0
        for child in children:
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type == "text" and not depth:
                yield from self._parts(child.content)
            else:
                yield child

    def _parts(self, text: str) -> Iterator[Token]:
        begin = 0
        for found in WORDS.finditer(text):
            term = find(found[0])
            if term is None or term.area not in self._areas or term.word in self._explained:
                continue
            self._explained.add(term.word)
            if found.start() > begin:
                yield _text(text[begin : found.start()])
            yield from self._explanation(term, found[0])
            begin = found.end()
        if begin < len(text):
            yield _text(text[begin:])

    def _explanation(self, term: Term, shown: str) -> Iterator[Token]:
        attributes: dict[str, str | int | float] = {
            "href": f"{self._glossary}#{term.anchor}", "title": term.sentence, "class": "term",
        }  # fmt: skip
        yield Token("link_open", "a", 1, attrs=attributes)
        yield _text(shown)
        yield Token("link_close", "a", -1)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
