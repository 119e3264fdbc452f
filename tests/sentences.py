"""The form of what the program says to people."""

from __future__ import annotations

import re
from string import Formatter


def over_exact(text: str) -> list[str]:
    """The numbers of a text with more decimals than a reader can use.

    >>> over_exact("It took 0.255286798 s at 101.25, and 5 ms.")
    ['0.255286798']
    """
    return re.findall(r"\d+\.\d{4,}", text)


def is_whole_sentences(text: str) -> bool:
    """Whether a text, and each sentence in it, begins like a sentence, and the text ends like one.

    >>> is_whole_sentences("3 calls were met."), is_whole_sentences("3 calls were met"), is_whole_sentences("n3 lied.")
    (True, False, False)
    >>> is_whole_sentences("A call was made. ann answered.")
    False
    """
    return bool(re.fullmatch(r"[A-Z0-9].*\.", text, re.DOTALL)) and not re.search(r"[.!?] [a-z]", text)


def fields_of(template: str) -> set[str]:
    """The placeholders in the template of a sentence.

    >>> sorted(fields_of("{owner} has {held:figure}"))
    ['held', 'owner']
    """
    return {field for _, field, _, _ in Formatter().parse(template) if field}
