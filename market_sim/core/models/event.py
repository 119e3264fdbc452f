"""An event: one immutable entry of the journal, something that happened and will never change.

Events are `msgspec` structs: they read like frozen dataclasses, cost a tenth to create (the figures are in
docs/decisions/0003-events-are-structs.md), and the same class writes and reads its JSON line. Every event
starts with the simulated time in nanoseconds; its sequence number is its place in the journal.

`area` says which part of the road the event tells about; each area has its own digest, so that a run without
settlement can be compared with a run with it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Area = Literal["run", "market", "consensus", "settlement"]
Numbers = dict[str, int | str]
"""The figures behind a refusal or a decision, by name, as the sentence of its reason code uses them."""


class Event(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Something that happened at a simulated time."""

    area: ClassVar[Area] = "run"

    time: int
