"""The byzantine report: for each byzantine validator and each of its behaviours, its acts and their effects.

All facts are in the journal: the acts, which the simulator records, and the refusals and proofs of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.analysis.history.chain_story import ChainStory, story_of
from market_sim.analysis.states import states
from market_sim.core.consensus.behaviours import MISEXECUTE, Behaviour, parse_behaviours
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    ByzantineAct,
    EquivocationSeen,
    FloodDropped,
    MessageRefused,
)
from market_sim.core.models.run_events import CommitteeSeated, RunStarted
from market_sim.core.models.settlement_events import BlockSettled, SettlementOpened, TradeRefused

DID = {
    "silent": "said nothing {times}",
    "equivocate": "sent two different blocks {times}",
    "two-faced": "showed each half its own block, or signed for one half, {times}",
    "withhold": "showed a message to a few only {times}",
    "late": "sent a message late {times}",
    "double-vote": "voted a second time in an epoch {times}",
    "forge": "sent a forged message {times}",
    "replay": "sent old messages again {times}",
    "usurp": "proposed what it had no right to {times}",
    "crash": "stopped in the middle of sending",
    "flood": "sent far too many messages {times}",
    "misexecute": "left the last entry out when it executed a final block, {times}",
}
TO_DO = {"silent": "be silent", "two-faced": "be two-faced", "late": "send late"}
NEVER = {
    "double-vote": "no leader sent a second proposal that it could have voted for",
    "equivocate": "it led no epoch in which it was to do so",
    "two-faced": "neither it nor its like led an epoch meanwhile",
    "replay": "it had heard no old message yet",
    "misexecute": "no block that holds an entry became final for it",
}


@dataclass
class _Facts:
    """The acts of one byzantine validator, and the reactions of the others."""

    acts: dict[str, list[ByzantineAct]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    proofs: int = 0
    refused_by: list[int] = field(default_factory=list)
    proved_by: list[int] = field(default_factory=list)
    differs_from: int = 0
    """The block after which its own balances are not those of the others."""
    left_out: int = 0
    """How many entries were not paid because a quorum left them out."""
    unpaid: int = 0
    """How many blocks are final for all and not paid, because no quorum signed the same balances."""


WITHOUT_COST = {
    "silent": "the others' votes are a quorum",
    "equivocate": "an honest validator votes once in an epoch, so that two blocks never both get a quorum",
    "two-faced": "two quorums share an honest validator, so that one half at most has a quorum",
    "withhold": "what one honest validator has seen it passes on to all",
    "late": "the others' votes are a quorum, and a late vote still counts",
    "double-vote": "a second signature convicts its signer and makes no quorum of honest votes",
    "forge": "a forged signature does not verify",
    "replay": "a copy changes nothing, and a signature names its chain and its epoch",
    "usurp": "a block counts only from the leader of its epoch, on a notarized parent",
    "crash": "the others' votes are a quorum",
    "flood": "what exceeds the bounds is dropped, and what a second validator signed is exempt",
}
LUCK = "by luck: more validators are byzantine than the rules tolerate, so nothing prevents two final chains"
UNPROVED = {
    "silent": "it cannot be proved, since silence looks like a slow network",
    "crash": "it cannot be proved, since a crash looks like a slow network",
    "withhold": "it cannot be proved, since it looks like a slow network",
    "late": "it cannot be proved, since it looks like a slow network",
}


def byzantine_report(journal: Journal) -> list[str]:
    """One sentence for each byzantine validator and each of its behaviours, chosen ones without an act included."""
    committee = next(journal.of(CommitteeSeated), None)
    if committee is None or not committee.byzantine:
        return []
    facts, story = _facts(journal, committee.byzantine), story_of(journal)
    reached = states(journal)
    for one in reached.deviations if reached else ():
        if one.validator in facts:
            facts[one.validator].differs_from = one.height
            facts[one.validator].unpaid = _unpaid(journal, story)
    finality = _epochs_with_finality(journal, committee.byzantine)
    chosen = [(one.validator, one.name) for one in _asked(journal, committee.validators)]
    chosen += [(who, how) for who, told in facts.items() for how in told.acts]
    beyond = len(committee.byzantine) > committee.faults
    return [_sentence(who, how, facts[who], story, finality, beyond) for who, how in dict.fromkeys(chosen)]


def _epochs_with_finality(journal: Journal, byzantine: Iterable[int]) -> set[int]:
    """The epochs in which a block became final for an honest validator."""
    excluded = frozenset(byzantine)
    return {event.epoch for event in journal.of(BlockFinalized) if event.validator not in excluded}


def _asked(journal: Journal, validators: int) -> tuple[Behaviour, ...]:
    """The behaviours in the options of the run; those that a scenario chooses appear only in their acts."""
    started = next(journal.of(RunStarted), None)
    return () if started is None else parse_behaviours(str(started.options.get("byzantine") or ""), validators)


def _facts(journal: Journal, byzantine: Iterable[int]) -> dict[int, _Facts]:
    found = {who: _Facts() for who in byzantine}
    left_out = sum(event.reason == "SETTLEMENT_LEFT_OUT" for event in journal.of(TradeRefused))
    for told in found.values():
        told.left_out = left_out
    for event in journal:
        if event.area != "consensus":
            continue  # nearly all events of a run are orders
        if isinstance(event, ByzantineAct):
            found[event.validator].acts.setdefault(event.behaviour, []).append(event)
        elif isinstance(event, EquivocationSeen) and event.culprit in found:
            found[event.culprit].proofs += 1
            found[event.culprit].proved_by.append(event.validator)
        elif isinstance(event, FloodDropped) and event.sender in found:
            found[event.sender].dropped += 1
        elif isinstance(event, MessageRefused):
            # A forged message names another sender, so its real sender is unknown.
            for told in found.values():
                told.refused[event.reason] += 1
                told.refused_by.append(event.validator)
    return found


def _sentence(who: int, how: str, facts: _Facts, story: ChainStory, finality: set[int], beyond: bool) -> str:
    acts = facts.acts.get(how, [])
    if not acts:
        return f"n{who} was to {TO_DO.get(how, how)} and never did: {_why_never(who, how, facts, story)}."
    epochs = sorted({act.epoch for act in acts})
    span = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    did = DID[how].format(times="once" if len(acts) == 1 else f"{len(acts):,} times")
    if how == MISEXECUTE:
        return f"n{who} {did} ({how}, {span}): {_wrong_balances(facts)}."
    outcome = _outcome(who, how, acts, facts, story)
    return f"n{who} {did} ({how}, {span}): {outcome}; {_cost(how, epochs[0], story, finality, beyond)}."


def _why_never(who: int, how: str, facts: _Facts, story: ChainStory) -> str:
    mute = next((other for other in ("crash", "silent") if facts.acts.get(other)), "")
    if mute and how not in (mute, MISEXECUTE):
        return "it had stopped" if mute == "crash" else "it said nothing at all meanwhile"
    return NEVER.get(how, "the run was over before")


def _cost(how: str, first: int, story: ChainStory, finality: set[int], beyond: bool) -> str:
    """The epochs without a new final block from the first act on; epoch 1 never has one."""
    after = [epoch for epoch in story.leaders if epoch >= max(first, 2)]
    lost = [epoch for epoch in after if epoch not in finality]
    if not story.agreement:
        return "it cost safety: two chains are final"
    if not after:
        return "the run was over before it could cost anything"
    if not lost:
        return f"nothing came of it, {LUCK if beyond else f'because {WITHOUT_COST[how]}'}"
    return f"{len(lost)} of {counted(len(after), 'epoch')} from then on brought no new final block"


def _unpaid(journal: Journal, story: ChainStory) -> int:
    """The number of blocks with entries that are final for all honest validators and in no batch."""
    if next(journal.of(SettlementOpened), None) is None:
        return 0
    paid = max((event.last for event in journal.of(BlockSettled)), default=0)
    return sum(block.height > paid and block.trades > 0 for block in story.shared_chain())


def _wrong_balances(facts: _Facts) -> str:
    """The difference of its state from that of the others, and whether a batch was signed with it."""
    differs = f"its balances differ from block {facts.differs_from} on" if facts.differs_from else "nothing shows it"
    if facts.left_out:
        entries = counted(facts.left_out, "entry", "entries")
        return f"{differs}; a quorum signed the same wrong balances, and {entries} {was(facts.left_out)} not paid"
    if facts.unpaid:
        blocks = counted(facts.unpaid, "final block")
        return f"{differs}; no quorum signs the same balances any more, and {blocks} {was(facts.unpaid)} not paid"
    return f"{differs}; nothing came of it, because each validator executes for itself and a batch needs a quorum"


def _outcome(who: int, how: str, acts: list[ByzantineAct], facts: _Facts, story: ChainStory) -> str:
    """The reactions of the others, in words for this behaviour."""
    if how in ("silent", "crash"):
        without = _without(who, acts[0].epoch, acts[-1].epoch if how == "silent" else None, story)
        return f"{without}; {UNPROVED[how]}"
    said: list[str] = []
    proposed = {block for act in acts for block in act.blocks if _is_proposal_of(story, block, who)}
    if how in ("equivocate", "two-faced", "usurp", "flood", "withhold", "late") and proposed:
        final = sum(bool(story.blocks[block].final_for) for block in proposed)
        notarized = sum(bool(story.blocks[block].notarized_by) for block in proposed)
        said.append(f"of its {counted(len(proposed), 'block')} {notarized} became notarized and {final} final")
    if how in ("forge", "replay", "usurp", "withhold", "late") and facts.refused:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in facts.refused.most_common(3))
        by = listed(f"n{one}" for one in sorted(set(facts.refused_by)))
        total = facts.refused.total()
        said.append(f"{counted(total, 'message')} {was(total)} thrown away ({reasons}) by {by}")
    if how == "flood" and facts.dropped:
        said.append(f"{counted(facts.dropped, 'message')} {was(facts.dropped)} dropped unread")
    if how in ("equivocate", "two-faced", "double-vote", "usurp", "flood") and facts.proofs:
        by = listed(f"n{one}" for one in sorted(set(facts.proved_by)))
        said.append(
            f"honest validators hold {counted(facts.proofs, 'proof')} that it signed two blocks of one epoch "
            f"(seen by {by})"
        )
    elif how in UNPROVED:
        said.append(UNPROVED[how])
    if story.honest == 1:
        said.append("only one validator is honest, and there is nobody for it to agree with")
    else:
        said.append("all honest validators agree" if story.agreement else "the honest validators DISAGREE")
    return "; ".join(said)


def _without(who: int, first: int, last: int | None, story: ChainStory) -> str:
    """The blocks of the others in these epochs, and the epochs without a block."""
    epochs = [epoch for epoch in story.leaders if first <= epoch and (last is None or epoch <= last)]
    empty = [epoch for epoch in epochs if story.leaders[epoch] == who and not story.of_epoch(epoch)]
    others = [block for epoch in epochs for block in story.of_epoch(epoch) if block.proposer != who]
    notarized = sum(bool(block.notarized_by) for block in others)
    lost = f"{counted(len(empty), 'epoch')} that it led had no block" if empty else "it led no epoch meanwhile"
    return f"{lost}; {notarized} of {counted(len(others), 'block')} of the others became notarized without its vote"


def _is_proposal_of(story: ChainStory, block: str, who: int) -> bool:
    known = story.blocks.get(block)
    return known is not None and known.proposer == who
