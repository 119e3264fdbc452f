"""A program with live markets that are to be killed: `python killed_market.py PHASES`, one line of input a market.

For each line, the folder of the results, it forks a process whose live market takes orders from four threads. That one
writes a line before each order and one after each acknowledgement, and notes in the file of phases what it is doing.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from threading import Thread
from typing import Any

import sqlalchemy as sql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from market_sim.api.live.opening import OpenMarket
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket

PHASES = ("market", "inputs inserted", "inputs committed", "events inserted", "events committed")
THREADS = 4


def noted(phases: mmap) -> None:
    """Note what the store does, where SQLAlchemy can be asked about it."""
    commit = SQLiteDialect_pysqlite.do_commit

    def executed(_: Any, __: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("INSERT INTO inputs"):
            phases[0] = 1
        elif statement.startswith("INSERT INTO events"):
            phases[0] = 3

    def committed(dialect: SQLiteDialect_pysqlite, connection: sqlite3.Connection) -> None:
        phases[0] += phases[0] in (1, 3)
        commit(dialect, connection)
        phases[0] = 0

    sql.event.listen(sql.Engine, "before_cursor_execute", executed)
    SQLiteDialect_pysqlite.do_commit = committed


def market(results: Path, tell: Callable[[str], object]) -> None:
    """Trade until somebody ends this process."""
    live = OpenMarket(FirstMarket(), Options(epochs=100_000, settlement="none"), 5, results)
    live.start()

    def trade(name: str) -> None:
        live.market.join(name, {"USD": 10**12})
        for number in range(1, 100_000):
            tell(f"sent {name} {number}\n")
            try:
                [answer] = live.market.submit(name, Buy("ACME", number, 9_000))
            except InputError:
                continue
            tell(f"done {name} {number} {answer.order}\n")

    threads = [Thread(target=trade, args=(f"bot-{number}",)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    with open(sys.argv[1], "r+b") as file:
        phases = mmap(file.fileno(), 1)
    noted(phases)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            market(Path(line.strip()), lambda told: os.write(1, told.encode()))
        os.write(1, f"process {process}\n".encode())
        os.waitpid(process, 0)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
