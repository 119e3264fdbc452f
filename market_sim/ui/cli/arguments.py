"""The arguments of `simulate.py`, and one sentence for each wrong one.

argparse accepts no abbreviations and prints no usage on errors: the answer to a mistake is what was expected, what was
found, and the nearest valid choice.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from market_sim.api.live.pacing import speed_of
from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.options import DEFAULT_SEED, MOST_EPOCHS, SETTLED_ON
from market_sim.simulation.scenarios.catalogue import DEFAULT
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured, parameter_types
from market_sim.ui.cli.places import new_file

EPILOG = """\
A scenario's own parameters are flags, too: --traders 20 (see --list-scenarios).

Commands, each with its own --help:
  doctor           what is missing here and how to mend it
  serve            the site
  bench            what was claimed of speed and savings, measured on this machine
 of a stored run
  results RUN      what each account made of it
  book RUN         what its order books showed
  quotes RUN       what a quantity cost on each of its venues, by clients with a cache
  export RUN       its tables as CSV, JSON or Parquet
  dashboard RUN    its market on one page, a file that needs no server
  report KIND      a daily, weekly, monthly or regulatory report of --run RUN
  spans RUN        each order as a tree: match, block, settle; a file for viewers of traces
  budget RUN       where the time of an order goes, from the network card to its payment
  transactions RUN gas by function, and an alert when too many failed
  reserves RUN     what its vault held against what it owed, at each settled block
  clocks RUN       its accounts as matched, final and settled; the margin for the time between
  trace RUN ORDER  the way of one order to its payment, with the proofs of its trades
  replay RUN       is it the same when it is played again
  verify RUN       is it whole, and how far did it come
  resume RUN       a run whose program was killed goes on, and settles each block once
  restore RUN      a live run whose program was killed, computed again from its store
  without RUN      the same run without one participant: its true impact
  backtest RUN     a strategy on its market data
  tiers RUN        how long each maker held the spread and depth of its tier
  microscope RUN   what trading cost in it, and who knew more
  surveil RUN      its alerts: who is accused of what, with the evidence
  allocate RUN     how a maker's capital divides over its books
 of a scenario
  check NAME       does its claim hold with other seeds
  sweep NAME       its runs over values of parameters
  facts NAME       do its returns have the properties of real markets
  rules            what --rules puts on its market
  new-scenario     a file to begin a scenario of your own with
 of strategies and prices
  strategies       who can take part
  train            a strategy that learns, trained and stored
  judge            a trained strategy on seeds that it has not seen
  option           what an option is worth
  iceberg          how much of an iceberg order to display
  fuse SOURCE ...  what several sources say together, and their conflict
  execution FILE   what an order would have cost in the past, from candles
  published        a table of the literature, made again
 of settlement
  designs          the gas of a trade by transfers, by signed orders and by a batch
  forgeries        what the contract answers to batches that are repeated, forged or incomplete
  escape           how money leaves the vault: by a withdrawal, and without the exchange
 of consensus
  attack           search for a schedule that forks or stalls a committee
  protocols        Streamlet beside other consensus protocols
 of the course
  lesson           list, start, read, predict, check, hint, reset, progress
  grade            a folder of answers
  league           a detector of misconduct on hidden seeds
  lint             is a lesson whole
  new-lesson       a folder to begin a lesson of your own with

Exit codes: 0 done, 1 what was checked did not pass, 2 bad arguments or a bad file, 3 a promise of this program broke,
130 interrupted by Ctrl-C or SIGTERM."""


SEE_HELP = ("unrecognized arguments: ", "the following arguments are required: ", "one of the arguments ")
"""The beginnings of those errors of argparse that do not say what was expected."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `InputError`s."""

    def error(self, message: str) -> NoReturn:
        """Turn an error of argparse into one sentence that says what was expected, or where that is written."""
        if message.startswith(SEE_HELP):
            flag = message.removeprefix(SEE_HELP[0]).partition(" ")[0].partition("=")[0]
            options = [option for action in self._actions for option in action.option_strings]
            near = difflib.get_close_matches(flag, options, 1) if flag.startswith("--") else []
            message += f"; did you mean {near[0]}?" if near else f"; see {self.prog} --help"
        raise InputError(message.removeprefix("argument "))

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Refuse an empty text, such as an unset variable of the shell: without the option the run is another one."""
        is_text = action.type is Path or (action.type is None and action.option_strings)
        if not arg_string and is_text and action.default != "":  # argparse reads defaults here, too
            raise argparse.ArgumentError(action, "expected a value, found ''")
        return super()._get_value(action, arg_string)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Suggest the nearest choice for a word that is none of the choices."""
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            near = difflib.get_close_matches(str(value), choices, 1)
            meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(choices)}"
            raise InputError(f"there is no {str(action.metavar or action.dest).lower()} {value!r}; {meant}")


def parser() -> Parser:
    """All options of a run."""
    made = Parser(
        prog="simulate.py",
        description="Run a market: agents trade, validators agree, Ethereum contracts pay.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"market sandbox {VERSION}")
    run = made.add_argument_group("the run")
    run.add_argument("--scenario", default=DEFAULT.name, metavar="NAME|FILE", help="a shipped scenario or a .py file")
    run.add_argument("--list-scenarios", action="store_true", help="list the shipped scenarios and their parameters")
    run.add_argument(
        "--epochs", type=whole(1, MOST_EPOCHS), metavar="N", help="default: as long as the scenario needs, mostly 8"
    )
    run.add_argument("--seed", type=whole(0), default=DEFAULT_SEED, metavar="N", help="default 7: same seed, same run")
    run.add_argument("--validators", type=whole(4, 100), metavar="N", help="default 4, of which (n-1)//3 may fail")
    run.add_argument("--leaders", metavar="RULE", help="round-robin (default), hash or shuffled")
    run.add_argument(
        "--byzantine",
        metavar="WHO:HOW",
        help=f"a byzantine validator, for example n3:equivocate@3-9; the ways are {', '.join(BEHAVIOURS)}",
    )
    run.add_argument(
        "--partition", metavar="EPOCHS", help="for example 4-6: the validators' halves do not hear each other"
    )
    run.add_argument(
        "--beyond-the-bound", action="store_true", help="allow more byzantine validators than the rules tolerate"
    )
    run.add_argument(
        "--crash", metavar="WHO@EPOCHS", help="for example n2@4-6: it stops and comes back with what its disk holds"
    )
    run.add_argument(
        "--variant", metavar="FAULTS", help="byzantine (default) or crash: majority quorum, no byzantine validators"
    )
    run.add_argument(
        "--with",
        action="append",
        dest="guests",
        metavar="STRATEGY,KEY=VALUE",
        help="a further participant: my_strategy.py:BuyTheDip,cash=10000, a name of `strategies`, a trained model",
    )
    run.add_argument(
        "--rules", metavar="NAME|FILE", help="classroom, literal, luld, none, or a .toml file; see `rules`"
    )
    run.add_argument("--without", metavar="NAME", help="a participant who never decides; several with commas")
    run.add_argument(
        "--independent", action=argparse.BooleanOptionalAction, default=None,
        help="each validator executes final blocks on a ledger of its own (default: up to 4 validators do)",
    )  # fmt: skip
    run.add_argument(
        "--speed", type=speed, metavar="X", help="simulated seconds per real second, such as 10 (default: no waiting)"
    )
    settling = add_settlement(run)
    settling.add_argument(
        "--chain", type=node_address, metavar="URL", help="settle on this JSON-RPC node, such as http://127.0.0.1:8545"
    )
    run.add_argument(
        "--operator-key", metavar="FILE", help="the operator's own key on that node; or in MARKET_SIM_OPERATOR_KEY"
    )
    run.add_argument("--paranoid", action="store_true", help="check every invariant after every step")
    _add_output(made)
    return made


def add_settlement(made: argparse._ActionsContainer) -> argparse._MutuallyExclusiveGroup:
    """Add the choice of the chain that trades are paid out on."""
    settling = made.add_mutually_exclusive_group()
    settling.add_argument(
        "--settlement", choices=SETTLED_ON, metavar="CHAIN",
        help="where trades are paid out: eth-tester, fast (it on a compiled EVM, the extra [fast]), memory or none",
    )  # fmt: skip
    settling.add_argument(
        "--no-settle",
        action="store_const",
        dest="settlement",
        const="none",
        help="leave the chain out: nothing is paid",
    )
    return settling


def _add_output(made: Parser) -> None:
    shown = made.add_argument_group("what you see")
    shown.add_argument("--headless", "--no-open", action="store_true", help="do not open the timeline in a browser")
    shown.add_argument("--open", action="store_true", help="open it even where no terminal is seen")
    shown.add_argument("--plot", nargs="?", type=new_file, metavar="FILE", help="where the timeline is written")
    shown.add_argument("--no-plot", action="store_true", help="write no timeline")
    shown.add_argument(
        "--json", action="store_true", help="one JSON document on stdout in place of the summary, which goes to stderr"
    )
    shown.add_argument(
        "--out", type=Path, default=Path("results"), metavar="DIR", help="the folder for runs, default results/"
    )
    shown.add_argument("--stress", metavar="NAME", help="what a bad day would cost each account, such as flash-crash")
    shown.add_argument("--risk", action="store_true", help="value at risk, Greeks, hedges and implied volatilities")
    shown.add_argument("-q", "--quiet", action="store_true", help="print the summary only")


def parsed(arguments: list[str]) -> tuple[argparse.Namespace, Scenario]:
    """The options and the scenario, whose own flags are those that argparse does not know."""
    made = parser()
    known, rest = made.parse_known_args(arguments)
    kind = find_scenario(known.scenario)
    parameters = scenario_parameters(rest, kind, made)
    with explained():
        return known, configured(kind, **parameters)


def scenario_parameters(rest: list[str], kind: type[Scenario], made: Parser) -> dict[str, str]:
    """Parse `--traders 20` or `--traders=20` for the fields of this scenario."""
    names = {"--" + name.replace("_", "-"): name for name in parameter_types(kind)}
    values: dict[str, str] = {}
    remaining = list(rest)
    while remaining:
        flag, joined, value = remaining.pop(0).partition("=")
        if not flag.startswith("-"):
            raise InputError(f"did not expect {flag!r} here: options begin with --, and a command comes first")
        if flag not in names:
            options = [*names, *(option for action in made._actions for option in action.option_strings)]
            near = difflib.get_close_matches(flag, options, 1)
            meant = f"did you mean {near[0]}?" if near else f"see --help; scenario {kind.name} has {_listed(names)}"
            raise InputError(f"there is no option {flag}; {meant}")
        if not joined:
            if not remaining:
                raise InputError(f"{flag} needs a value")
            value = remaining.pop(0)
        values[names[flag]] = value
    return values


def _listed(names: dict[str, str]) -> str:
    return ", ".join(names) or "no parameters"


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type for argparse: whole numbers within bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            expected = f"from {least} to {most}" if most is not None else f"from {least} on"
            raise argparse.ArgumentTypeError(f"expected a whole number {expected}, found {text!r}")
        return number

    return read


def node_address(text: str) -> str:
    """A type for argparse: the address of a JSON-RPC node."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number below 65,536
        is_one = False
    if not is_one:
        raise argparse.ArgumentTypeError(
            f"expected the address of a node such as http://127.0.0.1:8545, found {text!r}"
        )
    return text


def speed(text: str) -> float | None:
    """A type for argparse: the speed of a run."""
    try:
        return speed_of(text)
    except InputError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def listing() -> str:
    """The shipped scenarios with their parameters, as text."""
    from market_sim.simulation.scenarios.catalogue import SCENARIOS

    lines: list[str] = []
    for kind in SCENARIOS:
        values: dict[str, Any] = kind().parameters
        flags = " ".join(f"--{name.replace('_', '-')} {value!r}" for name, value in values.items())
        lines += [f"{kind.name:<14} {kind().summary}", f"{'':<14} {flags} --epochs {kind.epochs}"]
    return "\n".join(lines)
