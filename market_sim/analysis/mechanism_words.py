"""The sentences for the events of mechanisms, with prices and amounts in decimals.

Decisions are separate from bookkeeping events, which only record sums and parameters: charts show decisions, the
journal pages show both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from market_sim.analysis.words import Words
from market_sim.core.english import counted
from market_sim.core.models import mechanism_events as happened
from market_sim.core.models.event import Event

OUTCOMES = {
    "restored": "restored",
    "flat": "with nothing left to sell",
    "waiting": "waiting for liquidity",
}
BY = {"choice": "by choice", "exception": "at expiry, because it was in the money"}


def sentence(event: Event, words: Words) -> str:
    """The sentence of a decision; "" for other events."""
    say = SENTENCES.get(type(event))
    return say(words, event) if say else ""


def rate(millionths: int) -> str:
    """A rate in percent, with its sign.

    >>> rate(100), rate(-21_635)
    ('+0.0100 %', '-2.1635 %')
    """
    return f"{millionths / 10_000:+.4f} %"


def _cash(words: Words, symbol: str, amount: int) -> str:
    """An amount in the quote currency of an instrument; without an instrument, in that of the first one."""
    listed = words.listed.get(symbol) or next(iter(words.listed.values()), None)
    return words.amount(listed.quote, amount) if listed else str(amount)


def _what(words: Words, event: Any) -> str:
    return f"{words.size(event.symbol, event.quantity)} {event.symbol}"


def _settled(w: Words, e: happened.SettlementPriceSet) -> str:
    how = f"the {e.rule} of {counted(e.trades, 'trade')}" if e.trades else f"the {e.rule}, as nothing was traded"
    return f"{e.symbol} is settled at {w.price(e.symbol, e.price)}, {how}"


def _funded(w: Words, e: happened.FundingPaid) -> str:
    who = "longs paid shorts" if e.rate_millionths >= 0 else "shorts paid longs"
    return (
        f"funding of {e.symbol} at {rate(e.rate_millionths)}: {who} {_cash(w, e.symbol, e.paid)} "
        f"(mark {w.price(e.symbol, e.mark)}, index {w.price(e.symbol, e.index)})"
    )


def _share(shares: int, parts: int) -> str:
    return f"{shares}" if parts == 1 else f"{shares}/{parts}"


def _acted(w: Words, e: happened.CorporateActionTaken) -> str:
    new, old = e.ratio
    if new != old:
        return f"{e.action} of {e.symbol}: {new} new for {old} old, {e.entitled:,} old shares in all"
    return f"{e.symbol}: {e.action} of {_cash(w, e.symbol, e.amount)} for each of {e.entitled} shares"


def _paired(w: Words, e: happened.PairsMade) -> str:
    size = w.size(e.symbol, abs(e.quantity))
    if not e.account:
        return f"{size} pairs of {e.symbol} were {'made' if e.quantity > 0 else 'ended'}, because two orders met"
    did = "made {} pairs of {} out of cash" if e.quantity > 0 else "turned {} pairs of {} back into cash"
    return f"{e.account} {did.format(size, e.symbol)}"


def _liquidated(w: Words, e: happened.LiquidationStarted) -> str:
    what = f" in {e.pool}" if e.pool else ""
    return (
        f"round {e.round}: {e.account} is liquidated{what}, with an equity of {_cash(w, e.pool, e.equity)} where "
        f"{_cash(w, e.pool, e.requirement)} are needed"
    )


def _sold(w: Words, e: happened.PositionSold) -> str:
    did = "bought back" if e.side > 0 else "sold"
    return (
        f"of {e.account} {w.size(e.symbol, e.filled)} of {w.size(e.symbol, e.asked)} {e.symbol} were {did} by force "
        f"for {_cash(w, e.symbol, e.cash)}; its equity is then {_cash(w, e.symbol, e.equity)}"
    )


SENTENCES: dict[type[Event], Callable[[Words, Any], str]] = {
    happened.SettlementPriceSet: _settled,
    happened.Exercised: lambda w, e: (
        f"{e.account} exercised {_what(w, e)}, {BY.get(e.by, e.by)}: strike {w.price(e.symbol, e.strike)}, "
        f"underlying at {w.price(e.symbol, e.price)}"
    ),
    happened.Assigned: lambda w, e: (
        f"{e.account} was assigned {_what(w, e)} of {e.holder}: it {'delivers' if e.delivered else 'pays in cash'}"
    ),
    happened.SharesIssued: lambda w, e: (
        f"{e.issuer} made {e.shares:,} new {e.symbol} for {_cash(w, e.symbol, e.cash)}: {e.outstanding_before:,} "
        f"shares became {e.outstanding:,}"
    ),
    happened.Lapsed: lambda w, e: f"{_what(w, e)} of {e.account} lapsed: {e.reason}",
    happened.InstrumentExpired: lambda w, e: (
        f"{e.symbol} has ended, its underlying at {w.price(e.symbol, e.price)}; {e.open_interest:,} were open"
    ),
    happened.MarkedToMarket: lambda w, e: (
        f"{e.symbol} was marked at {w.price(e.symbol, e.price)}: losers paid {_cash(w, e.symbol, e.paid)}"
    ),
    happened.FundingPaid: _funded,
    happened.PairsMade: _paired,
    happened.Resolved: lambda w, e: (
        f"{e.symbol} was answered {e.outcome}: {e.pairs:,} pairs were paid {_cash(w, e.symbol, e.paid)}"
    ),
    happened.CorporateActionTaken: _acted,
    happened.TermsAdjusted: lambda w, e: (
        f"one unit of {e.symbol} stands for {_share(e.shares, e.parts)} of its underlying now"
        + (f", and for {_cash(w, e.symbol, e.cash // e.parts)}" if e.cash else "")
    ),
    happened.DeficitCovered: lambda w, e: f"{e.payer} paid {w.amount(e.asset, e.amount)} that {e.account} could not",
    happened.LossShared: lambda w, e: (
        f"a loss of {w.amount(e.asset, e.amount)} that no fund covered was shared by all who hold {e.symbol}"
    ),
    happened.MarginCalled: lambda w, e: (
        f"{e.account} is called for {_cash(w, '', e.amount)} by {e.due / 1e9:g} s: its equity is "
        f"{_cash(w, '', e.equity)} and {_cash(w, '', e.requirement)} are needed"
    ),
    happened.MarginCallMet: lambda w, e: (
        f"the call of {e.account} is met"
        + (f", {_cash(w, '', e.paid)} were brought in" if e.paid else " without new money")
        + f": equity {_cash(w, '', e.equity)}, needed {_cash(w, '', e.requirement)}"
    ),
    happened.LiquidationStarted: _liquidated,
    happened.PositionSold: _sold,
    happened.PositionReduced: lambda w, e: (
        f"{e.counterparty} (rank {e.rank}) was closed against {e.account}: {w.size(e.symbol, abs(e.change))} "
        f"{e.symbol} at {w.price(e.symbol, e.price)}, giving up {_cash(w, e.symbol, e.given_up)}"
    ),
    happened.Located: lambda w, e: f"{e.account} borrowed {_what(w, e)} of {e.lender} to sell them short",
    happened.Recalled: lambda w, e: f"{e.lender} wants {_what(w, e)} back from {e.account} by {e.due / 1e9:g} s",
    happened.BoughtIn: lambda w, e: (
        f"{w.size(e.symbol, e.filled)} of {w.size(e.symbol, e.asked)} recalled {e.symbol} of {e.account} were bought in"
    ),
    happened.ShortSalesRestricted: lambda w, e: (
        f"{e.symbol} fell from {w.price(e.symbol, e.close)} to {w.price(e.symbol, e.price)}: until {e.until / 1e9:g} s "
        "short sales only above the best bid"
    ),
}

BOOKKEEPING: dict[type[Event], Callable[[Words, Any], str]] = {
    happened.BasisMeasured: lambda w, e: (
        f"{e.symbol} trades {rate(e.premium_millionths)} away from its index {w.price(e.symbol, e.index)}: its mark is "
        f"{w.price(e.symbol, e.mark)}"
    ),
    happened.ContractSpecified: lambda w, e: (
        f"{e.symbol} is a margined contract: each tick is worth {_cash(w, e.symbol, e.multiplier)}"
    ),
    happened.MarginGranted: lambda w, e: (
        f"{e.account} trades on margin, by the rules {e.profile}"
        + (f"; its positions in {', '.join(e.isolated)} are isolated" if e.isolated else "")
    ),
    happened.MarksTaken: lambda w, e: (
        f"round {e.round} values all accounts at these prices: "
        + ", ".join(f"{symbol} {w.price(symbol, mark)}" for symbol, mark in e.marks.items())
    ),
    happened.LiquidationEnded: lambda w, e: (
        f"round {e.round} of {e.account}{f' in {e.pool}' if e.pool else ''} ends {OUTCOMES.get(e.outcome, e.outcome)}, "
        f"with an equity of {_cash(w, e.pool, e.equity)} where {_cash(w, e.pool, e.requirement)} are needed"
    ),
}
