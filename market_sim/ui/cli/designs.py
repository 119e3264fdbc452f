"""`simulate.py designs`: what a trade costs in gas by three designs of settlement, measured on a chain of its own."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.ui.cli.arguments import Parser, whole

SIZES = (1, 10, 100)
MOST = 1_000


def designs(arguments: Sequence[str]) -> int:
    """Print the table, one column for each number of trades that are settled at once."""
    made = Parser(prog="simulate.py designs", description="The gas of a trade by three designs of settlement.")
    made.add_argument(
        "--trades", type=whole(1, MOST), nargs="+", default=SIZES, metavar="N", help="settled at once, default 1 10 100"
    )
    sizes = list(dict.fromkeys(made.parse_args(list(arguments)).trades))
    for line in table(sizes, _measured(sizes)):
        print(line)
    return 0


def _measured(sizes: Sequence[int]) -> dict[str, list[int]]:
    from market_sim.blockchain.ethereum.settlement_designs import gas_of_designs  # a chain takes a second to import

    return gas_of_designs(sizes)


def table(sizes: Sequence[int], gas: dict[str, list[int]]) -> list[str]:
    """The lines of the table, and a sentence about its last column."""
    from market_sim.blockchain.certificate import quorum
    from market_sim.blockchain.ethereum.settlement_designs import DESIGNS, VALIDATORS

    shown = [f"{'gas of a trade, settled at once:':<34}" + "".join(f"{size:>10,}" for size in sizes)]
    for design in DESIGNS:
        shown.append(f"{design.says:<34}" + "".join(f"{amount:>10,}" for amount in gas[design.name]))
    last, share = sizes[-1], gas["batch"][-1] / gas["orders"][-1]
    signatures = f"{quorum(VALIDATORS)} signatures instead of {2 * last:,}"
    return [*shown, f"With {last:,} at once, a batch needs {share:.0%} of the gas of signed orders, and {signatures}."]
