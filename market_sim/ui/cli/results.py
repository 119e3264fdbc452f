"""`simulate.py results`, `export`, `dashboard`: what each account made of a stored run, its tables, its dashboard."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.results.performance import performances
from market_sim.analysis.results.performance_table import FORMULAS, HEAD, WORDS, performance_tables
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.table import FORMATS
from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.words import Words
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_file, new_folder

GOOD = 0
WIDTH = 110


def results(arguments: Sequence[str]) -> int:
    """Print what each account gained, how steadily and at what cost."""
    made = Parser(prog="simulate.py results", description="What each account made of a stored run, the best first.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    for currency, rows in performance_tables(performances(result.journal), Words(result.journal)).items():
        print(f"in {currency}")
        print("\n".join(aligned([HEAD, *rows], left=range(WORDS))), end="\n\n")
    for formula in FORMULAS:
        print("\n".join(textwrap.wrap(formula, WIDTH, subsequent_indent="  ")))
    return GOOD


def export(arguments: Sequence[str]) -> int:
    """Write the tables of a stored run into files."""
    made = Parser(prog="simulate.py export", description="Write the tables of a stored run into files.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="csv (default), json or parquet")
    made.add_argument(
        "--to", metavar="DIR", type=new_folder, help="where to; default: a folder tables/ in that of the run"
    )
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    folder: Path = typed.to or typed.run / "tables"
    written = []  # and printed at the end: an error of the output is none of the folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in result.tables:
            path = folder / f"{table.name}.{typed.format}"
            table.save(path)
            written.append(f"{path}: {counted(len(table), 'row')}")
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from None
    for line in written:
        print(line)
    return GOOD


def dashboard(arguments: Sequence[str]) -> int:
    """Write the dashboard of a stored run: one file that opens without a server."""
    made = Parser(
        prog="simulate.py dashboard", description="Write the dashboard of a stored run: one file, no server needed."
    )
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--to", metavar="FILE", type=new_file, help="where to; default: dashboard.html in that folder")
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    # Imported late: no other command here draws.
    from market_sim.analysis.visualization.dashboard import Dashboard

    path: Path = typed.to or typed.run / "dashboard.html"
    text = Dashboard(result).generate_html_dashboard()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {path}: {error.strerror or error}") from None
    print(path)
    return GOOD
