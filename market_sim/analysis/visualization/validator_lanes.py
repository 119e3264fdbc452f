"""The lanes of the validators: leaders, votes, and missing votes with their reasons.

A lane has a filled circle for every vote, in the colour of what became of the block, and a red cross where a vote is
missing; the row below the lanes counts the votes against the quorum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from market_sim.analysis.history.block_versions import Version, block_versions, by_fate, by_signatures
from market_sim.analysis.history.chain_history import ChainHistory, Fate
from market_sim.analysis.history.chain_story import BlockStory
from market_sim.analysis.history.lifespan import END, gathered
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.block_tree import LOOK
from market_sim.analysis.visualization.chart import Panel, Part
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import marks
from market_sim.analysis.words import with_short_hashes
from market_sim.core.models.consensus_events import FloodDropped, MessageRefused, NetworkFault, ProposalJudged, VoteCast
from market_sim.core.models.reasons import explain

SHIFT = 0.16
"""The horizontal distance, in epochs, between the votes for two blocks of one epoch."""


def lanes_panel(history: ChainHistory, axis: TimeAxis) -> Panel:
    n = history.committee.validators
    lane = 30 if n <= 7 else 18 if n <= 16 else 9
    size = max(5, min(15, int(lane * 0.52), int(1_050 / (axis.crowd + 1) * 0.3)))
    byzantine = set(history.committee.byzantine)
    names = [f"validator {number}" + (" ⚑" if number in byzantine else "") for number in range(n)]
    shown = range(0, n, 1 if n <= 16 else 5)
    panel = Panel(
        f"Votes: {history.committee.quorum} of {n} notarize a block",
        lane * (n + 1),
        {
            # Validator 0 stands on top, the row of counts at the bottom.
            "range": [n + 0.5, -1.05 if any("partition" in fault.kind for fault in history.faults) else -0.55],
            "tickmode": "array",
            "tickvals": [*shown, n],
            "ticktext": [names[number] if n <= 16 else str(number) for number in shown] + ["votes"],
            "showgrid": True,
        },
    )
    panel.shapes += list(_faults(history, axis, n))
    versions = block_versions(history)
    panel.traces += [
        _leaders(history, axis, size),
        *_votes(history, versions, axis, size),
        _absences(history, axis, size),
        _judgements(history, axis, size),
        _acts(history, axis, size),
        _refusals(history, axis, size),
        _alarms(history, axis, size),
        *_counts(history, versions, axis, n),
    ]
    return panel


def _leaders(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    started = [event for event in history.epochs.values() if event.time >= axis.first]
    return marks(
        "leader",
        [seconds(event.time) for event in started],
        [event.leader for event in started],
        [f"validator {event.leader} leads epoch {event.epoch}" for event in started],
        {"symbol": "square-open", "size": size + 9, "color": LIGHT["leader"], "line": {"width": 2}},
        [history.number(event) for event in started],
    )


def shifts(history: ChainHistory) -> dict[str, float]:
    """The horizontal shift, in epochs, of the votes for a block whose epoch has several blocks."""
    by_epoch: dict[int, list[str]] = {}
    for name, block in history.proposals.items():
        if history.fates[name] == "stray":
            continue
        by_epoch.setdefault(block.epoch, []).append(name)
    moved: dict[str, float] = {}
    for names in by_epoch.values():
        last = len(names) - 1
        apart = 2 * SHIFT if last < 2 else 4 * SHIFT / last
        for place, name in enumerate(names):
            moved[name] = (place - last / 2) * apart
    return moved


@dataclass(frozen=True)
class Signed:
    """A vote, while the block that it is for has one fate."""

    vote: VoteCast
    fate: Fate
    born: int
    gone: int


def signed(history: ChainHistory, versions: dict[str, list[Version]], axis: TimeAxis) -> Iterator[Signed]:
    """The drawn votes; a vote for a block without a proposal has the colour of orphans."""
    for vote in history.votes:
        if vote.time < axis.first or history.fates.get(vote.block) == "stray":
            continue  # a stray's only signature is its proposer's, and there can be dozens in an epoch
        cast = history.number(vote)
        if vote.block not in versions:
            yield Signed(vote, "orphaned", cast, END)
            continue
        for place, version in enumerate(by_fate(versions[vote.block])):
            born = cast if place == 0 else max(cast, version.born)
            if born < version.gone:
                yield Signed(vote, version.fate, born, version.gone)


def _votes(history: ChainHistory, versions: dict[str, list[Version]], axis: TimeAxis, size: int) -> Iterator[Part]:
    moved = shifts(history)
    drawn = list(signed(history, versions, axis))
    for fate, (role, _) in LOOK.items():
        if fate == "stray":
            continue
        mine = [one for one in drawn if one.fate == fate]
        yield marks(
            f"vote: {fate}",
            [round(seconds(one.vote.time) + moved.get(one.vote.block, 0) * seconds(axis.epoch_ns), 3) for one in mine],
            [one.vote.voter for one in mine],
            [_vote_text(history, one.vote) for one in mine],
            {
                "symbol": "circle",
                "size": size,
                "color": LIGHT[role],
                "line": {"color": LIGHT[f"{role}-edge"], "width": 1.2},
            },
            [one.born for one in mine],
            [one.gone for one in mine],
        )


def _vote_text(history: ChainHistory, vote: VoteCast) -> str:
    known = vote.block in history.proposals
    name = f"block {history.label(vote.block)}" if known else "a block without a proposal"
    what = f"validator {vote.voter} signs {name} ({vote.block[:6]})"
    return f"{what}<br>{seconds(vote.time):.3f} s, signature {vote.signature[:8]}…"


@dataclass(frozen=True)
class Absence:
    """A missing vote at the end of an epoch; it disappears when the vote comes late."""

    epoch: int
    validator: int
    why: str
    born: int
    gone: int


def absences(history: ChainHistory) -> list[Absence]:
    """The validators without a vote at the end of each epoch, and the reason if the journal has it."""
    voted: dict[tuple[int, int], int] = {}
    for vote in history.votes:
        voted.setdefault((vote.epoch, vote.voter), history.number(vote))
    reasons = {(one.epoch, one.validator): judgement_text(history, one) for one in history.judged}
    proposed = {block.epoch for block in history.proposals.values()}
    found = []
    for epoch, started in history.epochs.items():
        over = history.end_of(epoch)
        if over is None:
            continue
        for validator in range(history.committee.validators):
            signed_at = voted.get((epoch, validator), END)
            if signed_at < over:
                continue
            if epoch not in proposed:
                why = "it led and proposed nothing" if validator == started.leader else "nothing was proposed"
            else:
                why = reasons.get((epoch, validator), "nothing of it arrived")
            found.append(Absence(epoch, validator, why, over, signed_at))
    return found


def _absences(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    drawn = [one for one in absences(history) if history.epochs[one.epoch].time >= axis.first]
    return marks(
        "no vote",
        [seconds(history.epochs[one.epoch].time) for one in drawn],
        [one.validator for one in drawn],
        [f"no vote of validator {one.validator} in epoch {one.epoch}:<br>{one.why}" for one in drawn],
        {"symbol": "x-thin", "size": size * 0.62, "line": {"color": LIGHT["bad"], "width": 2.2}},
        [one.born for one in drawn],
        [one.gone for one in drawn],
    )


def judgement_text(history: ChainHistory, event: ProposalJudged) -> str:
    """Why a validator did not vote for a proposal, or not yet, in the words of the reason table."""
    return f"{event.verdict}: {with_short_hashes(explain(event.reason, event.numbers))}"


def _judgements(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    moved = shifts(history)
    drawn = [one for one in history.judged if one.time >= axis.first]
    width = seconds(axis.epoch_ns)
    return marks(
        "waited or refused",
        [round(seconds(one.time) + moved.get(one.block, 0) * width, 3) for one in drawn],
        [one.validator for one in drawn],
        [f"validator {one.validator}, {seconds(one.time):.3f} s<br>{judgement_text(history, one)}" for one in drawn],
        {"symbol": "circle-open", "size": size, "color": LIGHT["muted"], "line": {"width": 1.4}},
        [history.number(one) for one in drawn],
    )


def _acts(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    acts: dict[tuple[int, int, str], list[int]] = {}
    for act in history.acts:
        if act.time >= axis.first:
            acts.setdefault((act.epoch, act.validator, act.behaviour), []).append(history.number(act))
    drawn = [(key, *each) for key, numbers in acts.items() for each in gathered(numbers)]
    return marks(
        "breaks the rules",
        [round(seconds(history.epochs[key[0]].time) + 0.3 * seconds(axis.epoch_ns), 3) for key, *_ in drawn],
        [key[1] for key, *_ in drawn],
        [f"validator {v} in epoch {e}: {what}" + (f", {n} times" if n > 1 else "") for (e, v, what), n, *_ in drawn],
        {"symbol": "diamond", "size": size * 0.7, "color": LIGHT["act"], "line": {"width": 0}},
        [born for _, _, born, _ in drawn],
        [gone for *_, gone in drawn],
    )


def _refusals(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    """One small mark for all messages that a validator dropped in an epoch; a flood has hundreds."""
    sums: dict[tuple[int, int], list[MessageRefused | FloodDropped]] = {}
    for event in history.refused:
        if event.time >= axis.first:
            sums.setdefault((event.epoch, event.validator), []).append(event)
    drawn = [
        (*key, events[:count], born, gone)
        for key, events in sums.items()
        for count, born, gone in gathered([history.number(event) for event in events])
    ]
    return marks(
        "thrown away",
        [round(seconds(history.epochs[epoch].time) + 0.42 * seconds(axis.epoch_ns), 3) for epoch, *_ in drawn],
        [validator for _, validator, *_ in drawn],
        [
            f"validator {validator} threw away in epoch {epoch}:<br>" + _listed(events)
            for epoch, validator, events, *_ in drawn
        ],
        {"symbol": "cross-thin", "size": size * 0.45, "line": {"color": LIGHT["bad"], "width": 1.2}},
        [born for *_, born, _ in drawn],
        [gone for *_, gone in drawn],
    )


def _listed(events: list[MessageRefused | FloodDropped]) -> str:
    return "<br>".join(f"{count} × {reason}" for reason, count in Counter(one.reason for one in events).items())


def _alarms(history: ChainHistory, axis: TimeAxis, size: int) -> Part:
    flags = []
    for alarm in history.alarms:
        who: Iterable[int] = getattr(alarm, "validators", None) or (getattr(alarm, "validator", 0),)
        what = getattr(alarm, "invariant", "") or "safety violated"
        flags += [(alarm, validator, what) for validator in who]
    return marks(
        "safety violated",
        [seconds(alarm.time) for alarm, _, _ in flags],
        [validator for _, validator, _ in flags],
        [f"{what}, seen at validator {validator}<br>{seconds(alarm.time):.3f} s" for alarm, validator, what in flags],
        {"symbol": "star", "size": size + 6, "color": LIGHT["bad"], "line": {"color": LIGHT["paper"], "width": 1}},
        [history.number(alarm) for alarm, _, _ in flags],
    )


def _faults(history: ChainHistory, axis: TimeAxis, n: int) -> Iterator[Part]:
    """A band behind all lanes for each partition of the network, and behind one lane for each crash with a return."""
    for fault in history.faults:
        if fault.until <= axis.first:
            continue
        if "partition" in fault.kind:
            said = f"{fault.kind}: {_side(fault.senders)} | {_side(fault.receivers)}"
            yield _band(history, axis, fault, (-1.0, n - 0.5), said, "top center")
        elif fault.kind == "crash":
            for down in fault.senders:
                yield _band(history, axis, fault, (down - 0.42, down + 0.42), f"n{down} is down", "top center")


def _band(
    history: ChainHistory, axis: TimeAxis, fault: NetworkFault, lanes: tuple[float, float], said: str, place: str
) -> Part:
    return {
        "type": "rect",
        "born": history.number(fault),
        "x0": max(seconds(fault.time), axis.whole[0]),
        "x1": min(seconds(fault.until), axis.whole[1]),
        "y0": lanes[0],
        "y1": lanes[1],
        "layer": "below",
        "fillcolor": LIGHT["fault"],
        "line": {"width": 0},
        "label": {"text": said, "textposition": place, "font": {"size": 10, "color": LIGHT["bad"]}},
    }


def _side(validators: tuple[int, ...]) -> str:
    return "+".join(f"n{number}" for number in validators)


def _counts(history: ChainHistory, versions: dict[str, list[Version]], axis: TimeAxis, n: int) -> Iterator[Part]:
    """The row of votes: for each block how many signed it, green from the quorum on."""
    moved, width = shifts(history), seconds(axis.epoch_ns)
    blocks = [history.story.blocks[name] for name in moved if history.proposals[name].time >= axis.first]
    by_epoch: dict[int, list[BlockStory]] = {}
    for block in blocks:
        by_epoch.setdefault(block.epoch, []).append(block)
    # Where there is no room for counts side by side, the block with the most signatures speaks for its epoch.
    room = 1 if axis.crowd > 16 else 3
    kept = [mine if len(mine) <= room else [max(mine, key=lambda one: len(one.voters))] for mine in by_epoch.values()]
    drawn = [(block, one) for mine in kept for block in mine for one in by_signatures(versions[block.block])]
    quorum = history.committee.quorum
    for role, enough in (("good", True), ("bad", False)):
        here = [(block, one) for block, one in drawn if (len(one.voters) >= quorum) is enough]
        row = marks(
            "quorum" if enough else "no quorum",
            [round(seconds(history.proposals[block.block].time) + moved[block.block] * width, 3) for block, _ in here],
            [n] * len(here),
            [
                f"block {history.label(block.block)}: {len(one.voters)} of {n} signed, {quorum} needed"
                for block, one in here
            ],
            {"symbol": "square", "size": 7, "color": LIGHT[role], "line": {"width": 0}},
            [one.born for _, one in here],
            [one.gone for _, one in here],
        )
        if not axis.is_long and axis.crowd <= 40:
            row["mode"] = "text"
            row["text"] = [f"{len(one.voters)}/{n}" for _, one in here]
            row["textfont"] = {"size": 12 if axis.crowd <= 20 else 10, "color": LIGHT[role], "shadow": LIGHT["halo"]}
        yield row
