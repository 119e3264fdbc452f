"""The liars of a run: for each validator and each way in which it broke the rules, what it did and what came of it.

Everything is read from the journal: its acts (the simulator's truth), and what the others refused, proved or let pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.analysis.history.chain_story import ChainStory, story_of
from market_sim.core.consensus.behaviours import Behaviour, parse_behaviours
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.consensus_events import (
    ByzantineAct,
    EquivocationSeen,
    FloodDropped,
    MessageRefused,
)
from market_sim.core.models.run_events import CommitteeSeated, RunStarted

DID = {
    "silent": "said nothing {times}",
    "equivocate": "sent two different blocks {times}",
    "withhold": "showed a message to a few only {times}",
    "late": "sent a message late {times}",
    "double-vote": "voted a second time in an epoch {times}",
    "forge": "sent a forged message {times}",
    "replay": "sent old messages again {times}",
    "usurp": "proposed what it had no right to {times}",
    "crash": "stopped in the middle of sending",
    "flood": "sent far too many messages {times}",
}
NEVER = {
    "double-vote": "no leader sent a second proposal that it could have voted for",
    "equivocate": "it led no epoch in which it was to do so",
    "replay": "it had heard no old message yet",
}


@dataclass
class _Facts:
    """What the journal tells of one liar, and of what the others did about it."""

    acts: dict[str, list[ByzantineAct]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    proofs: int = 0


def liars(journal: Journal) -> list[str]:
    """One sentence for each liar and each of its ways; the ways that were asked for come even when nothing came."""
    committee = next(journal.of(CommitteeSeated), None)
    if committee is None or not committee.byzantine:
        return []
    facts, story = _facts(journal, committee.byzantine), story_of(journal)
    chosen = [(one.validator, one.name) for one in _asked(journal, committee.validators)]
    chosen += [(who, how) for who, told in facts.items() for how in told.acts]
    return [_sentence(who, how, facts[who], story) for who, how in dict.fromkeys(chosen)]


def _asked(journal: Journal, validators: int) -> tuple[Behaviour, ...]:
    """What the run was started with; a scenario that chooses liars itself shows only in what they did."""
    started = next(journal.of(RunStarted), None)
    return () if started is None else parse_behaviours(str(started.options.get("byzantine") or ""), validators)


def _facts(journal: Journal, byzantine: Iterable[int]) -> dict[int, _Facts]:
    found = {who: _Facts() for who in byzantine}
    for event in journal:
        if event.area != "consensus":
            continue  # nearly all events of a run are orders
        if isinstance(event, ByzantineAct):
            found[event.validator].acts.setdefault(event.behaviour, []).append(event)
        elif isinstance(event, EquivocationSeen) and event.culprit in found:
            found[event.culprit].proofs += 1
        elif isinstance(event, FloodDropped) and event.sender in found:
            found[event.sender].dropped += 1
        elif isinstance(event, MessageRefused):
            # A forged message claims to be somebody else's, so who sent it cannot be read from it.
            for told in found.values():
                told.refused[event.reason] += 1
    return found


def _sentence(who: int, how: str, facts: _Facts, story: ChainStory) -> str:
    acts = facts.acts.get(how, [])
    if not acts:
        why = NEVER.get(how, "the run was over before")
        return f"n{who} was to {how} and never did: {why}."
    epochs = sorted({act.epoch for act in acts})
    span = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    did = DID[how].format(times="once" if len(acts) == 1 else f"{len(acts):,} times")
    return f"n{who} {did} ({how}, {span}): {_outcome(who, how, acts, facts, story)}."


def _outcome(who: int, how: str, acts: list[ByzantineAct], facts: _Facts, story: ChainStory) -> str:
    """What the others made of it, in the words that fit this way of lying."""
    if how in ("silent", "crash"):
        return _without(who, acts[0].epoch, acts[-1].epoch if how == "silent" else None, story)
    said: list[str] = []
    proposed = {block for act in acts for block in act.blocks if _is_proposal_of(story, block, who)}
    if how in ("equivocate", "usurp", "flood", "withhold", "late") and proposed:
        final = sum(bool(story.blocks[block].final_for) for block in proposed)
        notarized = sum(bool(story.blocks[block].notarized_by) for block in proposed)
        said.append(f"of its {counted(len(proposed), 'block')} {notarized} became notarized and {final} final")
    if how in ("forge", "replay", "usurp", "withhold", "late") and facts.refused:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in facts.refused.most_common(3))
        said.append(f"{counted(facts.refused.total(), 'message')} were thrown away ({reasons})")
    if how == "flood" and facts.dropped:
        said.append(f"{counted(facts.dropped, 'message')} were dropped unread")
    if how in ("equivocate", "double-vote", "usurp", "flood") and facts.proofs:
        said.append(f"honest validators hold {counted(facts.proofs, 'proof')} that it signed two blocks of one epoch")
    said.append("all honest validators agree" if story.agreement else "the honest validators DISAGREE")
    return "; ".join(said)


def _without(who: int, first: int, last: int | None, story: ChainStory) -> str:
    """What the others did without it, from the first of these epochs to the last."""
    epochs = [epoch for epoch in story.leaders if first <= epoch and (last is None or epoch <= last)]
    empty = [epoch for epoch in epochs if story.leaders[epoch] == who and not story.of_epoch(epoch)]
    others = [block for epoch in epochs for block in story.of_epoch(epoch) if block.proposer != who]
    notarized = sum(bool(block.notarized_by) for block in others)
    lost = f"{counted(len(empty), 'epoch')} that it led had no block" if empty else "it led no epoch meanwhile"
    return f"{lost}; {notarized} of the others' {counted(len(others), 'block')} became notarized without its vote"


def _is_proposal_of(story: ChainStory, block: str, who: int) -> bool:
    known = story.blocks.get(block)
    return known is not None and known.proposer == who
