"""An event: one immutable entry of the journal, something that happened and will never change.

Events are `msgspec` structs: they read like frozen dataclasses, cost a tenth to create (the figures are in
docs/decisions/0003-events-are-structs.md), and the same class writes and reads its JSON line. Every event
starts with the simulated time in nanoseconds; its sequence number is its place in the journal.

`area` names the stage of the run that the event belongs to. Each area has its own digest, so that a run with
settlement can be compared with a run without it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Area = Literal["run", "market", "consensus", "settlement"]
Numbers = dict[str, int | str]
"""The figures behind a refusal or a decision, by the names that the template of its reason code uses."""


class Event(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Something that happened at a simulated time."""

    area: ClassVar[Area] = "run"

    time: int
