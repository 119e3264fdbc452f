"""The Streamlet timeline: the blocks, their votes, and the reasons of finality.

Above, the block tree; below, the lanes of the validators.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from market_sim.analysis.history.chain_history import ChainHistory
from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.block_tree import LOOK, tree_panel
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Table
from market_sim.analysis.visualization.validator_lanes import absences, lanes_panel

NAMED_EPOCHS = 3
"""The most epochs of a byzantine validator that a sentence names; it counts the others."""


def streamlet_charts(run: RunHistory) -> Iterator[Chart]:
    """The chart of the chain of a run with validators."""
    if run.chain is not None:
        chain, axis = run.chain, run.axis
        table = Table("Blocks, votes and fates", head(chain), list(streamlet_rows(chain, axis)))
        draw, marks, sentence = partial(streamlet_panels, chain, axis), tuple(legend(chain)), streamlet_sentence(chain)
        yield Chart("consensus", "Consensus", sentence, "consensus", axis, draw, marks, table, shared=True)


def streamlet_panels(history: ChainHistory, axis: TimeAxis) -> list[Panel]:
    """The two panels of the consensus."""
    return [tree_panel(history, axis), lanes_panel(history, axis)]


def head(history: ChainHistory) -> tuple[str, ...]:
    """The head of the table."""
    before, after = "block hash parent height proposer", ("votes", "signed by", "fate", "final at (s)", "no vote of")
    return *before.split(), history.noun[1], *after


def legend(history: ChainHistory) -> Iterator[LegendEntry]:
    """The marks that occur in this run."""
    fates = set(history.fates.values())
    for fate, (role, glyph) in LOOK.items():
        if fate in fates and fate != "stray":
            yield LegendEntry("square", role, f"{glyph} {fate}")
    yield LegendEntry("circle", "final", "vote, in the colour of its block")
    yield LegendEntry("frame", "leader", "leader of the epoch")
    for mark, role, means, occurs in (
        ("cross", "bad", "no vote", absences(history)),
        ("ring", "muted", "waited, or did not vote for it", history.judged),
        ("hexagon", "stray", "proposed out of turn", "stray" in fates),
        ("flag", "act", "byzantine (only the simulator knows)", history.committee.byzantine),
        ("diamond", "act", "breaks the rules", history.acts),
        ("plus", "bad", "threw messages away", history.refused),
        ("star", "bad", "safety violated", history.alarms),
    ):
        if occurs:
            yield LegendEntry(mark, role, means)


def streamlet_sentence(history: ChainHistory) -> str:
    """The finding: the final height, orphans, equivocations, and why the last blocks are not final yet."""
    committee, story = history.committee, history.story
    tip = history.final_tip
    far = f"finalized through epoch {story.blocks[tip].epoch}" if tip in story.blocks else "nothing is finalized"
    parts = [f"{committee.validators} validators, quorum {committee.quorum}: {far}"]
    orphans = sum(fate == "orphaned" for fate in history.fates.values())
    parts.append("no orphans" if not orphans else f"{orphans} orphan" + ("s" if orphans > 1 else ""))
    strays = sum(fate == "stray" for fate in history.fates.values())
    if strays:
        parts.append(f"{strays} block{'s' if strays > 1 else ''} proposed out of turn")
    silent = len({epoch for epoch in history.epochs if not story.of_epoch(epoch)})
    if silent:
        parts.append(f"no proposal in {silent} epoch" + ("s" if silent > 1 else ""))
    culprits: dict[int, list[int]] = {}
    for epoch, culprit in history.equivocations():
        culprits.setdefault(culprit, []).append(epoch)
    parts += [f"validator {culprit} equivocated in {_epochs(epochs)}" for culprit, epochs in sorted(culprits.items())]
    parts += [
        f"validator {down} was down from {seconds(fault.time):g} to {seconds(fault.until):g} s"
        for fault in history.faults
        if fault.kind == "crash"
        for down in fault.senders
    ]
    if history.alarms:
        parts.append(f"safety was violated {len(history.alarms)} times")
    return "; ".join(parts) + ". " + why_open(history)


def _epochs(epochs: list[int]) -> str:
    named = ", ".join(map(str, epochs[:NAMED_EPOCHS]))
    more = f" and {len(epochs) - NAMED_EPOCHS} more" if len(epochs) > NAMED_EPOCHS else ""
    return f"epoch{'s' if len(epochs) > 1 else ''} {named}{more}"


def why_open(history: ChainHistory) -> str:
    """Why the last block of the chain is not final yet, in one sentence (rule R8)."""
    story = history.story
    pending = [block for name, block in story.blocks.items() if name in history.main and name not in history.finalized]
    if not pending:
        return "No block waits to become final." if story.blocks else "No block was proposed."
    last = max(pending, key=lambda block: (bool(block.notarized_by), block.height))
    name = f"Block {history.label(last.block)}"
    if not last.notarized_by:
        return f"{name} is not notarized: {len(last.voters)} of {history.committee.quorum} signatures."
    parent = story.blocks.get(last.parent)
    before = 0 if parent is None else parent.epoch
    if before + 1 == last.epoch:
        wanted = f"a notarized block of epoch {last.epoch + 1} on top of it would make it so"
    else:
        wanted = f"its parent is of epoch {before}, and the three blocks of the rule are of consecutive epochs"
    return f"{name} is notarized and not final: {wanted}."


def streamlet_rows(history: ChainHistory, axis: TimeAxis) -> Iterator[tuple[str, ...]]:
    """The table: one row for each block that is drawn, and one for each epoch without any."""
    missing: dict[int, list[int]] = {}
    for one in absences(history):
        if one.gone == END:
            missing.setdefault(one.epoch, []).append(one.validator)
    for epoch, started in history.epochs.items():
        if started.time < axis.first:
            continue
        absent = ", ".join(map(str, missing.get(epoch, []))) or "nobody"
        blocks = story_blocks = history.story.of_epoch(epoch)
        if not story_blocks:
            yield (f"none in {epoch}", "", "", "", f"{started.leader} led", "", "", "", "", "", absent)
        for block in blocks:
            final = history.finalized.get(block.block)
            fate = history.fates[block.block]
            yield (
                history.label(block.block),
                block.block[:6],
                block.parent[:6],
                str(block.height),
                str(block.proposer),
                str(block.trades),
                f"{len(block.voters)}/{history.committee.validators}",
                ", ".join(map(str, sorted(block.voters))),
                f"{LOOK[fate][1]} {fate}",
                f"{seconds(final.time):.3f}" if final else "",
                absent,
            )
