"""What protocols side by side come to: the figures of each, and what partitions and crashes did to it, in sentences.

Everything is read from the journals. A block's time to finality is counted for each honest validator, from the proposal
to the moment from which the block stays final for it; blocks that are not final at the end do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from market_sim.core.consensus.forecast import too_late
from market_sim.core.consensus.network import Partition
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.english import counted, listed
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.core.protocols.events import BlockFinal, BlocksReverted
from market_sim.core.protocols.play import Play

HEAD = (
    "protocol", "messages", "kB", "signatures", "time to finality, mean", "max", "final blocks", "reverted",
    "of them final", "forks",
)  # fmt: skip


NOTE = "Times are in epochs. A fork is a block on top of which more than one block was proposed."


@dataclass(frozen=True)
class Figures:
    """The figures of one protocol; the times are in epochs, None when nothing became final."""

    protocol: str
    messages: int
    bytes_sent: int
    signatures: int
    mean_wait: float | None
    longest_wait: float | None
    final_blocks: int
    reverted: int
    reverted_final: int
    forks: int
    disagreements: int
    """Heights at which two honest validators hold different blocks for final at the end."""
    fingerprint: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        mean, most = (("never" if wait is None else f"{wait:.2f}") for wait in (self.mean_wait, self.longest_wait))
        return (
            self.protocol, f"{self.messages:,}", f"{self.bytes_sent / 1_000:,.0f}", f"{self.signatures:,}", mean, most,
            f"{self.final_blocks:,}", f"{self.reverted:,}", f"{self.reverted_final:,}", f"{self.forks:,}",
        )  # fmt: skip


def final_chains(play: Play) -> dict[int, dict[int, tuple[str, int]]]:
    """For each honest validator the blocks that are final for it at the end, by height, and since when."""
    chains: dict[int, dict[int, tuple[str, int]]] = {index: {} for index in play.honest}
    for event in play.journal:
        if isinstance(event, BlockFinal):
            chains[event.validator][event.height] = (event.block, event.time)
        elif isinstance(event, BlocksReverted):
            gone = event.blocks[: event.final]
            chain = chains[event.validator]
            chains[event.validator] = {height: place for height, place in chain.items() if place[0] not in gone}
    return chains


def reverted_blocks(play: Play) -> tuple[set[str], set[str]]:
    """The blocks that left an honest validator's chain, and those of them that had been final for it."""
    events = list(play.journal.of(BlocksReverted))
    return (
        {block for event in events for block in event.blocks},
        {block for event in events for block in event.blocks[: event.final]},
    )


def figures_of(play: Play) -> Figures:
    """The figures of one protocol."""
    proposed = {event.block: event.time for event in play.journal.of(BlockProposed)}
    children = Counter(event.parent for event in play.journal.of(BlockProposed))
    chains = final_chains(play)
    waits = [time - proposed[block] for chain in chains.values() for block, time in chain.values()]
    names: dict[int, set[str]] = {}
    for chain in chains.values():
        for height, (block, _) in chain.items():
            names.setdefault(height, set()).add(block)
    left, left_final = reverted_blocks(play)
    epoch = play.rules.epoch_ns
    return Figures(
        play.protocol,
        play.messages,
        play.bytes_sent,
        play.signatures,
        sum(waits) / len(waits) / epoch if waits else None,
        max(waits) / epoch if waits else None,
        max(len(chain) for chain in chains.values()),
        len(left),
        len(left_final),
        sum(count > 1 for count in children.values()),
        sum(len(blocks) > 1 for blocks in names.values()),
        fingerprint(play.journal),
    )


def sentences(plays: Iterable[Play]) -> list[str]:
    """What happened to each protocol, in the order of the plays, and what was to happen after their end."""
    plays = list(plays)
    return [*(sentence for play in plays for sentence in _about(play)), *(_never(plays[0]) if plays else ())]


def _never(play: Play) -> Iterator[str]:
    """A sentence for each fault that was asked for and comes too late."""
    asked = play.conditions
    for what in too_late(asked.byzantine, asked.outages, asked.partitions, play.epochs):
        yield f"Nothing comes of {what}: the comparison ends with epoch {play.epochs}."


def _about(play: Play) -> Iterator[str]:
    yield from play.meaningless
    told = False
    for cut in play.conditions.partitions:
        if cut.first <= play.epochs:
            told = True
            yield _partition_sentence(play, cut)
    figures = figures_of(play)
    name = _named(play)
    if figures.disagreements:
        yield (
            f"{name} loses safety: honest validators hold different final blocks at "
            f"{counted(figures.disagreements, 'height')}."
        )
    elif not told:
        yield _calm_sentence(play, figures)


def called(play: Play) -> str:
    """A protocol's name inside a sentence."""
    return play.protocol if play.protocol[0].isupper() else f"the {play.protocol}"


def _named(play: Play) -> str:
    name = called(play)
    return name[0].upper() + name[1:]


def _calm_sentence(play: Play, figures: Figures) -> str:
    name = _named(play)
    if figures.mean_wait is None:
        return f"{name}: no block becomes final in {counted(play.epochs, 'epoch')}."
    reverted = "no block is reverted" if not figures.reverted else f"{_reverted(figures.reverted)}"
    if figures.reverted_final:
        reverted += f", {figures.reverted_final} of them after being final"
    return (
        f"{name}: {counted(figures.final_blocks, 'final block')} in {counted(play.epochs, 'epoch')}, "
        f"{figures.mean_wait:.2f} epochs after the proposal on average; {reverted}."
    )


def _reverted(number: int) -> str:
    return f"{counted(number, 'block')} {'is' if number == 1 else 'are'} reverted"


def _partition_sentence(play: Play, cut: Partition) -> str:
    """What a partition did: which side went on, when finality came back, and what was undone."""
    last = min(cut.last, play.epochs)
    span = f"from epoch {cut.first} to {last}" if last > cut.first else f"in epoch {cut.first}"
    gained = [_gained(play, side, cut.first, last) for side in (cut.senders, cut.receivers)]
    sides = [_side(side) for side in (cut.senders, cut.receivers)]
    name = _named(play)
    cut_off = "the partition" if cut.both_ways else "the one-way partition"
    if not any(gained):
        return f"{name} stops during {cut_off}: no block becomes final {span}; {_afterwards(play, last)}."
    if all(gained):
        both = f"{counted(gained[0], 'block')} on the side of {sides[0]} and {gained[1]} on the side of {sides[1]}"
        start = f"{name} continues on both sides of {cut_off}: {both} become final {span}"
    else:
        on, off = (0, 1) if gained[0] else (1, 0)
        number = counted(gained[on], "block")
        become = "becomes" if gained[on] == 1 else "become"
        start = (
            f"{name} continues on one side of {cut_off}: {number} {become} final on the side of {sides[on]} {span}, "
            f"none on the side of {sides[off]}"
        )
    left, left_final = _undone(play, cut)
    if not left:
        return f"{start}; nothing is reverted afterwards."
    final = f", {left_final} of them after being final" if left_final else ", none of them final"
    return f"{start}; {_reverted(left)} when it ends{final}."


def _undone(play: Play, cut: Partition) -> tuple[int, int]:
    """Blocks that were reverted from the start of the partition to the end of the epoch after it."""
    events = [event for event in play.journal.of(BlocksReverted) if cut.first <= event.epoch <= cut.last + 1]
    left = {block for event in events for block in event.blocks}
    return len(left), len({block for event in events for block in event.blocks[: event.final]})


def _gained(play: Play, side: Iterable[int], first: int, last: int) -> int:
    """How many blocks became final on one side of a partition while it lasted.

    What was sent before it is still delivered in its first epoch, so it is counted there, too.
    """
    members = set(side)
    events = play.journal.of(BlockFinal)
    return len({event.block for event in events if event.validator in members and first <= event.epoch <= last})


def _afterwards(play: Play, last: int) -> str:
    after = [event.epoch for event in play.journal.of(BlockFinal) if event.epoch > last]
    return f"the next one does in epoch {after[0]}" if after else "none does until the end"


def _side(members: Iterable[int]) -> str:
    return listed(f"n{index}" for index in sorted(members))


def document(plays: Iterable[Play]) -> dict[str, Any]:
    """The comparison as one JSON document."""
    plays = list(plays)
    return {"protocols": [asdict(figures_of(play)) for play in plays], "sentences": sentences(plays)}
