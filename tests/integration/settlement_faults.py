"""The campaign of settlement faults: `python -m tests.integration.settlement_faults LIVES`, on eth-tester and on anvil.

A life is an outbox whose node loses, repeats, delays or refuses transactions, whose program dies between any two steps,
and whose chain may take blocks back. Afterwards each batch has had its effect once and the balances are those of the
journal. Then whole runs of the command line are killed with SIGKILL at each step of their outbox and resumed. The
output has the number of each kind of fault; without anvil it says so and plays eth-tester alone. With `--no-kills` it
ends after the lives.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from market_sim.blockchain.ethereum.settlement import eth_tester_settlement, json_rpc_settlement
from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.ui.cli.main import main as command_line
from tests.anvil import running
from tests.conftest import PROGRAMS
from tests.integration.killing import SCENARIO
from tests.integration.test_resume import contents, killed
from tests.integration.test_settlement_on_a_node import settled_and_reconciled
from tests.system.test_killed_settlement import blocks
from tests.unit.blockchain.office import FAULTS, life
from tests.unit.blockchain.rig import Rig

STEPS = ("signed", "ready", "prepared", "sending", "sent", "mined", "settled", "told")
"""The kinds of lines at which a run is killed; a chain inside the program has no line for a sending."""


def lives(rig: Rig, first: int, count: int) -> Counter[str]:
    """What these lives contained; an AssertionError ends the campaign."""
    seen: Counter[str] = Counter()
    for seed in range(first, first + count):
        life(rig, seed, seen)
    return seen


def steps(run: Path) -> dict[str, int]:
    """The number of the last line of each kind of step in the log of a run."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines(run / FILE), start=1):
        kind, *facts = msgspec.json.decode(line)
        found[("told" if facts[2] else facts[1]) if kind == "row" else kind] = number
    return {name: found[name] for name in STEPS if name in found}


def kills(folder: Path, anvil: str) -> Iterator[str]:
    """Runs of the command line that are killed at each step, once before and once within a line, and resumed."""
    scenario = folder / "small.py"
    scenario.write_text(SCENARIO)
    with _on(anvil) as chain:
        whole = _played(scenario, folder / "whole", chain)
    for name, number in steps(whole).items():
        for point in (str(number), f"{number - 1}.5"):
            with _on(anvil) as chain:
                codes = killed([point], folder, "--scenario", str(scenario), *chain)
            assert codes == {point: [-9, 0]}, (name, point, codes)
            [run] = (folder / point).iterdir()
            if anvil:
                with contextlib.redirect_stdout(io.StringIO()):
                    settled_and_reconciled(run)
                assert blocks(run) == blocks(whole), (name, point)
            else:
                assert contents(run) == contents(whole), (name, point)
        yield name


@contextmanager
def _on(anvil: str) -> Iterator[list[str]]:
    """The arguments of a run on a node of its own; none for eth-tester."""
    if not anvil:
        yield []
        return
    with running(anvil) as url:
        yield ["--chain", url]


def _played(scenario: Path, out: Path, chain: list[str]) -> Path:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = command_line(["--scenario", str(scenario), *chain, "--headless", "--no-plot", "-q", "--out", str(out)])
    assert code == 0
    [run] = out.iterdir()
    return run


def _told(name: str, seen: Counter[str], seconds: float) -> None:
    faults = ", ".join(f"{fault} {seen[fault]}" for fault in (*FAULTS, "crash"))
    print(f"{name}: {seen['life']} lives in {seconds:.0f} s, each batch settled once, balances equal")
    print(f"    with an unknown result {seen['unknown result']}, with a reorganisation {seen['reorg']}")
    print(f"    faults: {faults}", flush=True)


def main(arguments: list[str]) -> int:
    numbers = [each for each in arguments if each != "--no-kills"]
    count = int(numbers[0]) if numbers else 100
    anvil = PROGRAMS["anvil"].find() or ""
    began = time.perf_counter()
    _told("eth-tester", lives(Rig(eth_tester_settlement()), 0, count), time.perf_counter() - began)
    if anvil:
        with running(anvil) as url:
            began = time.perf_counter()
            _told("anvil", lives(Rig(json_rpc_settlement(url)), count, count), time.perf_counter() - began)
    else:
        print("anvil: not found, so its lives are left out (npm ci in contracts/)")
    for name, place in (("eth-tester", ""), ("anvil", anvil)):
        if (name == "eth-tester" or place) and "--no-kills" not in arguments:
            with TemporaryDirectory() as folder:
                done = list(kills(Path(folder), place))
            print(f"{name}: killed with SIGKILL and resumed twice at each of {', '.join(done)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
