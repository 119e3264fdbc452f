"""`simulate.py trace RUN ORDER`: the way of one order, from the book to the payment, each step worked out again.

With `--call N` it is the way of a contract call, with the reason for its place in each block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.block_contents import Paid
from market_sim.analysis.history.call_trace import call_trace
from market_sim.analysis.history.fair_places import FairPlaces
from market_sim.analysis.history.order_trace import BlockWay, Change, Placed, Tracer, TradeTrace
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.results.stored import open_run
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.settlement_events import CallSubmitted
from market_sim.ui.cli.arguments import Parser, whole

DONE, UNPROVEN = 0, 1
MOST_FILLS = 5


def trace(arguments: Sequence[str]) -> int:
    """Print the way of an order; 1 when a step does not agree with what the validators signed."""
    made = Parser(
        prog="simulate.py trace",
        description="One order of a stored run: book, block, votes, payment, proof; or one call of a contract.",
    )
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument(
        "order", metavar="ORDER", nargs="?", type=whole(1), help="its number; `export RUN` lists the orders"
    )
    made.add_argument("--call", metavar="N", type=whole(1), help="trace call N of a contract instead of an order")
    made.add_argument(
        "--fills", metavar="N", type=whole(1), default=MOST_FILLS, help=f"how many of its trades (default {MOST_FILLS})"
    )
    typed = made.parse_args(list(arguments))
    if (typed.order is None) == (typed.call is None):
        found = "both" if typed.call else "neither"
        raise InputError(f"expected the number of an order or --call with that of a call, found {found}")
    journal = open_run(typed.run).journal
    told, agrees = way_of(journal, typed.order, typed.fills) if typed.order else way_of_call(journal, typed.call)
    print("\n".join(told))
    return DONE if agrees else UNPROVEN


def way_of(journal: Journal, order: int, most: int) -> tuple[list[str], bool]:
    """The lines about an order and its first trades, and whether blocks and batches hold what was signed."""
    tracer = Tracer(journal, RunHistory(journal).books)
    found = tracer.order(order, most)
    if found is None:
        raise InputError(f"ORDER: the exchange accepted no order {order} in this run")
    telling = _Telling(EventSentences(journal))
    event = found.accepted.event
    by = f" (strategy {found.strategy})" if found.strategy else ""
    lines = [
        f"order {event.order} of {event.account}{by}: {telling.words.order(event.terms)}",
        telling.line(found.accepted, "accepted"),
        *(telling.line(later, telling.sentence(later)) for later in found.later),
    ]
    fills = tracer.fills(order)
    for number, fill in enumerate(found.trades, start=1):
        lines.append(f"fill {number} of {fills}: trade {fill.trade.event.trade}, {fill.state}")
        lines += telling.fill(fill)
    if not fills:
        lines.append("no fill: nobody traded with it")
    return lines, all(map(_agrees, found.trades))


def way_of_call(journal: Journal, call: int) -> tuple[list[str], bool]:
    """The lines about a contract call, and whether its blocks hold what was signed."""
    found = call_trace(Tracer(journal, RunHistory(journal).books), FairPlaces(journal), call)
    if found is None:
        last = max((event.call for event in journal.of(CallSubmitted)), default=0)
        numbers = f"the calls of this run have the numbers 1 to {last}" if last else "no contract is called in this run"
        raise InputError(f"--call: there is no call {call}; {numbers}")
    telling = _Telling(EventSentences(journal))
    lines = [telling.sentence(found.submitted), telling.line(found.submitted, "submitted")]
    for one in found.ways:
        lines += telling.way(one.way, f"call {one.way.place} of {one.calls}; its items")
        if one.fairness:
            lines.append(f"               {one.fairness}")
    if not found.ways:
        lines.append("               in no block yet")
    if found.executed is None:
        lines.append("               not executed")
    else:
        done = found.executed
        sent = f"transaction 0x{done.event.transaction}" if done.event.transaction else "memory"
        lines.append(telling.line(done, f"{telling.sentence(done)} ({sent}, {done.event.gas:,} gas)"))
    return lines, all(one.way.digest_matches for one in found.ways)


def _agrees(fill: TradeTrace) -> bool:
    paid = fill.paid
    is_paid_well = paid is None or (paid.root_matches and (paid.is_proven or fill.refused is not None))
    return is_paid_well and all(way.digest_matches for way in fill.ways)


class _Telling:
    """The lines about the fills of one run."""

    def __init__(self, sentences: EventSentences) -> None:
        self._sentences = sentences
        self.words = sentences.words

    def sentence(self, placed: Placed) -> str:
        """An event in a sentence."""
        return self._sentences.sentence(placed.event)

    def line(self, placed: Placed, told: str) -> str:
        """A line with the time of an event."""
        return f"  {placed.event.time / 1e9:9.3f} s  {told}"

    def fill(self, fill: TradeTrace) -> Iterator[str]:
        """One trade: match, blocks, payment, balances."""
        yield self.line(fill.trade, self.sentence(fill.trade))
        for way in fill.ways:
            yield from self.way(way, f"number {way.place} of {way.proposed.event.trades}; its trades")
        if not fill.ways:
            yield "               in no block yet"
        if fill.refused is not None:
            yield self.line(fill.refused, self.sentence(fill.refused))
        if fill.paid is not None:
            yield from self._paid(fill.paid)
        for change in fill.changes:
            before, after = (self.words.amount(change.asset, amount) for amount in (change.before, change.after))
            yield f"               {change.account}: {before} -> {after} on the exchange{self._on_chain(change)}"

    def way(self, way: BlockWay, what: str) -> Iterator[str]:
        """A block, its votes and its finality; `what` says the place in the block and what is encoded again."""
        block = way.proposed.event
        verdict = "give" if way.digest_matches else "DO NOT GIVE"
        yield self.line(
            way.proposed,
            f"{self.words.block(block.block)} by validator {block.proposer}: {what} encoded again {verdict} the digest "
            "that was voted on",
        )
        if way.notarized:
            yield self.line(way.notarized[0], f"notarized: {counted(len(way.votes), 'vote')}")
        if way.finalized:
            first = way.finalized[0]
            told = counted(len(way.finalized), "validator")
            yield self.line(first, f"final in epoch {first.event.epoch}, for {told} in the end")
        else:
            yield "               not final"

    def _paid(self, paid: Paid) -> Iterator[str]:
        batch = paid.batch
        settled = batch.settled
        blocks = (
            f"blocks {settled.first} to {settled.last}" if settled.first < settled.last else f"block {settled.first}"
        )
        transaction = f"transaction 0x{settled.transaction}" if settled.transaction else "memory"
        yield self.line(
            Placed(batch.number, settled),
            f"settled with {blocks} in {transaction}, {settled.gas:,} gas",
        )
        verdict = "equal" if paid.root_matches else "DIFFERENT"
        yield f"               root of its trades 0x{paid.certified.trades_root}, worked out again: {verdict}"
        if paid.place:
            verdict = "lead" if paid.is_proven else "DO NOT LEAD"
            hashes = counted(len(paid.proof), "hash", "hashes")
            yield f"               trade {paid.place} of the batch; {hashes} {verdict} from it to the root"
            yield f"                 record 0x{paid.record}"
            yield from (f"                 0x{node}" for node in paid.proof)

    def _on_chain(self, change: Change) -> str:
        if change.chain_before is None or change.chain_after is None:
            return ""
        before, after = (
            self.words.amount(change.asset, amount) for amount in (change.chain_before, change.chain_after)
        )
        return f", {before} -> {after} on the chain"
