"""`simulate.py transactions RUN`: what a run sent to its chain, gas by function, and an alert when too many failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.results.stored import open_run
from market_sim.analysis.transactions import ALERT_PERCENT, by_function, failure_alert, failure_rate, nothing_sent
from market_sim.analysis.transactions import transactions as sent_in
from market_sim.ui.cli.arguments import Parser, whole

DONE, ALERT = 0, 1


def transactions(arguments: Sequence[str]) -> int:
    """Print the transactions of a stored run; 1 when the share of failed ones is above the threshold."""
    made = Parser(prog="simulate.py transactions", description="What a stored run sent to its settlement chain.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument(
        "--alert", metavar="PERCENT", type=whole(0, 100), default=ALERT_PERCENT,
        help=f"exit with 1 when more than this share failed (default {ALERT_PERCENT})",
    )  # fmt: skip
    made.add_argument("--list", action="store_true", help="print each transaction, too")
    typed = made.parse_args(list(arguments))
    journal = open_run(typed.run).journal
    sent = list(sent_in(journal))
    if not sent:
        print(nothing_sent(journal))
        return DONE
    if typed.list:
        for one in sent:
            outcome = f"failed: {one.error}" if one.error else f"{one.gas:,} gas"
            who = f" by {one.account}" if one.account else ""
            name = f"{one.contract}.{one.function}{who}"
            print(
                f"{one.number:>6} {one.time / 1e9:9.3f} s  {name}: {outcome}" + (f"  0x{one.hash}" if one.hash else "")
            )
    print(f"{'function':<40} {'transactions':>12} {'failed':>8} {'gas':>14} {'gas each':>12}")
    for use in by_function(sent):
        name = f"{use.contract}.{use.function}"
        print(f"{name:<40} {use.transactions:>12,} {use.failed:>8,} {use.gas:>14,} {use.gas // use.transactions:>12,}")
    alert = failure_alert(sent, typed.alert)
    print(f"alert: {alert}" if alert else failure_rate(sent, typed.alert))
    return ALERT if alert else DONE
