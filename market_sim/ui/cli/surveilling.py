"""`simulate.py surveil RUN`: the alerts of a stored run."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from market_sim.analysis.alerts import alert_sentence
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import AccountOpened
from market_sim.ui.cli.arguments import Parser

WIDTH = 110


def surveil(arguments: Sequence[str]) -> int:
    """Print every alert of a run with its rule and its evidence."""
    made = Parser(
        prog="simulate.py surveil",
        description="The alerts of a stored run: misconduct, halts, margin calls, failed transactions, outages.",
    )
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--account", metavar="NAME", help="only alerts about this account")
    made.add_argument("--accused", action="store_true", help="only alerts that accuse an account of misconduct")
    made.add_argument("--json", action="store_true", help="print the alerts as a JSON document")
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    known = [event.account for event in result.journal.of(AccountOpened)]
    if typed.account is not None and typed.account not in known:
        raise InputError(f"there is no account {typed.account!r} in this run; there is {', '.join(known)}")
    found = [
        one
        for one in result.listed_alerts
        if (typed.account is None or typed.account in one.accounts) and (one.accuses or not typed.accused)
    ]
    if typed.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return 0
    print(alert_sentence(found))
    for one in found:
        head = f"{one.time / 1e9:9.3f} s  event {one.event:<7} {one.severity:<8} {one.code:<22} {one.symbol}".rstrip()
        print(f"\n{head}")
        evidence = [
            f"{name} {_first(numbers)}" for name, numbers in (("orders", one.orders), ("trades", one.trades)) if numbers
        ]
        for line in (one.sentence, f"rule: {one.rule}", *(["evidence: " + ", ".join(evidence)] if evidence else [])):
            print("\n".join(textwrap.wrap(line, WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13)))
    return 0


MOST_NAMED = 10


def _first(numbers: Sequence[int]) -> str:
    """The first numbers of a list, and how many more there are.

    >>> _first(range(1, 4)), _first(range(1, 13))
    ('1 2 3', '1 2 3 4 5 6 7 8 9 10 and 2 more')
    """
    shown = " ".join(map(str, numbers[:MOST_NAMED]))
    rest = len(numbers) - MOST_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
