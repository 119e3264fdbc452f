"""`simulate.py clocks RUN`: accounts at the three clocks, whom an undoing would hurt, and the margin for the lag."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.accounts_by_clock import as_of, epochs_of
from market_sim.analysis.clock_tables import (
    CLOCK_HEAD,
    clock_rows,
    entries_sentence,
    lag_head,
    lag_rows,
    lag_sentence,
    lost_sentence,
    undone_sentence,
    wait_sentence,
)
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.settlement_lag import LONGEST, covered, epoch_ns, lag_of, measured, volatilities
from market_sim.analysis.words import Words
from market_sim.ui.cli.arguments import Parser, whole

DONE = 0
WIDTH = 110
NAMES = 2
"""The number of columns with names, which are left-aligned."""


def clocks(arguments: Sequence[str]) -> int:
    """Print the accounts as matched, final and settled, and the margin that the settlement lag requires."""
    made = Parser(prog="simulate.py clocks", description="What each account has as matched, as final and as settled.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--epoch", metavar="N", type=whole(1), help="as of the end of this epoch (default: of the run)")
    made.add_argument(
        "--lag", metavar="EPOCHS", type=whole(1, LONGEST), help="margin for this lag (default: the longest of the run)"
    )
    typed = made.parse_args(list(arguments))
    journal = open_run(typed.run).journal
    words = Words(journal)
    found = as_of(journal, typed.epoch or epochs_of(journal)[-1])
    print(f"as of the end of epoch {found.epoch}: {entries_sentence(found, words)}")
    _print(CLOCK_HEAD, clock_rows(found, words))
    for sentence in (undone_sentence(found, words), lost_sentence(found, words)):
        _tell(sentence)
    past, wait, epoch = journal.until(found.end), measured(journal), epoch_ns(journal)
    lag = typed.lag or lag_of(wait, journal)
    print(f"\n{wait_sentence(wait)}")
    once, twice = (covered(past, epoch * each) for each in (lag, 2 * lag))
    if once:
        _print(lag_head(lag), lag_rows(once, twice, words))
        _tell(lag_sentence(lag, lag * epoch, volatilities(past)))
    return DONE


def _tell(sentence: str) -> None:
    for line in textwrap.wrap(sentence, WIDTH, subsequent_indent="  "):
        print(line)


def _print(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: names to the left, figures to the right."""
    print("\n".join(aligned([head, *rows], left=range(NAMES))))
