"""How a world plans its committee, and how it seats it: validators, leaders, misbehaviour, weather."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from market_sim.blockchain.payload import TradeRecords
from market_sim.blockchain.register import Register
from market_sim.blockchain.trade_pool import TradePool
from market_sim.core.consensus.behaviours import parse_behaviours, parse_outages
from market_sim.core.consensus.blocks import FinalBlock, LeaderRule, Rules, Variant
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.forecast import without_effect
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import Clock

FEWEST = 4
"""With fewer than 3f + 1 = 4 validators nobody may fail, and there is nothing to agree about."""
MOST = 100


@dataclass(frozen=True)
class CommitteePlan:
    """What a scenario and the command line say about the validators, before any of them exists."""

    count: int = FEWEST
    leaders: str = "round-robin"
    byzantine: str = ""
    """For example `n3:equivocate@5-9, n1:silent`."""
    partition: str = ""
    """For example `4-6`: in these epochs the halves of the committee do not hear each other."""
    beyond_the_bound: bool = False
    variant: str = "byzantine"
    """Which faults the rules are made for: "byzantine" (liars, quorum of two thirds) or "crash" (majority)."""
    crash: str = ""
    """For example `n2@4-6`: an honest validator stops in these epochs and comes back from its disk."""
    conditions: Conditions = field(default_factory=Conditions)

    def __post_init__(self) -> None:
        if type(self.count) is not int or not FEWEST <= self.count <= MOST:
            raise InputError(
                f"a committee has from {FEWEST} to {MOST} validators, because n = 3f + 1 bears f that fail, "
                f"found {self.count}"
            )
        if self.leaders not in get_args(LeaderRule):
            raise InputError(f"the leaders are chosen {' or '.join(get_args(LeaderRule))}, found {self.leaders!r}")

        if self.variant not in get_args(Variant):
            raise InputError(f"the rules are made for {' or '.join(get_args(Variant))} faults, found {self.variant!r}")

    def changed(self, **changes: Any) -> CommitteePlan:
        """The plan with these changes; what is None stays."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    @property
    def rules(self) -> Rules:
        """The rules of the chain that this plan leads to."""
        behaviours = parse_behaviours(self.byzantine, self.count)
        lies = [one.name for one in behaviours if one.name not in ("crash", "silent")]
        if self.variant == "crash" and lies and not self.beyond_the_bound:
            raise InputError(
                f"the crash variant bears validators that stop, not those that lie, found {lies[0]}; "
                "--beyond-the-bound shows what happens"
            )
        return Rules(
            validators=self.count,
            variant="crash" if self.variant == "crash" else "byzantine",
            leader_rule="hash" if self.leaders == "hash" else "round-robin",
            declared_faults=len({behaviour.validator for behaviour in behaviours}),
            beyond_the_bound=self.beyond_the_bound,
        )

    def without_effect(self, epochs: int) -> tuple[str, ...]:
        """A sentence for each lie that cannot show itself in a run of this length; with a partition nobody knows."""
        if self.partition or self.conditions.partitions:
            return ()
        liars = self.conditions.byzantine + parse_behaviours(self.byzantine, self.count)
        return without_effect(liars, self.rules, epochs)

    def seat(
        self,
        clock: Clock,
        journal: Journal,
        randomness: Randomness,
        register: Register,
        finalized: Callable[[int, Sequence[FinalBlock]], object],
        paranoid: bool,
    ) -> Committee:
        """Make the committee; each validator has its own knowledge of the trades that wait for a block."""
        rules = self.rules
        conditions = replace(
            self.conditions,
            byzantine=self.conditions.byzantine + parse_behaviours(self.byzantine, self.count),
            partitions=self.conditions.partitions + parse_partitions(self.partition, self.count),
            outages=self.conditions.outages + parse_outages(self.crash, self.count),
        )
        records = TradeRecords(register)
        pools = [TradePool(records) for _ in range(rules.validators)]
        network = Network(rules, randomness, conditions)
        return Committee(rules, randomness, network, clock, journal.record, pools, finalized, paranoid=paranoid)
