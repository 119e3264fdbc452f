"""The three clocks of accounts and the margin for the settlement lag, as tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from market_sim.analysis.accounts_by_clock import TRADING, AsOf, ByClock
from market_sim.analysis.settlement_lag import CONFIDENCE, Covered, Wait, moves
from market_sim.analysis.volatility import Volatility
from market_sim.analysis.words import Words, signed
from market_sim.core.english import about_seconds, counted, listed, was

CLOCK_HEAD = ("account", "figure", "matched", "final", "settled", "if undone")
NONE = "–"
MOST_NAMED = 4
"""The most accounts that a sentence names."""


def clock_rows(found: AsOf, words: Words) -> list[tuple[str, ...]]:
    """Each figure at each clock, and what an undoing would change of it."""
    return [
        (one.account, f"{one.figure}, {one.asset}" if one.figure != one.asset else one.asset, *_figures(one, words))
        for one in found.rows
    ]


def _figures(one: ByClock, words: Words) -> list[str]:
    figures = [NONE if each is None else words.figure(one.asset, each) for each in one[3:]]
    gained = [signed(each) for each in figures] if one.figure == TRADING else figures
    return [*gained, NONE if one.undone is None else signed(words.figure(one.asset, one.undone))]


def entries_sentence(found: AsOf, words: Words) -> str:
    """How many entries are matched, final and settled."""
    matched, final, settled = found.entries
    paid = "" if settled is None else f", {settled:,} settled"
    return f"{counted(matched, *words.noun)} {was(matched)} matched by then, {final:,} {was(final)} final{paid}"


def undone_sentence(found: AsOf, words: Words) -> str:
    """Who would lose and who would gain if what is not final never became final."""
    if not found.waiting:
        return "all of them are final, so nothing can be undone"
    changes = found.changes()
    losses = [f"{account} {words.amount(asset, -change)}" for change, account, asset in changes if change < 0]
    profits = [f"{account} {words.amount(asset, change)}" for change, account, asset in changes if change > 0]
    told = f"if the {counted(found.waiting, *words.noun)} not final then never became final"
    if not losses and not profits:
        return f"{told}, no gain would change"
    return f"{told}, it would cost {_named(losses)} and spare {_named(profits[::-1])}"


def _named(who: Sequence[str]) -> str:
    """The first of these, and how many more there are."""
    if not who:
        return "nobody anything"
    more = len(who) - MOST_NAMED
    return listed([*who[:MOST_NAMED], f"{counted(more, 'other')} less"] if more > 0 else who)


def lost_sentence(found: AsOf, words: Words) -> str:
    """The blocks that lost their place, and what became of their entries; empty without any."""
    if not found.lost:
        return ""
    blocks, held = len(found.lost), sum(one.entries for one in found.lost)
    names = listed(words.block(one.block) for one in found.lost)
    final = sum(one.final for one in found.lost)
    again = "all" if final == held > 1 else f"{final:,}"
    others, place = ("others are", "their heights") if blocks > 1 else ("another is", "its height")
    return (
        f"{names} can never become final, because {others} final at {place}; of {counted(held, *words.noun)} there, "
        f"{again} came again and {'is' if final == 1 else 'are'} final in other blocks"
    )


def wait_sentence(wait: Wait) -> str:
    """How long trades waited in the run."""
    if wait.mean is None or wait.longest is None:
        return f"no trade of this run was {wait.until}"
    return (
        f"trades of this run were {wait.until} {about_seconds(wait.mean)} after the match on average, "
        f"{about_seconds(wait.longest)} at most"
    )


def lag_head(lag: int) -> tuple[str, ...]:
    """The columns of the margin for a lag and for twice the lag, in epochs."""
    once, twice = counted(lag, "epoch"), counted(2 * lag, "epoch")
    return (
        "account", "instrument", f"waits for {once}", f"margin for {once}", f"waits for {twice}", f"margin for {twice}",
    )  # fmt: skip


def lag_rows(once: Sequence[Covered], twice: Sequence[Covered], words: Words) -> list[tuple[str, ...]]:
    """What can wait and the margin for it, by account and instrument, and the sum of each currency."""
    rows: list[tuple[str, ...]] = [
        (
            one.account, one.symbol, words.size(one.symbol, one.waits), words.figure(one.currency, one.margin),
            words.size(one.symbol, other.waits), words.figure(one.currency, other.margin),
        )
        for one, other in zip(once, twice, strict=True)
    ]  # fmt: skip
    for currency in dict.fromkeys(one.currency for one in once):
        sums = [sum(one.margin for one in each if one.currency == currency) for each in (once, twice)]
        rows.append(("all", currency, "", words.figure(currency, sums[0]), "", words.figure(currency, sums[1])))
    return rows


def lag_sentence(lag: int, lag_ns: int, found: Mapping[str, Volatility]) -> str:
    """What the margin covers, with the move of each instrument; empty without a trade."""
    if not found:
        return ""
    moved = listed(f"{symbol} {move:.3%}" for symbol, move in moves(found, lag_ns).items())
    told = "; ".join(one.sentence(symbol) for symbol, one in found.items())
    return (
        f"the margin covers the most that can wait at once, against a move of the price that {CONFIDENCE:.0%} of waits "
        f"of {counted(lag, 'epoch')} do not exceed ({moved}); {told}"
    )
