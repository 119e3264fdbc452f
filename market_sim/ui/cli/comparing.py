"""`simulate.py protocols`: the same trades ordered by several consensus protocols, in one table and one picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.protocol_figures import HEAD, NOTE, document, figures_of, sentences
from market_sim.analysis.results.text_table import aligned
from market_sim.core.errors import InputError
from market_sim.core.protocols.byzantine_seat import WAYS
from market_sim.core.protocols.play import Play
from market_sim.simulation.side_by_side import MOST_EPOCHS, MOST_VALIDATORS, Question, side_by_side
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_file, new_folder


def protocols(arguments: Sequence[str]) -> int:
    """Play every protocol and print its figures."""
    typed = _parser().parse_args(list(arguments))
    plays = side_by_side(
        Question(
            typed.seed, typed.epochs, typed.validators, typed.partition, typed.crash, typed.byzantine,
            typed.confirmations, typed.beyond_the_bound,
        )
    )  # fmt: skip
    page = None if typed.no_plot else _written(typed.plot or typed.out / "protocols.html", plays)
    if typed.json:
        print(json.dumps(document(plays) | {"page": page}, indent=2))
        return 0
    for line in aligned([HEAD, *(figures_of(play).cells for play in plays)]):
        print(line)
    print(f"{NOTE}\n")
    for sentence in sentences(plays):
        print(sentence)
    if page:
        print(f"\npicture      {page}")
    return 0


def _written(path: Path, plays: Sequence[Play]) -> str:
    from market_sim.analysis.visualization.protocol_page import protocol_page

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(protocol_page(plays), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    return str(path)


def _parser() -> Parser:
    made = Parser(
        prog="simulate.py protocols",
        description="Order the same trades with Streamlet, a two-phase BFT and a longest chain, side by side.",
    )
    made.add_argument("--seed", type=whole(0), default=7, metavar="N", help="default 7: same seed, same comparison")
    made.add_argument("--epochs", type=whole(3, MOST_EPOCHS), default=30, metavar="N", help="default 30")
    made.add_argument("--validators", type=whole(4, MOST_VALIDATORS), default=4, metavar="N", help="default 4")
    made.add_argument("--partition", default="", metavar="EPOCHS", help="for example 8-14, or 8-14:0>1+2+3 for one way")
    made.add_argument("--crash", default="", metavar="WHO@EPOCHS", help="for example n2@5-9: it stops and returns")
    made.add_argument(
        "--byzantine", default="", metavar="WHO:HOW", help=f"for example n3:withhold; the ways are {', '.join(WAYS)}"
    )
    made.add_argument(
        "--beyond-the-bound", action="store_true", help="allow more byzantine validators than the rules tolerate"
    )
    made.add_argument(
        "--confirmations", type=whole(1, 100), default=3, metavar="K", help="of the longest chain, default 3"
    )
    made.add_argument(
        "--out", type=new_folder, default="results", metavar="DIR", help="the folder for the picture, default results/"
    )
    made.add_argument("--plot", type=new_file, metavar="FILE", help="where the picture is written")
    made.add_argument("--no-plot", action="store_true", help="write no picture")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    return made
