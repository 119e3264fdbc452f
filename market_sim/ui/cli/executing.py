"""`simulate.py execution CANDLES --buy 500`: what an order would have cost in the past, from candles alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.microstructure.candle_file import TimedCandle, candles_of, read_candles
from market_sim.analysis.microstructure.execution_plans import plans_of
from market_sim.analysis.microstructure.past_execution import NOTE, PastExecution, PastOrder, execute, impact_curve
from market_sim.analysis.results.market_tables import books
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser


def execution(arguments: Sequence[str]) -> int:
    """Print the figures of an order in the past; write its slices as a picture or as CSV."""
    typed = _parser().parse_args(list(arguments))
    whole = typed.candles.is_dir()
    unit = "1" if whole else "0.01"
    side, quantity = ("sell", typed.sell) if typed.sell else ("buy", typed.buy)
    over = typed.over or ("50" if whole else "168")
    order = PastOrder.typed(side, quantity, over, typed.lot or unit, typed.tick or unit)
    candles = _candles(typed.candles, typed.book)
    found = execute(candles, order)
    from market_sim.analysis.visualization.past_picture import curve_sentence, past_chart, past_figures
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
        _write(typed.csv, _csv(found))
    if typed.plans:
        table = plans_file(plans)
        _write(typed.plans, "".join(",".join(map(str, row)) + "\n" for row in (table.names, *table.rows)))
    if typed.plot:
        _write(typed.plot, chart_page(chart, typed.candles.name))
    return 0


def _candles(path: Path, book: str | None) -> list[TimedCandle]:
    if path.is_dir():
        journal = open_run(path).journal
        return candles_of(journal, book or books(journal)[0])
    if book:
        raise InputError("--book chooses a book of a run; a file of candles has one")
    try:
        return read_candles(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected a CSV file in UTF-8") from None


def _csv(found: PastExecution) -> str:
    names = (
        "time",
        "middle",
        "atr_bps",
        "percentile",
        "spread_bps",
        "asked",
        "filled",
        "price",
        "slippage_bps",
        "kind",
    )
    rows = [",".join(names)]
    lot = found.order.lot
    for one in found.slices:
        cells = (
            one.time, repr(one.middle), repr(one.atr_bps), repr(one.percentile), repr(one.spread_bps),
            f"{one.asked * lot:f}", f"{one.filled * lot:f}", repr(one.price), repr(one.slippage_bps), one.kind,
        )  # fmt: skip
        rows.append(",".join(cells))
    return "\n".join(rows) + "\n"


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    print(f"written      {path}")


def _parser() -> Parser:
    made = Parser(prog="simulate.py execution", description="What an order would have cost in the past, from candles.")
    made.add_argument(
        "candles", metavar="CANDLES", type=Path,
        help="a CSV file with time,open,high,low,close,volume, or the folder of a run, in ticks and lots",
    )  # fmt: skip
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--buy", metavar="QUANTITY", help="buy so much")
    which.add_argument("--sell", metavar="QUANTITY", help="sell so much")
    made.add_argument(
        "--over", metavar="COUNT", help="in so many of the last candles (168, 7 days of hours; 50 in a run)"
    )
    made.add_argument("--lot", help="the smallest quantity (0.01; 1 in a run)")
    made.add_argument("--tick", help="the smallest price step (0.01; 1 in a run)")
    made.add_argument("--book", help="which book of a run, default the first one")
    made.add_argument("--plot", metavar="FILE", help="write price, fills and slippage as a picture")
    made.add_argument("--csv", metavar="FILE", help="write the slices as a table")
    made.add_argument("--plans", metavar="FILE", help="write the plans that no other one dominates as a table")
    return made
