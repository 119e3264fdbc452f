"""`simulate.py spans RUN`: what followed from each order, as a file of spans and as a tree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.history.spans import document, of_order, slowest, spans_of, tree
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.words import Words
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_file

GOOD = 0


def spans(arguments: Sequence[str]) -> int:
    """Write the spans of a stored run and print the tree of one order."""
    made = Parser(prog="simulate.py spans", description="Each order of a stored run as a tree: match, block, settle.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--order", metavar="N", type=whole(1), help="whose tree; default: the one that waited longest")
    made.add_argument("--to", metavar="FILE", type=new_file, help="where to; default: spans.json in that folder")
    typed = made.parse_args(list(arguments))
    result = open_run(typed.run)
    found = spans_of(result)
    order = slowest(found) if typed.order is None else typed.order
    mine = [] if order is None else of_order(found, order)
    if typed.order is not None and not mine:
        raise InputError(f"--order: the exchange accepted no order {typed.order} in this run")
    path: Path = typed.to or typed.run / "spans.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document(result, found)) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {path}: {error.strerror or error}") from None
    print(f"{path}: {counted(len(found), 'span')}")
    print("\n".join(tree(mine, Words(result.journal))))
    return GOOD
