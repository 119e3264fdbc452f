"""The summary of a run: the numbers that the command line prints and `--json` hands to programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market_sim.analysis.chain_story import ChainStory
from market_sim.core.data.fold import fold
from market_sim.core.models.market_events import Deposited, OrderAccepted, OrderRejected, Trade, Transferred
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, SettlementOpened
from market_sim.simulation.engine.result import Result


@dataclass(frozen=True)
class Settled:
    """What settlement came to."""

    backend: str
    blocks: int
    trades: int
    transactions: int
    gas: int
    reconciled: bool


@dataclass(frozen=True)
class Summary:
    """A run in numbers, all of them read from its journal."""

    result: Result
    story: ChainStory
    committee: CommitteeSeated
    orders: int
    rejected: int
    trades: int
    volume: int
    transfers: int
    """What mechanisms moved: premiums, margins, exercises, loans. They are finalized and settled like trades."""
    entries_final: int
    """How many trades and transfers stand in final blocks."""
    conserved: bool
    settled: Settled | None

    @property
    def finalized(self) -> int:
        """The number of blocks that are final for everybody."""
        return len(self.story.shared_chain())

    @property
    def finalized_digest(self) -> str:
        """One number for the finalized chain that all validators share."""
        return self.story.chain_digest(self.story.shared_chain())


def summarize(result: Result) -> Summary:
    """Read a journal from end to end, once."""
    committee = next(result.journal.of(CommitteeSeated))
    story = ChainStory()
    orders = rejected = trades = volume = transfers = 0
    for event in result.journal:
        if event.area == "consensus":
            story.read(event)
        elif type(event) is OrderAccepted:
            orders += 1
        elif type(event) is Trade:
            trades += 1
            volume += event.quantity
        elif type(event) is Transferred:
            transfers += 1
        elif type(event) is OrderRejected:
            rejected += 1
    final = sum(block.trades for block in story.shared_chain())
    return Summary(
        result, story, committee, orders, rejected, trades, volume, transfers, final,
        is_conserved(result), _settled(result),
    )  # fmt: skip


def is_conserved(result: Result) -> bool:
    """Whether everything that was brought in is still there: of each asset, the accounts hold what was deposited."""
    brought: dict[str, int] = {}
    for event in result.journal.of(Deposited):
        brought[event.asset] = brought.get(event.asset, 0) + event.amount
    held: dict[str, int] = {}
    for assets in fold(result.journal).values():
        for asset, amount in assets.items():
            held[asset] = held.get(asset, 0) + amount
    return {asset: amount for asset, amount in held.items() if amount} == brought


def _settled(result: Result) -> Settled | None:
    opened = next(result.journal.of(SettlementOpened), None)
    if opened is None:
        return None
    batches = list(result.journal.of(BlockSettled))
    reconciled = [event.last for event in result.journal.of(Reconciled)]
    # Every batch is followed by a comparison of all balances; a difference ends the run, so the last one tells.
    agrees = bool(reconciled) and (not batches or reconciled[-1] >= batches[-1].last)
    return Settled(
        opened.backend,
        sum(batch.last - batch.first + 1 for batch in batches),
        sum(batch.trades for batch in batches),
        len(batches),
        sum(batch.gas for batch in batches),
        agrees,
    )


def document(summary: Summary, run: str | None, timeline: str | None) -> dict[str, Any]:
    """The summary as one JSON document."""
    result, settled = summary.result, summary.settled
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
            "finalized": summary.finalized,
            "agreement": summary.story.agreement,
            "finalized_digest": summary.finalized_digest,
            "digest": result.digest("consensus"),
        },
        "market": {
            "orders": summary.orders,
            "rejected": summary.rejected,
            "trades": summary.trades,
            "volume": summary.volume,
            "transfers": summary.transfers,
            "conservation": summary.conserved,
            "digest": result.digest("market"),
        },
        "settlement": None
        if settled is None
        else {
            "backend": settled.backend,
            "blocks": settled.blocks,
            "trades": settled.trades,
            "transactions": settled.transactions,
            "gas": settled.gas,
            "reconciled": settled.reconciled,
        },
        "conclusion": result.conclusion or None,
        "warnings": list(result.warnings),
        "failures": list(result.failures),
        "fingerprint": result.fingerprint,
        "run": run,
        "timeline": timeline,
    }
