"""What is wrong with a stored run, in one sentence that names the file and, if possible, the line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from market_sim.core.data.chain import CHAIN, explained, first_difference, links, split
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.manifest import MANIFEST, Manifest


def damaged_journal(path: Path, size: int, text: bytes, broken: str, chain: bytes, manifest: Manifest) -> str:
    """A journal that is not the one of its manifest. `broken` says why its text ends early, if it does."""
    lines = text.splitlines(keepends=True)
    of = manifest.events
    head = hashlib.sha256(text)
    if lines and not broken and links(hashlib.sha256(), lines) == chain:
        return (
            f"{path} and {CHAIN} agree on the head {shortened(head.hexdigest())}, but {MANIFEST} beside them names "
            f"{shortened(manifest.fingerprint)}: it belongs to another run"
        )
    if hashlib.sha256(chain).hexdigest() != manifest.chain:
        return f"{path} is damaged, and so is {CHAIN} beside it, which would say in which line"
    wrong = first_difference(lines, chain)
    torn = lines and not lines[-1].endswith(b"\n")
    if wrong and not (torn and wrong == len(lines)):
        if broken or torn:
            return f"{path}, {damaged_line(wrong, of)}"
        return f"{path}, {explained(lines, chain, wrong, of)}"
    if broken and size >= manifest.size:
        return f"{path} is damaged from line {min(len(lines) + (not torn), of)} of {of} on: {broken}"
    if torn:
        return f"{path} ends in the middle of line {len(lines)} of {of}: its tail is torn off"
    if len(lines) > of:
        return f"{path} has {len(lines)} lines, expected {of}: line {of + 1} was added"
    return f"{path} ends after line {len(lines)} of {of}: its tail is missing"


def other_head(path: Path, text: bytes, chain: bytes, manifest: Manifest) -> str:
    """A manifest that fits the journal and the chain, which do not fit each other: it was made anew for an edit."""
    wrong = first_difference(text.splitlines(keepends=True), chain)
    where = f"line {wrong} of {manifest.events}" if wrong else f"line {manifest.events}"
    return (
        f"{path} was changed from {where} on: {MANIFEST} names the head {shortened(manifest.fingerprint)}, and "
        f"{CHAIN} ends with another"
    )


def damaged_line(number: int, events: int) -> str:
    """A line of which nothing more is known."""
    return f"line {number} of {events} is damaged: it is not the line that was written"


def damaged_chain(path: Path, text: bytes, chain: bytes, manifest: Manifest) -> str:
    """A damaged chain beside a sound journal."""
    right = links(hashlib.sha256(), text.splitlines(keepends=True))
    whole = "the journal beside it is whole"
    for number, (found, expected) in enumerate(zip(split(chain), split(right), strict=False), start=1):
        if found != expected:
            return f"{path}, line {number} of {manifest.events} is damaged; {whole}"
    return f"{path} has {len(chain):,} bytes, expected {len(right):,}: it was cut or added to; {whole}"
