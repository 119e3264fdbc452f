"""What a run says about risk: `--stress NAME` (the cost of a bad day), `--risk` (tails, Greeks, implied volatility)."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from market_sim.analysis.portfolio import exposures
from market_sim.analysis.results.result import Result
from market_sim.analysis.risk_report import LEAST_DAYS, backtest, daily_equity, half_spreads, stress, tail_risk
from market_sim.analysis.volatility import implied_volatilities, volatility_of
from market_sim.analysis.words import Words
from market_sim.core.errors import InputError
from market_sim.core.money import written
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.pricing import stress as shocks

STRESSES = {
    "fall-10": shocks.FALL_10,
    "fall-20": shocks.FALL_20,
    "fall-35": shocks.FALL_35,
    "volatility": shocks.VOLATILITY_TIMES_2,
    "spread": shocks.SPREAD_TIMES_5,
    "crash-1987": shocks.LIKE_1987,
    "crisis-2008": shocks.LIKE_2008,
    "flash-crash": shocks.LIKE_2010,
    "pandemic-2020": shocks.LIKE_2020,
}
FEWEST_DAYS = 3
LONGEST_WINDOW = 20

Say = Callable[[str], object]


def named_shock(name: str) -> str:
    """The stress of this name; underscores will do."""
    wanted = name.replace("_", "-")
    if wanted == "depth":
        raise InputError("a thinner book alone costs a holder nothing; the stress flash-crash has it with a fall")
    if wanted not in STRESSES:
        near = difflib.get_close_matches(wanted, STRESSES, 1)
        raise InputError(
            f"there is no stress {name!r}; "
            + (f"did you mean {near[0]}?" if near else f"there is {', '.join(STRESSES)}")
        )
    return wanted


def say_stress(result: Result, name: str, say: Say) -> None:
    """The loss of every account under one shock, the largest first, and who would be called or liquidated."""
    rows = sorted(stress(result.journal, [STRESSES[name]]), key=lambda row: -row.loss)
    say("")
    say(f"stress {name}: {STRESSES[name].name}")
    wider = STRESSES[name].spread_times > 1
    hit = [row for row in rows if row.loss or (wider and row.exit_cost) or row.equity_after < 0 or row.breach]
    if not hit:
        say("no account holds anything that this would change")
        return
    say(f"{'account':<16} {'loss':>14} {'equity after':>14} {'cost of leaving':>16}")
    for row in hit:
        sunk = "  more is owed than owned" if row.equity_after < 0 else ""
        if row.breach is not None:
            pool, has, needed = row.breach.pool, written(row.breach.equity), written(row.breach.requirement)
            required = f"{pool} would have {has} of the {needed} required" if pool else f"{needed} is required"
            sunk = f"  would be called or liquidated: {required}"
        figures = f"{written(row.loss):>14} {written(row.equity_after):>14} {written(row.exit_cost):>16}"
        say(f"{row.account:<16} {figures}{sunk}")


def say_risk(result: Result, say: Say) -> None:
    """Value at risk and shortfall of each account, exposures with their Greeks, and the hedge of each delta."""
    say("")
    say("risk of one day at 95 %, from the days of this run (losses are positive)")
    say(f"{'account':<16} {'VaR':>12} {'shortfall':>12} {'normal VaR':>12}")
    for account, series in daily_equity(result.journal).items():
        if len(series) > FEWEST_DAYS and len(set(series)) > 1:
            tail = tail_risk(account, series)
            figures = (tail.historical_var, tail.historical_shortfall, tail.normal_var)
            say(f"{account:<16} " + " ".join(f"{written(round(figure)):>12}" for figure in figures))
    _say_backtests(result, say)
    now = result.journal[len(result.journal) - 1].time
    found = [one for one in exposures(result.journal, now, TRADING_DAY_NS) if one.gamma or abs(one.delta) >= 1]
    say("")
    for symbol in dict.fromkeys(one.underlying for one in found if one.gamma):
        say(volatility_of(result.journal, symbol, TRADING_DAY_NS).sentence(symbol))
    say(f"{'account':<16} {'underlying':<10} {'delta':>10} {'gamma':>10} {'vega':>12} {'theta':>12}")
    for one in found:
        money = f"{one.vega / 100:>12,.2f} {one.theta / 100:>12,.2f}"
        say(f"{one.account:<16} {one.underlying:<10} {one.delta:>+10,.1f} {one.gamma:>10.4f} {money}")
    spreads = half_spreads(result.journal)
    for one in found:
        if one.gamma:
            say(one.sentence(spreads.get(one.underlying, 1)))
    _say_implied(result, say)


def _say_implied(result: Result, say: Say) -> None:
    """The volatility that each option's last price implies: over the strikes, the smile of this market."""
    implied = implied_volatilities(result.journal, TRADING_DAY_NS)
    if not implied:
        return
    say("")
    say("volatility implied by the last trade of each option (Black-Scholes-Merton without interest)")
    say(f"{'option':<16} {'price':>10} {'underlying':>12} {'at':>8} {'implied':>9}")
    words = Words(result.journal)
    for one in implied:
        underlying = str(words.listed[one.symbol].terms["underlying"])
        shown = "none" if one.volatility is None else f"{one.volatility:.1%}"
        prices = f"{words.price(one.symbol, one.price):>10} {words.price(underlying, one.spot):>12}"
        say(f"{one.symbol:<16} {prices} {f'{one.time / TRADING_DAY_NS:.2f} d':>8} {shown:>9}")
    if any(one.volatility is None for one in implied):
        say("none: no volatility explains a price outside the bounds that hold without a model")


def _say_backtests(result: Result, say: Say) -> None:
    """How many days lost more than the days before them let expect, and whether that is luck (Kupiec 1995)."""
    say("")
    say("did a forecast hold? each day's loss beside the value at risk of the days before it, with Kupiec's test")
    told = False
    for account, series in daily_equity(result.journal).items():
        window = min(LONGEST_WINDOW, (len(series) - 1) // 2)
        if window >= LEAST_DAYS and len(set(series)) > 1:
            found = backtest(account, series, window=window)
            verdict = "not by luck" if found.test.rejected else "no more than luck"
            beyond = f"{found.breaches} of {found.forecasts} days beyond, {found.test.expected:.1f} expected"
            say(f"{account:<16} {beyond}, p {found.test.p_value:.2f}: {verdict}")
            told = True
    if not told:
        say("the run is too short: a forecast needs two days before it, and as many to compare it with")
