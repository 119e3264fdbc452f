"""How a run outlives its program: the log of its settlement on disk, and the node that its chain runs on.

A session without it settles on a chain inside this program and keeps nothing: it can be played again from its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from market_sim.core.data.journal import Journal

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet
    from market_sim.blockchain.settlement_log import SettlementLog

ON_A_NODE = "json-rpc"
"""The name of a settlement on a node outside this program."""


class Durability(NamedTuple):
    """Where the settlement of one run is kept."""

    open_log: Callable[[Journal, bool], SettlementLog]
    """Opens the log, given the first events of the run, and whether the log must reach the disk before each sending."""
    node: str | None = ""
    """The address of the node; empty for a chain inside this program, None where the log has all of its answers."""
    operator: Wallet | None = None
    """The wallet that deploys the contracts on the node; without one its key comes from the seed."""
