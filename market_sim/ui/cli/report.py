"""The summary of a run as text, printed at its end."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.analysis.extraction import Extraction, extractions, lines
from market_sim.analysis.refusals import Refusal
from market_sim.analysis.results.performance import Performance
from market_sim.analysis.results.venue_table import venues_sentence
from market_sim.analysis.settled import Settled
from market_sim.analysis.summary import Summary
from market_sim.analysis.words import Words, signed, with_short_hashes
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.run_events import RunStarted
from market_sim.core.models.settlement_events import CallSubmitted, DepositTaken
from market_sim.simulation.durability import ON_A_NODE
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.scenarios.guests import guests
from market_sim.ui.cli.screen import RED, YELLOW, Screen

DONE, BROKEN_PROMISE, INTERRUPTED = 0, 3, 130

MOST_REASONS = 4
"""The most reasons of one kind that are printed; the JSON document has all."""
MOST_ACCOUNTS = 3
"""The number of accounts printed at each end of the leaderboard."""
NAME_WIDTH = 19
MOST_DIFFERENCES = 3


def exit_code(summary: Summary) -> int:
    """The exit code of a run."""
    beyond = len(summary.committee.byzantine) > summary.committee.faults
    executed_alike = summary.states is None or summary.states.same
    if not summary.conserved or not ((summary.story.agreement and executed_alike) or beyond):
        return BROKEN_PROMISE
    return DONE if summary.result.complete else INTERRUPTED


def tell(summary: Summary, run: str | None, timeline: str | None, screen: Screen) -> None:
    """Print the summary."""
    result, paint, say = summary.result, screen.paint, screen.say
    say()
    say(f"consensus    {_consensus(summary, screen)}")
    if summary.states:
        sentence = summary.states.sentence
        say(f"execution    {sentence if summary.states.same else paint(sentence, RED)}")
    paid = summary.settled
    say(f"trades       {summary.trades.matched:,} matched: {summary.trades.said(paid is not None)}")
    if summary.transfers.matched:
        say(f"transfers    {summary.transfers.matched:,} made: {summary.transfers.said(paid is not None)}")
    if summary.movements.matched:
        say(f"in and out   {summary.movements.matched:,} made: {summary.movements.said(paid is not None)}")
    say(f"orders       {summary.orders:,} accepted, {summary.rejected:,} refused")
    if venues := venues_sentence(result.journal):
        say(f"venues       {venues}")
    if summary.rules:
        say(f"rules        {summary.rules}")
    if paid:
        state = "reconciled" if paid.reconciled else paint("NOT reconciled with the exchange", RED)
        say(
            f"settlement   {counted(paid.blocks, 'block')} in {counted(paid.transactions, 'transaction')} "
            f"on {paid.backend}, {paid.gas:,} gas, {state}"
        )
        for line in _differences(paid, Words(result.journal)):
            say(paint(line, RED))
    holds = "holds: what was brought in is what all accounts hold" if summary.conserved else paint("BROKEN", RED)
    say(f"conservation {holds}")
    chosen = next(result.journal.of(RunStarted)).options.get("settlement")
    again = (
        f"seed {result.seed} and the answers of its node give" if chosen == ON_A_NODE else f"seed {result.seed} gives"
    )
    say(f"fingerprint  {shortened(result.fingerprint)} ({again} it again)")
    say(f"pending      {summary.story.why_not_final()}")
    for sentence in summary.byzantine:
        say(f"byzantine    {sentence}")
    if summary.fork and summary.fork.sentence != result.conclusion:
        say(paint(f"fork         {summary.fork.sentence}", RED))
    if result.conclusion:
        say(f"conclusion   {result.conclusion}")
    for warning in result.warnings:
        say(paint(f"warning      {warning}", YELLOW))
    for failure in result.failures:
        say(paint(f"stopped      {failure}", RED))
    if not result.complete:
        reached = max(summary.story.leaders, default=0)
        say(paint(f"interrupted  in epoch {reached} of {result.epochs}: what happened until then stands", YELLOW))
    words = Words(result.journal)
    extracted = _extracted(extractions(result.journal), words)
    board = [*_leaderboard(result.performances, words), *_beside_the_board(result.journal)]
    for block in (_refusals(summary.refusals), extracted, board):
        for line in block:
            say(line)
    say()
    if run:
        say(f"run          {run}")
    if timeline:
        say(f"timeline     {timeline}")


def guest_lines(summary: Summary, invited: str | None) -> list[str]:
    """What each guest gained, and how many others gained more by trading."""
    words, lines = Words(summary.result.journal), []
    for guest in guests(invited):
        for row in summary.gains:
            if row.account == guest.name:
                rivals = [one for one in summary.gains if one.currency == row.currency and one.strategy]
                place = 1 + sum(one.from_trading > row.from_trading for one in rivals)
                gained = f"gained {words.amount(row.currency, row.gain)}"
                trading = f"{words.amount(row.currency, row.from_trading)} by trading"
                lines.append(f"guest        {row.account} {gained} ({trading}): place {place} of {len(rivals)}")
    return lines


def _consensus(summary: Summary, screen: Screen) -> str:
    story, digest = summary.story, shortened(summary.finalized_digest)
    counts = f"{len(story.blocks)} proposed, {len(story.notarized)} notarized, {summary.finalized} finalized"
    honest = "honest validator" if story.byzantine else "validator"
    if story.honest == 1:
        return f"{counts}; the only {honest} holds {digest}"
    if story.agreement:
        return f"{counts}; all {story.honest} {honest}s agree on {digest}"
    return f"{counts} ({digest}); after these {screen.paint(f'the {honest}s DISAGREE', RED)}"


def _differences(paid: Settled, words: Words) -> list[str]:
    """The balances that differ between chain and exchange."""
    lines: list[str] = []
    if paid.refused:
        lines.append(f"             the chain refused {counted(paid.refused, 'entry', 'entries')}, see the refusals")
    for one in paid.differences[:MOST_DIFFERENCES]:
        held, there = words.amount(one.asset, one.exchange), words.amount(one.asset, one.chain)
        lines.append(f"             {one.account} holds {held} on the exchange and {there} on the chain")
    more = len(paid.differences) - MOST_DIFFERENCES
    if more > 0:
        lines.append(f"             and {counted(more, 'balance')} more (--json has them all)")
    return lines


def _refusals(found: list[Refusal]) -> list[str]:
    """Each reason with its count, its rule and one case; of many kinds the most frequent ones."""
    lines: list[str] = []
    for by, by_whom in (("exchange", "the exchange"), ("chain", "the chain"), ("validators", "the validators")):
        told = [one for one in found if one.by == by]
        if told:
            lines += ["", f"refused by {by_whom}, by reason"]
        for one in told[:MOST_REASONS]:
            sentence = with_short_hashes(one.sentence)
            when = f"{one.time / SECOND:.3f} s"
            where = f" ({one.source.told})" if one.source else ""
            lines.append(f"{one.count:>9,}  {one.reason}: {one.rule.rstrip('.')}{where}")
            lines.append(f"{'':>9}  for example {one.who} at {when}: {sentence}")
        if len(told) > MOST_REASONS:
            rest = told[MOST_REASONS:]
            times = sum(one.count for one in rest)
            lines.append(f"{times:>9,}  for {counted(len(rest), 'other reason')} (--json has them all)")
    return lines


def _extracted(found: list[Extraction], words: Words) -> list[str]:
    """What each leader or reader gave and took by the order that it chose."""
    return ["", "extracted by the order of calls and orders", *lines(found, words)] if found else []


def _leaderboard(rows: list[Performance], words: Words) -> list[str]:
    """The best and the last accounts by their gains from trading, those of the house left out."""
    lines: list[str] = []
    for currency in dict.fromkeys(row.gain.currency for row in rows):
        told = [row for row in rows if row.gain.currency == currency and row.gain.strategy]
        if not told:
            continue
        columns = [
            ("by trading", 12, [signed(words.figure(currency, row.gain.from_trading)) for row in told]),
            ("by prices", 12, [signed(words.figure(currency, row.gain.from_prices)) for row in told]),
            ("dividends", 12, [signed(words.figure(currency, row.gain.dividends)) for row in told]),
            ("gain", 12, [signed(words.figure(currency, row.gain.gain)) for row in told]),
            ("trades", 7, [f"{row.trades:,}" for row in told]),
            ("fees", 9, [words.figure(currency, row.fees) for row in told]),
            ("trading drawdown", 17, [words.figure(currency, row.drawdown) for row in told]),
        ]
        if not any(row.gain.dividends for row in told):
            del columns[2]
        heads, widths, cells = zip(*columns, strict=True)
        lines += ["", f"{f'gains in {currency}':<{NAME_WIDTH}} {_aligned(heads, widths)}"]
        for place, (row, *figures) in enumerate(zip(told, *cells, strict=True)):
            between = len(told) - 2 * MOST_ACCOUNTS
            if between <= 1 or not MOST_ACCOUNTS <= place < len(told) - MOST_ACCOUNTS:
                lines.append(f"{row.gain.account:<{NAME_WIDTH}} {_aligned(figures, widths)}")
            elif place == MOST_ACCOUNTS:
                lines.append(
                    f"{'...':<{NAME_WIDTH}} {counted(between, 'account')} more (simulate.py results RUN has them all)"
                )
    return lines


def _beside_the_board(journal: Journal) -> list[str]:
    """That gains are those of accounts, where participants also have wallets or called contracts."""
    beside = any(journal.of(CallSubmitted)) or any(event.from_wallet for event in journal.of(DepositTaken))
    return ["these are accounts of the exchange: wallets and contracts of the chain are not counted"] if beside else []


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells of a row, right-aligned in columns of these widths."""
    return " ".join(f"{text:>{width}}" for text, width in zip(cells, widths, strict=False))
