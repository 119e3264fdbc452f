"""The table of commands, such as `simulate.py doctor`. Each imports its modules when it is called."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from market_sim.core.errors import InputError

Command = Callable[[Sequence[str]], int]


def command(name: str) -> Command:
    """The command with this name; InputError with the nearest name otherwise."""
    if name in COMMANDS:
        return COMMANDS[name]
    near = difflib.get_close_matches(name, COMMANDS, 1)
    meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(COMMANDS)}, and without a command a run"
    raise InputError(f"there is no command {name!r}; {meant}")


def _doctor(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.doctor import doctor

    return doctor(arguments)


def _serve(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.serving import serve

    return serve(arguments)


def _replay(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.replaying import replay

    return replay(arguments)


def _verify(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.verifying import verify

    return verify(arguments)


def _restore(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.restoring import restore

    return restore(arguments)


def _resume(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.resuming import resume

    return resume(arguments)


def _results(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.results import results

    return results(arguments)


def _export(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.results import export

    return export(arguments)


def _dashboard(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.results import dashboard

    return dashboard(arguments)


def _book(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.books import book

    return book(arguments)


def _surveil(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.surveilling import surveil

    return surveil(arguments)


def _league(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.leagues import compete

    return compete(arguments)


def _option(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.option_values import option

    return option(arguments)


def _check(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.checking import check

    return check(arguments)


def _sweep(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.sweeping import sweep

    return sweep(arguments)


def _backtest(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.backtesting import on_a_record

    return on_a_record(arguments)


def _report(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.reporting import report

    return report(arguments)


def _spans(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.spans import spans

    return spans(arguments)


def _trace(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.tracing import trace

    return trace(arguments)


def _reserves(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.reserves import reserves

    return reserves(arguments)


def _clocks(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.clocks import clocks

    return clocks(arguments)


def _transactions(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.transactions import transactions

    return transactions(arguments)


def _without(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.counterfactuals import without

    return without(arguments)


def _strategies(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.strategy_commands import strategies

    return strategies(arguments)


def _published(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.strategy_commands import published

    return published(arguments)


def _attack(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.attacking import attack

    return attack(arguments)


def _protocols(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.comparing import protocols

    return protocols(arguments)


def _train(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.learning import train

    return train(arguments)


def _judge(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.learning import judge

    return judge(arguments)


def _allocate(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.allocating import allocate

    return allocate(arguments)


def _execution(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.executing import execution

    return execution(arguments)


def _fuse(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.fusing import fuse

    return fuse(arguments)


def _iceberg(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.icebergs import iceberg

    return iceberg(arguments)


def _designs(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.designs import designs

    return designs(arguments)


def _escape(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.escaping import escape

    return escape(arguments)


def _forgeries(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.forging import forgeries

    return forgeries(arguments)


def _budget(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.budgeting import budget

    return budget(arguments)


def _quotes(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.quoting import quotes

    return quotes(arguments)


def _bench(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.benching import bench

    return bench(arguments)


def _microscope(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.microscope import microscope

    return microscope(arguments)


def _tiers(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.tiers import tiers

    return tiers(arguments)


def _rules(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.rules import rules

    return rules(arguments)


def _facts(arguments: Sequence[str]) -> int:
    from market_sim.ui.cli.facts import facts

    return facts(arguments)


def _of_the_course(name: str) -> Command:
    def run(arguments: Sequence[str]) -> int:
        from market_sim.ui.cli import course_commands

        chosen: Command = getattr(course_commands, name)
        return chosen(arguments)

    return run


COMMANDS: dict[str, Command] = {
    "doctor": _doctor,
    "serve": _serve,
    "replay": _replay,
    "verify": _verify,
    "restore": _restore,
    "resume": _resume,
    "results": _results,
    "export": _export,
    "dashboard": _dashboard,
    "report": _report,
    "spans": _spans,
    "trace": _trace,
    "transactions": _transactions,
    "reserves": _reserves,
    "clocks": _clocks,
    "designs": _designs,
    "escape": _escape,
    "forgeries": _forgeries,
    "book": _book,
    "quotes": _quotes,
    "league": _league,
    "surveil": _surveil,
    "option": _option,
    "attack": _attack,
    "check": _check,
    "sweep": _sweep,
    "rules": _rules,
    "without": _without,
    "backtest": _backtest,
    "strategies": _strategies,
    "published": _published,
    "facts": _facts,
    "microscope": _microscope,
    "tiers": _tiers,
    "allocate": _allocate,
    "execution": _execution,
    "iceberg": _iceberg,
    "fuse": _fuse,
    "budget": _budget,
    "bench": _bench,
    "train": _train,
    "judge": _judge,
    "protocols": _protocols,
    "lesson": _of_the_course("lesson"),
    "grade": _of_the_course("grade"),
    "lint": _of_the_course("lint"),
    "new-scenario": _of_the_course("new_scenario"),
    "new-lesson": _of_the_course("new_lesson"),
}
