"""`simulate.py strategies`: the list of strategies. `simulate.py published`: results of the literature, made again."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from market_sim.strategies.catalogue import FAMILIES, name_of, named, parameters_of, summary_of
from market_sim.ui.cli.arguments import Parser, whole

WIDTH = 110
INDENT = " " * 29
GOOD = 0


def strategies(arguments: Sequence[str]) -> int:
    """Print every strategy with its parameters and one sentence; for one of them, all that its module says."""
    made = Parser(prog="simulate.py strategies", description="The strategies that are shipped, with their parameters.")
    made.add_argument("name", nargs="?", metavar="NAME", help="tell more about this one")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the list")
    typed = made.parse_args(list(arguments))
    kinds = {family: list(found) for family, found in FAMILIES.items()}
    if typed.name:
        kind = named(typed.name)
        kinds = {family: [kind] for family, found in FAMILIES.items() if kind in found}
    if typed.json:
        document = [
            {"name": name_of(kind), "family": family, "does": summary_of(kind), "parameters": _plain(kind)}
            for family, found in kinds.items()
            for kind in found
        ]
        print(json.dumps(document, indent=2))
        return GOOD
    for family, found in kinds.items():
        print(family)
        for kind in found:
            head = f"  {name_of(kind):<24} "
            print(_wrapped(head + summary_of(kind), ""))
            told = " ".join(f"{name}={'(needed)' if value is None else value}" for name, value in _plain(kind).items())
            print(_wrapped(told, INDENT))
    if typed.name:
        import sys

        print()
        print((sys.modules[named(typed.name).__module__].__doc__ or "").strip())
    return GOOD


def _wrapped(text: str, indent: str) -> str:
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=" " * 27, break_on_hyphens=False)
    return "\n".join(lines)


def _plain(kind: Any) -> dict[str, Any]:
    """The parameters with defaults that JSON and a terminal can show; None for what has to be given."""
    shown: dict[str, Any] = {}
    for name, value in parameters_of(kind).items():
        if value is ...:
            shown[name] = None
        else:
            shown[name] = value if isinstance(value, int | float | str) else "none" if value is None else str(value)
    return shown


def published(arguments: Sequence[str]) -> int:
    """Print a published table beside the one that our formulas give."""
    from market_sim.strategies.market_making.published import PUBLISHED, again

    made = Parser(prog="simulate.py published", description="Results of the literature, made again.")
    made.add_argument("paper", choices=["avellaneda-stoikov"], metavar="PAPER", help="avellaneda-stoikov")
    made.add_argument("--paths", type=whole(2, 1_000_000), default=2_000, metavar="N", help="default 2000")
    made.add_argument("--seed", type=whole(0), default=1, metavar="N", help="default 1")
    typed = made.parse_args(list(arguments))
    print("Avellaneda and Stoikov (2008), tables 1 to 3: profit, its deviation, last inventory, its deviation")
    print(
        f"{'risk aversion':<14} {'maker':<10} {'spread':>14} {'profit':>16} {'deviation':>14} {'inventory':>15} ",
        end="",
    )
    print(f"{'deviation':>13}")
    for (gamma, maker), theirs in PUBLISHED.items():
        ours = again(gamma, maker, typed.paths, typed.seed)
        pairs = [f"{one:.2f} ({other:g})" for one, other in zip(ours, theirs, strict=True)]
        widths = (14, 16, 14, 15, 13)
        cells = " ".join(f"{pair:>{width}}" for pair, width in zip(pairs, widths, strict=True))
        print(f"{gamma:<14g} {maker:<10} {cells}")
    print(f"ours from {typed.paths:,} paths with seed {typed.seed} (theirs, from 1,000 paths)")
    return GOOD
