"""L4: settled trades a second and gas a trade: one instrument, 100 accounts, 4 validators, net rows with certificate.

What is timed is all that settlement does for a block: four validators execute and sign, the batch goes to the contract
in one transaction, the receipt is read, and every balance is reconciled. Execution is shared by the validators of one
process, as in a run. eth-tester works inside this process, so its figure counts processor time and neighbours on the
machine disturb it little; anvil, measured when it is installed, is a process of its own, so its figure counts time on
the wall. Prints one JSON object; run by `python -m benchmarks`.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from market_sim.blockchain.ethereum.backends import signature_backend
from market_sim.blockchain.ethereum.settlement import EthereumSettlement, eth_tester_settlement, json_rpc_settlement
from market_sim.blockchain.payload import encoded
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import Settlement
from market_sim.blockchain.settlement_service import SettlementService
from market_sim.core.consensus.blocks import FinalBlock, make_block
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AccountOpened, Deposited, InstrumentListed, Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.core.randomness import Randomness

ACCOUNTS = 100
VALIDATORS = 4
BLOCKS = 7
SIZES = (100, 1_000, 10_000)
GENESIS = bytes(32)
ANVIL = "contracts/node_modules/@foundry-rs/anvil-*/bin/anvil"


def opening() -> list[Event]:
    """One instrument and a hundred accounts that can pay for everything."""
    events: list[Event] = [
        InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
        AccountOpened(0, "fees", 1, "house"),
    ]
    for number in range(ACCOUNTS):
        name = f"trader-{number}"
        events += [
            AccountOpened(0, name, number + 2, name),
            Deposited(0, name, "USD", 10**12),
            Deposited(0, name, "ACME", 10**6),
        ]
    return events


def blocks(register: Register, trades: dict[int, Trade], size: int) -> Iterator[FinalBlock]:
    """Blocks of random trades between random accounts, the same in every run."""
    luck, parent = Randomness(1).stream("benchmark"), GENESIS
    for height in range(1, BLOCKS + 1):
        first = len(trades) + 1
        for number in range(first, first + size):
            maker, taker = luck.sample(range(ACCOUNTS), 2)
            terms = luck.randint(9_000, 11_000), luck.randint(1, 100), luck.choice((1, -1))
            names = f"trader-{maker}", f"trader-{taker}"
            trades[number] = Trade(0, number, "ACME", *terms, number, number, *names, 0, 0)
        payload = b"".join(encoded(trades[number], register) for number in range(first, first + size))
        block = make_block(parent, height, payload)
        parent = block.hash
        yield FinalBlock(height, height, block.hash, block.parent, payload)


def opened(settlement: Settlement) -> tuple[SettlementService, Journal, Register, dict[int, Trade]]:
    """An open settlement service, its journal, its accounts, and the trades that will be made."""
    journal, trades = Journal(), dict[int, Trade]()
    events = opening()
    register = Register.of(events)
    service = SettlementService(
        settlement,
        validators=VALIDATORS,
        randomness=Randomness(1),
        record=journal.record,
        now=lambda: 0,
        trade=trades.__getitem__,
    )
    service.open(register, events, GENESIS)
    return service, journal, register, trades


def settled(settlement: Settlement, size: int, clock: Callable[[], float]) -> tuple[list[float], int]:
    """The seconds that each block takes after the first, and the gas of the last."""
    service, journal, register, trades = opened(settlement)
    took = []
    for block in blocks(register, trades, size):
        begin = clock()
        for validator in range(VALIDATORS):
            service.finalized(validator, [block])
        took.append(clock() - begin)
    told = list(journal.of(BlockSettled))
    if [event.trades for event in told] != [size] * BLOCKS:
        raise SystemExit(f"not every trade was settled: {service.summary()}")
    return took[1:], told[-1].gas


def measured(settlement: EthereumSettlement, size: int) -> tuple[float, float]:
    """Settled trades a second (median of the blocks after the first) and gas a trade."""
    took, gas = settled(settlement, size, time.process_time if settlement.name == "eth-tester" else time.perf_counter)
    return size / median(took), gas / size


@contextmanager
def anvil() -> Iterator[str | None]:
    """The address of a node of our own, when it is installed."""
    program = next(iter(sorted(Path(__file__).resolve().parent.parent.glob(ANVIL))), None)
    if program is None:
        yield None
        return
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = [str(program), "--port", str(port), "--chain-id", "31337", "--hardfork", "cancun", "--silent"]
    with subprocess.Popen(words) as running:
        try:
            for _ in range(200):
                with socket.socket() as asking:
                    if asking.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def figures() -> dict[str, float | str]:
    """Each size on each chain, sizes and chains in turn."""
    found: dict[str, float | str] = {"L4 signatures by": signature_backend()}
    with anvil() as node:
        for size in SIZES:
            speed, gas = measured(eth_tester_settlement(), size)
            found[f"L4 eth-tester, {size:,} a block, settled trades/s"] = round(speed)
            found[f"L4 {size:,} a block, gas a trade"] = round(gas, 1)
            if node is not None:
                speed, _ = measured(json_rpc_settlement(node, 31337, confirmations=0), size)
                found[f"L4 anvil, {size:,} a block, settled trades/s"] = round(speed)
    return found


if __name__ == "__main__":
    print(json.dumps(figures()))
