"""The form of what the program says to people."""

from __future__ import annotations

import re


def is_whole_sentences(text: str) -> bool:
    """Whether a text begins like a sentence and ends like one.

    >>> is_whole_sentences("3 calls were met."), is_whole_sentences("3 calls were met"), is_whole_sentences("n3 lied.")
    (True, False, False)
    """
    return bool(re.fullmatch(r"[A-Z0-9].*\.", text, re.DOTALL))
