"""`simulate.py allocate RUN`: over the books of a run, where would a maker's capital have gone?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.microstructure.allocation_of_books import NOTE, Allocation, allocation_of
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_file


def allocate(arguments: Sequence[str]) -> int:
    """Print the weights for several aversions to risk, and write the frontier that they make as a picture."""
    made = Parser(prog="simulate.py allocate", description="How a maker's capital divides over the books of a run.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument(
        "--plot", type=new_file, metavar="FILE", help="where the picture is written, default allocation.html in RUN"
    )
    made.add_argument("--no-plot", action="store_true", help="write no picture")
    typed = made.parse_args(list(arguments))
    found = allocation_of(open_run(typed.run).journal)
    widths = [max(8, len(book)) for book in found.books]
    heads = " ".join(book.rjust(width) for book, width in zip(found.books, widths, strict=True))
    print(f"{'aversion':>8} {'gain':>8} {'risk':>8}  {heads}")
    for one in found.choices:
        weights = " ".join(f"{weight:.1%}".rjust(width) for weight, width in zip(one.weights, widths, strict=True))
        print(f"{one.aversion:>8g} {one.gain:>8.3f} {one.deviation:>8.3f}  {weights}")
    print(NOTE)
    if not typed.no_plot:
        print(f"picture      {_written(typed.plot or typed.run / 'allocation.html', found, typed.run.name)}")
    return 0


def _written(path: Path, found: Allocation, run: str) -> str:
    from market_sim.analysis.visualization.allocation_picture import allocation_chart
    from market_sim.analysis.visualization.single_page import chart_page

    try:
        path.write_text(chart_page(allocation_chart(found), run), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    return str(path)
