"""`simulate.py report KIND --run RUN`: the daily, weekly, monthly, regulatory or flow report of a stored run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.reports.flow import WINDOW
from market_sim.analysis.reports.report import FLOW, KINDS, NOTICE, report_of
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.words import Words
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_folder

GOOD = 0


def report(arguments: Sequence[str]) -> int:
    """Write a report as a page, and each of its tables as a CSV file."""
    made = Parser(prog="simulate.py report", description=f"Write a report of a stored run. {NOTICE}")
    made.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    made.add_argument("--run", metavar="RUN", type=Path, required=True, help="the folder of the run")
    made.add_argument("--symbol", help="flow: of this instrument, default the most traded one")
    made.add_argument("--window", help=f"flow: the last part of the run, such as 30s or 5m; default {WINDOW}")
    made.add_argument(
        "--to", metavar="DIR", type=new_folder, help="where to; default: a folder reports/ in that of the run"
    )
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    if typed.kind != FLOW and (typed.symbol or typed.window):
        raise InputError(f"--symbol and --window belong to the report flow, found {typed.kind}")
    found = report_of(result, typed.kind, typed.symbol or "", typed.window or WINDOW)
    # Imported late: pages need the plotting library's palette.
    from market_sim.analysis.reports.report_page import report_page

    folder: Path = typed.to or typed.run / "reports"
    page = folder / f"{typed.kind}.html"
    written = [str(page)]  # and printed at the end: an error of the output is none of the folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(report_page(found, Words(result.journal)), encoding="utf-8")
        for sheet in found.sheets:
            path = folder / f"{typed.kind}-{sheet.name.replace('_', '-')}.csv"
            sheet.table.save(path)
            written.append(f"{path}: {counted(len(sheet.rows), 'row')}")
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from None
    for sentence in (*written, *found.sentences[1:]):
        print(sentence)
    for advice in found.recommendations:
        print(advice)
    print(NOTICE)
    return GOOD
