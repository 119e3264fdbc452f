"""`simulate.py option`: the values of calls and puts, European and American, and what volatility a price implies."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence

from market_sim.analysis.results.text_table import aligned
from market_sim.core.errors import InputError
from market_sim.pricing.binomial import averaged, cox_ross_rubinstein, exercise_boundary, leisen_reimer, tree_greeks
from market_sim.pricing.black_scholes import price
from market_sim.pricing.chain import ChainRow, chain
from market_sim.pricing.implied_volatility import implied_volatility
from market_sim.pricing.option import Kind, VanillaOption
from market_sim.ui.cli.arguments import Parser

DAYS_A_YEAR = 365
STEPS = 500
MOST_STRIKES = 50
TREES = (25, 101, 401)
"""The numbers of steps that show how fast each tree approaches the value."""
BOUNDARY_POINTS = 5
HALF_A_CENT = 0.005
"""A right to exercise early that is worth less is not mentioned."""
RIGHTS: tuple[Kind, Kind] = ("call", "put")
HEAD: tuple[str, ...] = ("strike", "right", "European", "American", "delta", "gamma", "vega", "theta", "rho")
NOTE = f"""
vega and rho are for one percentage point, theta is for one day. European values and Greeks: Black-Scholes-Merton;
American values: a Leisen-Reimer tree of {STEPS + 1} steps."""


def option(arguments: Sequence[str]) -> int:
    """Print the values of calls and puts, what the right to exercise early is worth, and what a price implies."""
    typed = _parser().parse_args(list(arguments))
    if typed.price is not None and len(typed.strikes) > 1:
        raise InputError(f"a price belongs to one option: give one strike with --price, found {len(typed.strikes)}")
    percent = {"volatility": typed.volatility, "rate": typed.rate, "dividend_yield": typed.dividend_yield}
    market = {name: value / 100 for name, value in percent.items()}
    rows = chain(spot=typed.spot, strikes=typed.strikes, expiries=[typed.days / DAYS_A_YEAR], **market)
    options = [VanillaOption(kind, typed.spot, row.strike, row.years, **market) for row in rows for kind in RIGHTS]
    lines = [
        f"price {typed.spot:g}, {typed.days:g} days to expiry, volatility {typed.volatility:g} %, "
        f"interest {typed.rate:g} %, yield {typed.dividend_yield:g} % a year",
        "",
        *_table(rows, options),
        NOTE,
    ]
    for one in options:
        lines += _early_exercise(one)
    if typed.price is not None:
        asked = options[typed.right == "put"]
        implied = implied_volatility(asked, typed.price)
        lines += [
            "",
            f"a European {asked.kind} of strike {asked.strike:g} at {typed.price:g} implies {implied:.2%} a year",
        ]
    print("\n".join(lines))
    return 0


def _table(rows: Sequence[ChainRow], options: Sequence[VanillaOption]) -> list[str]:
    found = [greeks for row in rows for greeks in (row.call, row.put)]
    cells = [HEAD]
    for one, greeks in zip(options, found, strict=True):
        american = leisen_reimer(one, STEPS + 1)
        by_day = greeks.theta / DAYS_A_YEAR
        figures = (greeks.price, american, greeks.delta, greeks.gamma, greeks.vega / 100, by_day, greeks.rho / 100)
        cells.append((f"{one.strike:g}", one.kind, *map(_figure, figures)))
    return aligned(cells, left=())


def _figure(value: float) -> str:
    return f"{round(value, 4) + 0.0:.4f}"  # never -0.0000


def _early_exercise(option: VanillaOption) -> Iterator[str]:
    """What the right to exercise before expiry is worth, at which prices it is used, and how fast the trees agree."""
    premium = leisen_reimer(option, STEPS + 1) - price(option)
    if premium < HALF_A_CENT or option.is_certain:
        return
    yield ""
    yield f"the {option.kind} of strike {option.strike:g}: the right to exercise early is worth {premium:.4f}"
    greeks = tree_greeks(option, STEPS)
    figures = map(_figure, (greeks.delta, greeks.gamma, greeks.theta / DAYS_A_YEAR))
    yield "  American delta {}, gamma {}, theta {}".format(*figures)
    known = [point for point in exercise_boundary(option, STEPS) if point.price is not None]
    if known:
        chosen = [known[place * (len(known) - 1) // (BOUNDARY_POINTS - 1)] for place in range(BOUNDARY_POINTS)]
        side = "below" if option.kind == "put" else "above"
        points = ", ".join(f"{point.price:.2f} on day {point.years * DAYS_A_YEAR:.0f}" for point in chosen)
        yield f"  exercise at or {side} {points}"
    for steps in TREES:
        trees = cox_ross_rubinstein(option, steps), averaged(option, steps), leisen_reimer(option, steps)
        textbook, mean, centred = map(_figure, trees)
        yield f"  {steps} steps: Cox-Ross-Rubinstein {textbook}, mean with {steps + 1} {mean}, Leisen-Reimer {centred}"


def _parser() -> Parser:
    made = Parser(prog="simulate.py option", description="What options are worth, and what their prices imply.")
    made.add_argument("--spot", type=_number, default=100.0, metavar="P", help="the price of the share, default 100")
    made.add_argument(
        "--strikes", type=_numbers, default=[90.0, 100.0, 110.0], metavar="K,K", help="default 90,100,110"
    )
    made.add_argument(
        "--days", type=_number, default=90.0, metavar="N", help="days to expiry of 365 a year, default 90"
    )
    made.add_argument("--volatility", type=_number, default=20.0, metavar="PERCENT", help="a year, default 20")
    made.add_argument("--rate", type=_number, default=5.0, metavar="PERCENT", help="interest a year, default 5")
    made.add_argument("--yield", dest="dividend_yield", type=_number, default=0.0, metavar="PERCENT", help="default 0")
    made.add_argument("--price", type=_number, metavar="P", help="a price of which you want the implied volatility")
    made.add_argument(
        "--right", choices=RIGHTS, default="call", help="of the option with that price: call (default) or put"
    )
    return made


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ArgumentTypeError(f"expected a number such as 42.5, found {text!r}")
    return found


def _numbers(text: str) -> list[float]:
    found = [_number(part) for part in text.split(",")]
    if len(found) > MOST_STRIKES:
        raise ArgumentTypeError(f"expected at most {MOST_STRIKES} strikes, found {len(found)}")
    return found
