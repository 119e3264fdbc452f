"""Runs that are killed: `python -m tests.integration.killing POINTS OUT ARGUMENTS...`, a program of its own.

It runs `simulate.py ARGUMENTS --out OUT/POINT` once for each point, in a process that kills itself with SIGKILL as
soon as its settlement log has that number of lines. A point `5.5` kills it in the middle of line 6. Each run is then
resumed, and is killed once more where the points are joined, as in `5+9`; `5!` leaves it. A line of output has the
exit codes.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from market_sim.blockchain import settlement_log
from market_sim.blockchain.settlement_log import SettlementLog
from market_sim.ui.cli.main import main

SCENARIO = '''
"""A small market with a contract beside its settlement, and little to wait for."""
from dataclasses import dataclass
from market_sim import Noise, Scenario, Stock, World, dollars
from market_sim.blockchain.escrow import Escrow
from market_sim.strategies.traditional.escrow_sides import Payee, Payer
from market_sim.strategies.traditional.market_maker import MarketMaker

@dataclass(frozen=True)
class Small(Scenario):
    name = "small"
    epochs = 3
    place: str = "memory"

    def build(self, world: World) -> None:
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=3)
        world.join("maker", MarketMaker(), cash=dollars(50_000), holdings={"ACME": 500})
        for number in range(2):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        world.join("payer", Payer("payee", dollars(100), 3, 2), every_ms=600)
        world.join("payee", Payee(3, 2), every_ms=600)
        chain = world.chain(self.place)
        chain.deploy(Escrow(asset="USD"))
        chain.give("payer", "USD", dollars(500))
'''


def die_at(point: float) -> None:
    """End this process as soon as the log has this number of lines, or in the middle of the next one."""
    append, stored = SettlementLog._append, settlement_log._stored

    def half(link: str, line: bytes) -> bytes:
        return stored(link, line)[:40]

    def dying(log: SettlementLog, line: bytes) -> None:
        if point != int(point) and log._line == int(point):
            settlement_log._stored = half
        append(log, line)
        if log._line >= point:
            os.kill(os.getpid(), signal.SIGKILL)

    SettlementLog._append = dying  # type: ignore[method-assign]


def process(arguments: list[str], point: float = 0) -> int:
    """The exit code of the command line in a process of its own, which dies at this point."""
    number = os.fork()
    if number:
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    sys.stdout = sys.stderr
    if point:
        die_at(point)
    os._exit(main(arguments))


def unfinished(out: Path) -> str:
    return str(next(out.glob("*-unfinished")))


if __name__ == "__main__":
    if "--chain" in sys.argv:
        pass  # once, not in each process
    for points in sys.argv[1].split(","):
        first, *later = map(float, points.strip("!").split("+"))
        out = Path(sys.argv[2], points.strip("!"))
        given = sys.argv[3:]
        chain = given[given.index("--chain") :][:2] if "--chain" in given else []
        scenario = given[given.index("--scenario") :][:2]
        codes = [process([*given, "--out", str(out), "--headless", "--no-plot"], first)]
        again = () if points.endswith("!") else (*later, 0.0)
        codes += [process(["resume", unfinished(out), *chain, *scenario], point) for point in again]
        print(points, *codes, flush=True)
