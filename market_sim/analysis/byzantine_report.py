"""The byzantine report: for each byzantine validator and each of its behaviours, its acts and their effects.

All facts are in the journal: the acts, which the simulator records, and the refusals and proofs of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.analysis.byzantine_words import (
    ADDS_ONLY,
    DID,
    FLOODS,
    LUCK,
    NEVER,
    REFUSED_FOR,
    TO_DO,
    UNPROVED,
    WITHOUT_COST,
)
from market_sim.analysis.history.chain_story import ChainStory, story_of
from market_sim.analysis.states import states
from market_sim.blockchain.signed_on import ASKED_NO_MORE, SignedOn, after_conviction
from market_sim.core.consensus.behaviours import (
    AFTER_FINALITY,
    DOUBLE_SIGN,
    GREEDY,
    MISEXECUTE,
    Behaviour,
    parse_behaviours,
)
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    ByzantineAct,
    CallsOrdered,
    EquivocationSeen,
    FloodDropped,
    MessageRefused,
    NetworkFault,
)
from market_sim.core.models.run_events import CommitteeSeated, RunStarted
from market_sim.core.models.settlement_events import BlockSettled, DoubleSigned, SettlementOpened, TradeRefused

NAMED = 8
"""Of more validators only the number is told."""


@dataclass
class _Facts:
    """The acts of one byzantine validator, and the reactions of the others."""

    acts: dict[str, list[ByzantineAct]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    """The messages in its name that were refused, by reason."""
    refused_by: set[int] = field(default_factory=set)
    dropped: int = 0
    proofs: int = 0
    proved_by: set[int] = field(default_factory=set)
    differs_from: int = 0
    """The block after which its own balances are not those of the others."""
    left_out: int = 0
    """How many entries were not paid because a quorum left them out."""
    signed_twice: list[int] = field(default_factory=list)
    """The first block of each batch of which the journal has its signatures on two results."""
    signed_on: SignedOn = ASKED_NO_MORE
    """What it signed after the first of these."""
    unpaid: int = 0
    """How many blocks are final for all and not paid, because no quorum signed the same balances."""


@dataclass
class _Run:
    """What the sentences about all byzantine validators of a run share."""

    story: ChainStory
    finality: set[int]
    """The epochs in which a block became final for an honest validator."""
    is_beyond: bool
    """Whether more validators are byzantine than the rules tolerate."""
    is_settled: bool
    is_fair: bool
    """Whether the committee enforces an order of the calls of contracts."""
    has_network_faults: bool = False
    settled: Counter[int] = field(default_factory=Counter)
    """How often a batch that begins with this block was settled."""
    refused: Counter[str] = field(default_factory=Counter)
    """All refused messages, by reason."""
    refused_by: set[int] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    """The reasons with which more messages were refused or dropped than have a record."""
    acts: set[tuple[int, str]] = field(default_factory=set)
    """Who did what."""


def byzantine_report(journal: Journal) -> list[str]:
    """One sentence for each byzantine validator and each of its behaviours, chosen ones without an act included."""
    committee = next(journal.of(CommitteeSeated), None)
    if committee is None or not committee.byzantine:
        return []
    story = story_of(journal)
    run = _Run(
        story,
        _epochs_with_finality(journal, committee.byzantine),
        len(committee.byzantine) > committee.faults,
        next(journal.of(SettlementOpened), None) is not None,
        any(event.reports for event in journal.of(CallsOrdered)),
    )
    facts = _facts(journal, committee.byzantine, run)
    reached = states(journal)
    for one in reached.deviations if reached else ():
        if one.validator in facts:
            facts[one.validator].differs_from = one.height
            facts[one.validator].unpaid = _unpaid(journal, run)
    chosen = [(one.validator, one.name) for one in _asked(journal, committee.validators)]
    chosen += [(who, how) for who, told in facts.items() for how in told.acts]
    return [_sentence(who, how, facts[who], run) for who, how in dict.fromkeys(chosen)]


def _epochs_with_finality(journal: Journal, byzantine: Iterable[int]) -> set[int]:
    """The epochs in which a block became final for an honest validator."""
    excluded = frozenset(byzantine)
    return {event.epoch for event in journal.of(BlockFinalized) if event.validator not in excluded}


def _asked(journal: Journal, validators: int) -> tuple[Behaviour, ...]:
    """The behaviours in the options of the run; those that a scenario chooses appear only in their acts."""
    started = next(journal.of(RunStarted), None)
    return () if started is None else parse_behaviours(str(started.options.get("byzantine") or ""), validators)


def _facts(journal: Journal, byzantine: Iterable[int], run: _Run) -> dict[int, _Facts]:
    found = {who: _Facts() for who in byzantine}
    left_out = sum(event.reason == "SETTLEMENT_LEFT_OUT" for event in journal.of(TradeRefused))
    for told in found.values():
        told.left_out = left_out
    for pair in journal.of(DoubleSigned):
        found[pair.validator].signed_twice.append(pair.first)
    for who, done in after_conviction(journal).items():
        found[who].signed_on = done
    run.settled.update(batch.first for batch in journal.of(BlockSettled))
    for event in journal:
        if event.area != "consensus":
            continue  # nearly all events of a run are orders
        if isinstance(event, ByzantineAct):
            found[event.validator].acts.setdefault(event.behaviour, []).append(event)
            run.acts.add((event.validator, event.behaviour))
        elif isinstance(event, EquivocationSeen) and event.culprit in found:
            found[event.culprit].proofs += 1
            found[event.culprit].proved_by.add(event.validator)
        elif isinstance(event, FloodDropped):
            if event.reason == "TOO_MANY_REFUSALS":
                run.uncounted.add(str(event.numbers["code"]))
            elif event.sender in found:
                found[event.sender].dropped += 1
        elif isinstance(event, MessageRefused):
            run.refused[event.reason] += 1
            run.refused_by.add(event.validator)
            if event.sender in found:
                found[event.sender].refused[event.reason] += 1
                found[event.sender].refused_by.add(event.validator)
        elif isinstance(event, NetworkFault):
            run.has_network_faults = True
    return found


def _sentence(who: int, how: str, facts: _Facts, run: _Run) -> str:
    acts = facts.acts.get(how, [])
    if not acts:
        return f"n{who} was to {TO_DO.get(how, how)} and never did: {_why_never(who, how, facts, run.story)}."
    epochs = sorted({act.epoch for act in acts})
    span = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    did = DID[how].format(times="once" if len(acts) == 1 else f"{len(acts):,} times")
    if how == MISEXECUTE:
        return f"n{who} {did} ({how}, {span}): {_wrong_balances(facts, run)}."
    if how == DOUBLE_SIGN:
        return f"n{who} {did} ({how}, {span}): {_two_results(facts, run)}."
    if how == GREEDY:
        return f"n{who} {did} ({how}, {span}): {_own_order(who, acts, run)}."
    outcome, has_empty = _outcome(who, how, acts, facts, run)
    return f"n{who} {did} ({how}, {span}): {outcome}; {_cost(who, how, epochs[0], run, has_empty)}."


def _why_never(who: int, how: str, facts: _Facts, story: ChainStory) -> str:
    mute = next((other for other in ("crash", "silent") if facts.acts.get(other)), "")
    if mute and how not in (mute, *AFTER_FINALITY):
        return "it had stopped" if mute == "crash" else "it said nothing at all meanwhile"
    return NEVER.get(how, "the run was over before")


def _cost(who: int, how: str, first: int, run: _Run, has_empty: bool) -> str:
    """The epochs without a new final block from the first act on; epoch 1 never has one."""
    after = [epoch for epoch in run.story.leaders if epoch >= max(first, 2)]
    lost = [epoch for epoch in after if epoch not in run.finality]
    if not run.story.agreement:
        return "it cost safety: two chains are final"
    if not after:
        return "the run was over before it could cost anything"
    if not lost:
        none = "no epoch was lost" if has_empty else "nothing came of it"
        return f"{none}, {LUCK if run.is_beyond else f'because {WITHOUT_COST[how]}'}"
    if how in ADDS_ONLY:
        return f"it cost no finality, because {WITHOUT_COST[how]}"
    also = ", in a run with other faults, too" if run.has_network_faults or run.acts - {(who, how)} else ""
    return f"{len(lost)} of {counted(len(after), 'epoch')} from then on brought no new final block{also}"


def _unpaid(journal: Journal, run: _Run) -> int:
    """The number of blocks with entries that are final for all honest validators and in no batch."""
    if not run.is_settled:
        return 0
    paid = max((event.last for event in journal.of(BlockSettled)), default=0)
    return sum(block.height > paid and block.trades > 0 for block in run.story.shared_chain())


def _wrong_balances(facts: _Facts, run: _Run) -> str:
    """The difference of its state from that of the others, and whether a batch was signed with it."""
    differs = f"its balances differ from block {facts.differs_from} on" if facts.differs_from else "nothing shows it"
    if facts.left_out:
        entries = counted(facts.left_out, "entry", "entries")
        return f"{differs}; a quorum signed the same wrong balances, and {entries} {was(facts.left_out)} not paid"
    if facts.unpaid:
        blocks = counted(facts.unpaid, "final block")
        return f"{differs}; no quorum signs the same balances any more, and {blocks} {was(facts.unpaid)} not paid"
    batch = " and a batch needs a quorum" if run.is_settled else ""
    return f"{differs}; nothing came of it, because each validator executes for itself{batch}"


def _two_results(facts: _Facts, run: _Run) -> str:
    """Whether the two signatures are on record; the contract settles a block once, whatever is signed."""
    if not run.is_settled:
        return "nothing came of it, because this run settles on no chain, where its signature would be asked for"
    times = [run.settled[first] for first in facts.signed_twice]
    once = times.count(1)
    settled = "each block was" if once == len(times) else f"{once} of {counted(len(times), 'block')} {was(once)}"
    pairs = f"{len(times)} pairs of its signatures prove it" if len(times) > 1 else "both signatures prove it"
    after = f"its signature is {facts.signed_on.words}"
    return f"{settled} settled once all the same; {pairs}, and the journal has them; {after}"


def _own_order(who: int, acts: list[ByzantineAct], run: _Run) -> str:
    """What became of the blocks whose calls it ordered for itself; it breaks a rule only where an order is enforced."""
    blocks = [run.story.blocks[block] for block in dict.fromkeys(block for act in acts for block in act.blocks)]
    notarized, final = sum(bool(one.notarized_by) for one in blocks), sum(bool(one.final_for) for one in blocks)
    became = f"of these blocks {notarized or 'none'} became notarized and {final or 'none'} final"
    if not run.is_fair:
        return (
            f"{became}; no rule forbids it here, and what the order gave and took at a pool is told as extracted value"
        )
    cost = _cost(who, GREEDY, acts[0].epoch, run, False)
    why = "" if WITHOUT_COST[GREEDY] in cost else f", because {WITHOUT_COST[GREEDY]}"
    return f"{became}{why}; {cost}"


def _outcome(who: int, how: str, acts: list[ByzantineAct], facts: _Facts, run: _Run) -> tuple[str, bool]:
    """The reactions of the others, in words for this behaviour, and whether a final block of its has no trade."""
    story = run.story
    if how in ("silent", "crash"):
        without = _without(who, acts[0].epoch, acts[-1].epoch if how == "silent" else None, story)
        return f"{without}; {UNPROVED[how]}", False
    said: list[str] = []
    empty = 0
    proposed = {block for act in acts for block in act.blocks if _is_proposal_of(story, block, who)}
    if how in ("equivocate", "two-faced", "usurp", "flood", "withhold", "late") and proposed:
        final = [story.blocks[block] for block in proposed if story.blocks[block].final_for]
        notarized = sum(bool(story.blocks[block].notarized_by) for block in proposed)
        empty = sum(not block.trades for block in final) if how in ("equivocate", "two-faced") else 0
        without = f", {empty} of these without a trade" if empty else ""
        said.append(
            f"of its {counted(len(proposed), 'block')} {notarized} became notarized and {len(final)} final{without}"
        )
    if how in REFUSED_FOR:
        said += _thrown_away(who, how, facts, run)
    if how == "flood" and facts.dropped:
        more = " or more" if run.uncounted.intersection(FLOODS) else ""
        said.append(f"{counted(facts.dropped, 'message')}{more} {was(facts.dropped)} dropped unread")
    if how in ("equivocate", "two-faced", "double-vote", "usurp", "flood") and facts.proofs:
        said.append(
            f"honest validators hold {counted(facts.proofs, 'proof')} that it signed two blocks of one epoch "
            f"(seen by {_named(facts.proved_by)})"
        )
    elif how in UNPROVED:
        said.append(UNPROVED[how])
    if story.honest == 1:
        said.append("only one validator is honest, and there is nobody for it to agree with")
    else:
        said.append("all honest validators agree" if story.agreement else "the honest validators DISAGREE")
    return "; ".join(said), empty > 0


def _thrown_away(who: int, how: str, facts: _Facts, run: _Run) -> list[str]:
    """The messages that others refused. What a forger sent is in any name, so that its real sender is unknown."""
    refused, by = (run.refused, run.refused_by) if how == "forge" else (facts.refused, facts.refused_by)
    counts = Counter({reason: refused[reason] for reason in REFUSED_FOR[how] if refused[reason]})
    total = counts.total()
    if not total:
        return []
    parts = [f"{reason} {count:,}" for reason, count in counts.most_common(3)]
    if rest := total - sum(count for _, count in counts.most_common(3)):
        parts.append(f"other reasons {rest:,}")
    # A forged message may stand in the name of a validator whose own messages are refused as well.
    rivals = REFUSED_FOR if how == "forge" else ("forge",)
    is_mixed = any((other, act) != (who, how) and act in rivals for other, act in run.acts)
    whose = " whose sender is not proved, its own among them," if is_mixed else ""
    more = " or more" if run.uncounted.intersection(REFUSED_FOR[how]) else ""
    return [f"{counted(total, 'message')}{more}{whose} {was(total)} thrown away ({', '.join(parts)}) by {_named(by)}"]


def _named(validators: Iterable[int]) -> str:
    """The names of a few validators, or the number of many."""
    names = [f"n{one}" for one in sorted(validators)]
    return listed(names) if len(names) <= NAMED else f"{len(names)} validators"


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
