"""`simulate.py execution CANDLES --buy 500`: what an order would have cost in the past, from candles alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from market_sim.analysis.microstructure.candle_file import RunCandles, candles_of, read_candles
from market_sim.analysis.microstructure.execution_plans import plans_of
from market_sim.analysis.microstructure.past_execution import (
    LOT_IN_A_RUN,
    NOTE,
    OVER_IN_A_RUN,
    USD,
    PastOrder,
    execute,
    impact_curve,
)
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_file


def execution(arguments: Sequence[str]) -> int:
    """Print the figures of an order in the past; write its slices as a picture or as CSV."""
    typed = _parser().parse_args(list(arguments))
    side, quantity = ("buy", typed.buy) if typed.sell is None else ("sell", typed.sell)
    of_run = typed.candles.is_dir()
    if of_run and typed.currency is not None:
        raise InputError("--currency names that of a file of candles; a book of a run has its own")
    candles, tick, currency = _candles(typed.candles, typed.book)
    over, lot = (str(OVER_IN_A_RUN), str(LOT_IN_A_RUN)) if of_run else ("168", "0.01")
    order = PastOrder.typed(
        side, quantity, over if typed.over is None else typed.over, lot if typed.lot is None else typed.lot,
        f"{tick:f}" if typed.tick is None else typed.tick, currency if typed.currency is None else typed.currency,
    )  # fmt: skip
    found = execute(candles, order)
    from market_sim.analysis.visualization.past_picture import curve_sentence, past_chart, past_figures, past_file
    from market_sim.analysis.visualization.plans_picture import plans_file, plans_sentence
    from market_sim.analysis.visualization.single_page import chart_page

    chart = past_chart(found)
    print(chart.sentence)
    for name, value in past_figures(found):
        print(f"  {name:<24} {value:>16}")
    print(curve_sentence(impact_curve(candles, order)))
    plans = plans_of(candles, order)
    print(plans_sentence(plans))
    print(NOTE)
    if typed.csv:
        _write(typed.csv, past_file(found).csv_text())
    if typed.plans:
        _write(typed.plans, plans_file(plans).csv_text())
    if typed.plot:
        _write(typed.plot, chart_page(chart, typed.candles.name))
    return 0


def _candles(path: Path, book: str | None) -> RunCandles:
    if path.is_dir():
        journal = open_run(path).journal
        return candles_of(journal, book or book_names(journal)[0])
    if book:
        raise InputError("--book chooses a book of a run; a file of candles has one")
    try:
        return RunCandles(read_candles(path.read_text(encoding="utf-8")), Decimal("0.01"), USD)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected a CSV file in UTF-8") from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    print(f"written      {path}")


def _parser() -> Parser:
    made = Parser(prog="simulate.py execution", description="What an order would have cost in the past, from candles.")
    made.add_argument(
        "candles", metavar="CANDLES", type=Path,
        help="a CSV file with time,open,high,low,close,volume, or the folder of a run",
    )  # fmt: skip
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--buy", metavar="QUANTITY", help="the quantity to buy")
    which.add_argument("--sell", metavar="QUANTITY", help="the quantity to sell")
    made.add_argument(
        "--over",
        metavar="COUNT",
        help="the number of slices, one in each of the last candles (168, 7 days of hours; 50 in a run)",
    )
    made.add_argument("--lot", help="the smallest quantity (0.01; 0.1 in a run)")
    made.add_argument("--tick", help="the smallest price step (0.01; that of the book in a run)")
    made.add_argument("--currency", help="the currency of the prices in a file (USD); a book of a run has its own")
    made.add_argument("--book", help="which book of a run, default the first one")
    made.add_argument("--plot", type=new_file, metavar="FILE", help="write price, fills and slippage as a picture")
    made.add_argument("--csv", type=new_file, metavar="FILE", help="write the slices as a table")
    made.add_argument(
        "--plans", type=new_file, metavar="FILE", help="write the plans that no other one dominates as a table"
    )
    return made
