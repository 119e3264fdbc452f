"""The summary of a run: the numbers that the command line prints, and that `--json` writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market_sim.analysis.byzantine_report import byzantine_report
from market_sim.analysis.entry_status import StatusCounts, status_counts
from market_sim.analysis.gains import Gain, gain_documents, gains
from market_sim.analysis.history.chain_story import ChainStory
from market_sim.analysis.refusals import Refusal, refusal_documents, refusals
from market_sim.analysis.results.result import Result
from market_sim.analysis.rule_report import rules_sentence
from market_sim.analysis.settled import Settled, settled
from market_sim.analysis.states import States, states
from market_sim.core.data.fold import fold
from market_sim.core.data.forks import Fork, fork_of
from market_sim.core.data.splits import splits
from market_sim.core.models.market_events import Deposited, OrderAccepted, OrderRejected, Trade, Withdrawn
from market_sim.core.models.run_events import CommitteeSeated


@dataclass(frozen=True)
class Summary:
    """A run in numbers, all of them read from its journal."""

    result: Result
    story: ChainStory
    committee: CommitteeSeated
    orders: int
    rejected: int
    volume: int
    trades: StatusCounts
    transfers: StatusCounts
    """Transfers by mechanisms: premiums, margin, exercises, loans. They are finalized and settled like trades."""
    movements: StatusCounts
    """Deposits and withdrawals during the run."""
    conserved: bool
    settled: Settled | None
    refusals: list[Refusal]
    gains: list[Gain]
    byzantine: list[str]
    fork: Fork | None
    states: States | None

    @property
    def rules(self) -> str:
        """What the rules of the market did, in one sentence; empty without rules."""
        return rules_sentence(self.result.journal)

    @property
    def split(self) -> str:
        """The partitions of the network as they are typed, also those of the scenario; empty without any."""
        return splits(self.result.journal)

    @property
    def finalized(self) -> int:
        """The number of blocks that are final for every honest validator."""
        return len(self.story.shared_chain())

    @property
    def finalized_digest(self) -> str:
        """The digest of the finalized chain that all honest validators share."""
        return self.story.chain_digest(self.story.shared_chain())


def summarize(result: Result) -> Summary:
    """The summary of a result."""
    journal = result.journal
    committee = next(journal.of(CommitteeSeated))
    story = ChainStory()
    story.read(committee)
    orders = rejected = volume = 0
    for event in journal:
        if event.area == "consensus":
            story.read(event)
        elif type(event) is OrderAccepted:
            orders += 1
        elif type(event) is Trade:
            volume += event.quantity
        elif type(event) is OrderRejected:
            rejected += 1
    return Summary(
        result, story, committee, orders, rejected, volume, *status_counts(journal, story), is_conserved(result),
        settled(journal), refusals(journal), gains(journal), byzantine_report(journal), fork_of(journal),
        states(journal),
    )  # fmt: skip


def is_conserved(result: Result) -> bool:
    """Whether the holdings of all accounts equal deposits less withdrawals, asset by asset."""
    brought: dict[str, int] = {}
    for event in result.journal:
        if isinstance(event, Deposited | Withdrawn):
            sign = 1 if isinstance(event, Deposited) else -1
            brought[event.asset] = brought.get(event.asset, 0) + sign * event.amount
    held: dict[str, int] = {}
    for assets in fold(result.journal).values():
        for asset, amount in assets.items():
            held[asset] = held.get(asset, 0) + amount
    return {asset: amount for asset, amount in held.items() if amount} == {
        asset: amount for asset, amount in brought.items() if amount
    }


def document(summary: Summary, run: str | None, timeline: str | None) -> dict[str, Any]:
    """The summary as one JSON document."""
    result, paid = summary.result, summary.settled
    return {
        "scenario": result.scenario,
        "seed": result.seed,
        "epochs": result.epochs,
        "complete": result.complete,
        "consensus": {
            "validators": summary.committee.validators,
            "faults_tolerated": summary.committee.faults,
            "quorum": summary.committee.quorum,
            "proposed": len(summary.story.blocks),
            "notarized": len(summary.story.notarized),
            "notarized_tips": [{"block": tip.block, "epoch": tip.epoch} for tip in summary.story.notarized_tips],
            "finalized": summary.finalized,
            "agreement": summary.story.agreement,
            "finalized_digest": summary.finalized_digest,
            "digest": result.digest("consensus"),
            "execution": None if summary.states is None else summary.states.document(),
        },
        "market": {
            "orders": summary.orders,
            "rejected": summary.rejected,
            "trades": summary.trades.matched,
            "trades_are": summary.trades._asdict(),
            "volume": summary.volume,
            "transfers": summary.transfers.matched,
            "transfers_are": summary.transfers._asdict(),
            "movements": summary.movements.matched,
            "movements_are": summary.movements._asdict(),
            "conservation": summary.conserved,
            "digest": result.digest("market"),
        },
        "settlement": None if paid is None else paid.document(),
        "refusals": list(refusal_documents(summary.refusals)),
        "leaderboard": list(result.leaderboard),
        "gains": gain_documents(summary.gains),
        "extracted": list(result.extracted),
        "rules": summary.rules or None,
        "byzantine": summary.byzantine,
        "fork": summary.fork.sentence if summary.fork else None,
        "conclusion": result.conclusion or None,
        "warnings": list(result.warnings),
        "failures": list(result.failures),
        "fingerprint": result.fingerprint,
        "run": run,
        "timeline": timeline,
    }
