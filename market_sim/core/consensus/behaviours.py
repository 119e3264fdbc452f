"""Byzantine behaviours: which validators deviate, how, and in which epochs; chosen before the run (static corruption).

An outage is the crash of an honest validator that comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from market_sim.core.errors import InputError

BEHAVIOURS: Final = {
    "silent": "neither proposes nor votes",
    "equivocate": "sends different blocks to different groups",
    "two-faced": "shows each half of the others a different chain and signs both, together with the other two-faced",
    "withhold": "shows its messages to a few and reveals them to the others later",
    "late": "sends after a delay, up to several epochs, or just before an epoch ends",
    "double-vote": "votes for every proposal it sees",
    "forge": "signs with a wrong key, claims another identity, flips bytes",
    "replay": "sends messages of older epochs and of other chains again",
    "usurp": "proposes when it does not lead, for a wrong epoch, on a wrong parent",
    "crash": "stops for good in the middle of sending, so that only some get its last message",
    "flood": "sends far more blocks and votes than the protocol can use",
    "greedy": "leads like the others, but puts the calls of contracts into its blocks in an order of its own",
    "misexecute": "keeps to the protocol, but leaves the last entry of each final block out of its own balances",
    "double-sign": "keeps to the protocol, but signs a second result of each final block for the settlement",
}

GREEDY: Final = "greedy"
"""The behaviour of a leader that consensus does not see: the order of the calls is the payload's."""
MISEXECUTE: Final = "misexecute"
DOUBLE_SIGN: Final = "double-sign"
AFTER_FINALITY: Final = (MISEXECUTE, DOUBLE_SIGN)
"""The behaviours that no message of the protocol shows: they begin where a block is final."""

FOR_EVER: Final = 10**9


@dataclass(frozen=True)
class Behaviour:
    """One way in which one validator deviates from the protocol, from the first to the last of these epochs."""

    validator: int
    name: str
    first: int = 1
    last: int = FOR_EVER

    def __post_init__(self) -> None:
        if self.name not in BEHAVIOURS:
            raise InputError(f"there is no byzantine behaviour {self.name!r}; there are {', '.join(BEHAVIOURS)}")

    @property
    def epochs(self) -> str:
        """The epochs as a person types them; empty for all epochs."""
        if self.last == FOR_EVER and self.first == 1:
            return ""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def is_active(self, epoch: int) -> bool:
        """Whether the validator behaves like this in the epoch, or with a block of it; a crash lasts for good."""
        return self.first <= epoch and (epoch <= self.last or self.name == "crash")


def parse_behaviours(text: str, validators: int) -> tuple[Behaviour, ...]:
    """The behaviours that a person typed, separated by commas.

    >>> parse_behaviours("n3:equivocate@5-9, n1:silent", 4)[0]
    Behaviour(validator=3, name='equivocate', first=5, last=9)
    """
    return tuple(_parse(part.strip(), validators) for part in text.split(",") if part.strip())


def _parse(part: str, validators: int) -> Behaviour:
    who, _, what = part.partition(":")
    name, at, epochs = what.partition("@")
    if not (who[:1] == "n" and who[1:].isascii() and who[1:].isdecimal() and name):
        raise InputError(f"a behaviour looks like n3:equivocate@5-9, not {part!r}")
    validator = int(who[1:])
    if validator >= validators:
        raise InputError(f"there is no validator {who}; the validators are n0 to n{validators - 1}")
    first, last = parse_epochs(epochs) if at else (1, FOR_EVER)
    return Behaviour(validator, name, first, last)


@dataclass(frozen=True)
class Outage:
    """The crash of an honest validator: down from the start of the first epoch, back after the last one."""

    validator: int
    first: int
    last: int


def parse_outages(text: str, validators: int) -> tuple[Outage, ...]:
    """The outages that a person typed, separated by commas.

    >>> parse_outages("n2@4-6", 4)
    (Outage(validator=2, first=4, last=6),)
    """
    outages: list[Outage] = []
    for part in filter(None, map(str.strip, text.split(","))):
        who, at, epochs = part.partition("@")
        if not (who[:1] == "n" and who[1:].isascii() and who[1:].isdecimal() and at):
            raise InputError(f"a crash with a return looks like n2@4-6, not {part!r}")
        if int(who[1:]) >= validators:
            raise InputError(f"there is no validator {who}; the validators are n0 to n{validators - 1}")
        outages.append(Outage(int(who[1:]), *parse_epochs(epochs)))
    return tuple(outages)


def parse_epochs(text: str) -> tuple[int, int]:
    """One epoch or a range of epochs.

    >>> parse_epochs("5"), parse_epochs("5-9")
    ((5, 5), (5, 9))
    """
    first, dash, last = text.partition("-")
    numbers = (first, last if dash else first)
    if not text.isascii() or not all(map(str.isdecimal, numbers)) or not 1 <= int(numbers[0]) <= int(numbers[1]):
        raise InputError(f"epochs look like 5 or 5-9, not {text!r}")
    return int(numbers[0]), int(numbers[1])
