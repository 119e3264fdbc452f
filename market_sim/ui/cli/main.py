"""The entry point: `main()` for `python simulate.py`, for the console script and for the tests."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from market_sim.analysis.results.result import Result
from market_sim.analysis.summary import document, summarize
from market_sim.api.live.pacing import Pacer
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.simulation.durability import ON_A_NODE
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.cli.arguments import listing, parsed
from market_sim.ui.cli.commands import command
from market_sim.ui.cli.operator_key import operator_of_own
from market_sim.ui.cli.places import writable
from market_sim.ui.cli.report import BROKEN_PROMISE, DONE, INTERRUPTED, exit_code, guest_lines, tell
from market_sim.ui.cli.rules import rules_text
from market_sim.ui.cli.screen import YELLOW, Screen
from market_sim.ui.cli.suggestion import suggestion
from market_sim.ui.recording import RunBroke, recorded

BAD_INPUT = 2
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What a system says about a place that the user may not read or write: never a mistake of this program."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell, `>&-`, or without a console
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (as long as the program)
    try:
        code = _done(given)
        sys.stdout.flush()
        return code
    except InputError as problem:
        print(f"simulate.py: {problem}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(f"simulate.py: interrupted{'' if _is_command(given) else ' before the run began'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        _drop_the_rest()
        return DONE
    except OSError as problem:
        if problem.errno in NOT_ALLOWED and problem.filename:
            print(f"simulate.py: cannot use {problem.filename}: {problem.strerror}", file=sys.stderr)
            return BAD_INPUT
        if problem.errno != errno.ENOSPC:
            raise
        _drop_the_rest()
        print(f"simulate.py: {problem.strerror}: what was printed is not whole; stored runs are", file=sys.stderr)
        return BAD_INPUT


def _drop_the_rest() -> None:
    """Leave nothing to be written to stdout when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_command(given: list[str]) -> bool:
    return bool(given) and not given[0].startswith("-")


def _done(given: list[str]) -> int:
    """The exit code of a command or a run."""
    if _is_command(given):
        return command(given[0])(given[1:])
    options, scenario = parsed(given)
    if options.list_scenarios:
        print(listing())
        return DONE
    return _run(options, scenario)


def _run(typed: argparse.Namespace, scenario: Scenario) -> int:
    """Run a scenario: print the first line, a line for each epoch and the summary, and write the files."""
    typed.epochs = typed.epochs or scenario.epochs
    options = _options(typed)
    if typed.stress is not None:
        typed.stress = _named_shock(typed.stress)
    folder = writable("--out", typed.out)
    operator = operator_of_own(typed.operator_key, bool(typed.chain))
    screen = Screen(quiet=typed.quiet)
    if not typed.quiet:
        with redirect_stdout(sys.stderr):
            world = prepared(scenario, options)
        rules = world.committee_plan.rules
        screen.say(
            f"{scenario.name}: seed {options.seed}, {rules.validators} validators, f={rules.faults}, "
            f"quorum {rules.quorum}, {counted(typed.epochs, 'epoch')}"
        )
        for warning in world.warnings:
            screen.say(screen.paint(f"warning      {warning}", YELLOW))
    try:
        # A strategy may print: stdout is for the summary, or for the document alone.
        with redirect_stdout(sys.stderr):
            result, run = recorded(
                scenario, options, folder, screen.epoch, pace=Pacer(typed.speed) if typed.speed else None,
                node=typed.chain or "", operator=operator,
            )  # fmt: skip
    except RunBroke as broken:
        screen.say(f"simulate.py: {broken}")
        return BROKEN_PROMISE
    summary = summarize(result)
    timeline = None if typed.no_plot else _plot(result, typed.plot, run)
    places = str(run), None if timeline is None else str(timeline)
    # With --json stdout is for the document alone.
    report = Screen(sys.stderr if typed.json else sys.stdout)
    tell(summary, *places, report)
    for line in guest_lines(summary, options.guests):
        report.say(line)
    _say_risk(typed, result, report)
    question, answer = suggestion(typed, scenario, summary)
    report.say(f"next         {question}")
    report.say(f"             {answer}")
    if typed.json:
        print(json.dumps(document(summary, *places), indent=2))
    if timeline and _may_open(typed):
        _open(timeline)
    return exit_code(summary)


def _named_shock(name: str) -> str:
    from market_sim.ui.cli.risk import named_shock

    return named_shock(name)


def _say_risk(typed: argparse.Namespace, result: Result, screen: Screen) -> None:
    """Print the requested risk reports; pricing is imported only for them."""
    if typed.stress is None and not typed.risk:
        return
    from market_sim.ui.cli.risk import say_risk, say_stress

    if typed.stress is not None:
        say_stress(result, typed.stress, screen.say)
    if typed.risk:
        say_risk(result, screen.say)


def _options(typed: argparse.Namespace) -> Options:
    return Options(
        seed=typed.seed,
        epochs=typed.epochs,
        settlement=ON_A_NODE if typed.chain else typed.settlement,
        validators=typed.validators,
        leaders=typed.leaders,
        byzantine=typed.byzantine,
        partition=typed.partition,
        beyond_the_bound=typed.beyond_the_bound or None,
        variant=typed.variant,
        crash=typed.crash,
        guests="\n".join(typed.guests) if typed.guests else None,
        without=typed.without,
        rules=None if typed.rules is None else rules_text(typed.rules),
        independent=typed.independent,
        paranoid=typed.paranoid,
    )


def _plot(result: Result, wanted: Path | None, run: Path) -> Path:
    from market_sim.analysis.visualization.page import timeline_page

    path = wanted or run / "timeline.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(timeline_page(result), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--plot {path}: cannot write there ({error.strerror})") from None
    return path


def _may_open(typed: argparse.Namespace) -> bool:
    """Whether there is a terminal and a display, so that a browser can be opened."""
    if typed.headless:
        return False
    if typed.open:
        return True
    if not sys.stdout.isatty() or os.environ.get("CI") or os.environ.get("MARKET_SIM_HEADLESS"):
        return False
    on_linux = sys.platform.startswith("linux")
    return not on_linux or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(timeline: Path) -> None:
    """Open the timeline in a browser; without a browser do nothing, as its path has been printed."""
    import webbrowser

    try:
        webbrowser.get().open(timeline.resolve().as_uri())
    except webbrowser.Error as error:
        print(f"simulate.py: no browser could be opened ({error})", file=sys.stderr)
