"""`simulate.py backtest RUN --with FILE.py:Class`: a strategy on the market data of a stored run, and what it made."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from market_sim.analysis.results.performance import Performance, performances
from market_sim.analysis.results.performance_table import FORMULAS, HEAD, WORDS
from market_sim.analysis.results.text_table import aligned
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.simulation.backtest import Backtest, backtest
from market_sim.simulation.scenarios.finder import scenario_of_run
from market_sim.simulation.scenarios.guests import guest
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.backtest_report import RULES, boards, sentences
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_file

DONE, STOPPED = 0, 1
WIDTH = 110


def on_a_record(arguments: Sequence[str]) -> int:
    """Let a strategy trade on a record; print its performance beside those of the participants."""
    typed = _parser().parse_args(list(arguments))
    stored = archive.load(typed.run)
    kind = scenario_of_run(typed.scenario, stored.manifest.scenario)
    with redirect_stdout(sys.stderr):  # a strategy may print
        who = guest(typed.guest)
        found = backtest(stored.journal, who, configured(kind, **stored.manifest.parameters))
    if typed.json:
        print(json.dumps(document(found), indent=2))
    else:
        _tell(found, performances(stored.journal), Words(stored.journal))
    if typed.plot:
        print(f"picture      {_written(typed.plot, stored.journal, found)}", file=sys.stderr)
    return STOPPED if found.failures else DONE


def _tell(found: Backtest, others: list[Performance], words: Words) -> None:
    for currency, table in boards(found, others, words).items():
        print(f"in {currency}; {found.name} traded on the record, all others made it")
        print("\n".join(aligned([HEAD, *table], left=range(WORDS))), end="\n\n")
    print("\n".join(sentences(found)))
    print()
    for sentence in (*RULES, *FORMULAS):
        print("\n".join(textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")))


def _written(path: Path, record: Journal, found: Backtest) -> str:
    from market_sim.analysis.visualization.backtest_picture import backtest_charts
    from market_sim.analysis.visualization.single_page import chart_page

    chart = next(backtest_charts(record, found.journal, found.name), None)
    if chart is None:
        raise InputError(f"{found.name} has not traded, so there is nothing to draw")
    try:
        path.write_text(chart_page(chart, "a backtest"), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None
    return str(path)


def document(found: Backtest) -> dict[str, Any]:
    """The result as plain values, amounts in the smallest unit."""
    return {
        "strategy": found.name,
        "orders": found.orders,
        "filled_on_arrival": found.took,
        "filled_in_the_book": found.rested,
        "failures": list(found.failures),
        "results": [
            {
                "currency": one.gain.currency, "gain": one.gain.gain, "from_trading": one.gain.from_trading,
                "trades": one.trades, "fees": one.fees, "turnover": one.turnover, "hit_rate": one.hit_rate,
                "sharpe": one.sharpe, "trading_drawdown": one.drawdown,
            }
            for one in found.performances
        ],
    }  # fmt: skip


def _parser() -> Parser:
    made = Parser(prog="simulate.py backtest", description="Let a strategy trade on the market data of a stored run.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument(
        "--with", required=True, dest="guest", metavar="STRATEGY,KEY=VALUE",
        help="the strategy: my_strategy.py:BuyTheDip,cash=10000 or a name that `strategies` lists",
    )  # fmt: skip
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    made.add_argument("--plot", type=new_file, metavar="FILE", help="write its trades, inventory and gain as a picture")
    made.add_argument("--json", action="store_true", help="one JSON document in place of the table")
    return made
