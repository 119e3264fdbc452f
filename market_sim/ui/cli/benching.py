"""`simulate.py bench`: every number that was claimed, measured here, on one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_folder
from market_sim.ui.meter.claims import CLAIMS
from market_sim.ui.meter.measuring import SECTIONS, measure, meter_report
from market_sim.ui.meter.readings import FOLDER

ALL = "all"


def bench(arguments: Sequence[str]) -> int:
    """Measure, print each claim with its verdict, and write the page and its tables."""
    typed = _parser().parse_args(list(arguments))
    names = tuple(SECTIONS) if typed.section == ALL else (typed.section,)
    progress = _Progress(names)
    try:
        try:
            known = measure(typed.out, names, progress.told)
        finally:
            progress.end()
        report = meter_report(known)
        from market_sim.analysis.reports.report_page import report_page

        page = typed.out / FOLDER / "meter.html"
        page.write_text(report_page(report, Words(Journal())), encoding="utf-8")
        for sheet in report.sheets:
            sheet.table.save(page.with_name(f"{sheet.name}.csv"))
    except OSError as error:
        raise InputError(f"cannot write to {typed.out}: {error.strerror or error}") from None
    mine = {reading.claim for name in names for reading in known[name].readings}
    for claim, row in zip(CLAIMS, report.sheets[0].rows, strict=True):
        if claim.id in mine:
            print(f"{row[5]:<12} {row[2]} ({row[1]}): {row[4]}{f'; modelled {row[3]}' if row[3] != '–' else ''}")
    print(report.sheets[0].sentence.partition(". ")[0] + ".")
    print(page)
    return 0


class _Progress:
    """What is being measured: a line for each section, on a terminal with what it is at."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._last = ""

    def told(self, name: str, what: str) -> None:
        """Say what is measured now."""
        if name != self._last:
            self.end()
            place = f"{self._names.index(name) + 1} of {len(self._names)}"
            print(f"measuring {name} ({place})", end="", file=sys.stderr, flush=True)
            self._last = name
        elif what and sys.stderr.isatty():
            print(f"\rmeasuring {name}: {what:<40}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._last:
            print(file=sys.stderr)


def _parser() -> Parser:
    made = Parser(
        prog="simulate.py bench",
        description="Measure here what was claimed of speed, execution and savings; a miss is told as a miss.",
    )
    made.add_argument(
        "section", metavar="SECTION", nargs="?", default=ALL, choices=(ALL, *SECTIONS),
        help=f"{', '.join(SECTIONS)}, or all (default); the others keep what was measured before",
    )  # fmt: skip
    made.add_argument("--out", type=new_folder, default="results", metavar="DIR", help="default results/")
    return made
