"""The plan of the committee: validators, leaders, byzantine behaviours, network conditions; and how it is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, get_args

from market_sim.blockchain.call_orders import CALL_ORDERS, Arrange
from market_sim.blockchain.fair_order import FairOrder
from market_sim.blockchain.payload import TradeRecords
from market_sim.blockchain.register import Register
from market_sim.blockchain.trade_pool import TradePool
from market_sim.core.consensus.behaviours import Behaviour, parse_behaviours, parse_outages
from market_sim.core.consensus.blocks import FinalBlock, Rules, Variant, leader_rule
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.forecast import beyond_the_end, without_effect
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.consensus.signing import Ed25519Scheme
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import Clock

FEWEST = 4
"""With fewer than 3f + 1 = 4 validators the rules tolerate no fault at all."""
MOST = 100
FEW = 4
"""Up to this size each validator executes final blocks for itself, unless chosen otherwise."""


@dataclass(frozen=True)
class CommitteePlan:
    """What a scenario and the command line choose for the committee, before it is built."""

    count: int = FEWEST
    leaders: str = "round-robin"
    byzantine: str = ""
    """For example `n3:equivocate@5-9, n1:silent`."""
    partition: str = ""
    """For example `4-6`: in these epochs no message travels between the two halves of the committee."""
    beyond_the_bound: bool = False
    variant: str = "byzantine"
    """Which faults the rules tolerate: "byzantine" (quorum of two thirds) or "crash" (majority)."""
    crash: str = ""
    """For example `n2@4-6`: an honest validator is down in these epochs and restarts from its disk."""
    conditions: Conditions = field(default_factory=Conditions)
    independent: bool | None = None
    """Whether each validator executes final blocks on a ledger of its own; None: where it costs little."""
    call_order: str | Arrange = "arrival"
    """The order in which leaders put the calls of contracts into a block."""
    fair_order: bool = False
    """Whether validators vote only for blocks whose calls are in the fair order (rulebook P-14)."""
    greedy_order: str | Arrange = "reversed"
    """The order in which a greedy leader puts them (`n1:greedy`)."""

    def __post_init__(self) -> None:
        if type(self.count) is not int or not FEWEST <= self.count <= MOST:
            raise InputError(
                f"a committee has from {FEWEST} to {MOST} validators, because n = 3f + 1 tolerate f faults, "
                f"found {self.count}"
            )
        _ = leader_rule(self.leaders)
        for order in (self.call_order, self.greedy_order):
            if not callable(order) and order not in CALL_ORDERS:
                raise InputError(f"leaders order calls by {' or '.join(CALL_ORDERS)}, found {order!r}")
        if self.fair_order and self.call_order != "arrival":
            raise InputError(
                "with the fair order no leader chooses: expected call_order='arrival', and greedy_order for a greedy "
                f"leader, found call_order={self.call_order!r}"
            )
        if self.variant not in get_args(Variant):
            raise InputError(f"the rules are made for {' or '.join(get_args(Variant))} faults, found {self.variant!r}")

    def changed(self, **changes: Any) -> CommitteePlan:
        """The plan with these changes; a value of None changes nothing."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    @property
    def rules(self) -> Rules:
        """The consensus rules that follow from this plan."""
        behaviours = parse_behaviours(self.byzantine, self.count)
        beyond = [one.name for one in behaviours if one.name not in ("crash", "silent")]
        if self.variant == "crash" and beyond and not self.beyond_the_bound:
            raise InputError(
                f"the crash variant tolerates validators that stop, not byzantine ones, found {beyond[0]}; "
                "--beyond-the-bound shows what happens"
            )
        return Rules(
            validators=self.count,
            variant="crash" if self.variant == "crash" else "byzantine",
            leader_rule=leader_rule(self.leaders),
            declared_faults=len({behaviour.validator for behaviour in behaviours}),
            beyond_the_bound=self.beyond_the_bound,
        )

    @property
    def executes_independently(self) -> bool:
        """Whether each validator executes for itself; with few of them it is not worth asking."""
        return self.count <= FEW if self.independent is None else self.independent

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """Every behaviour that is planned, by the scenario or by a person."""
        return self.conditions.byzantine + parse_behaviours(self.byzantine, self.count)

    def without_effect(self, epochs: int, has_contracts: bool = True) -> tuple[str, ...]:
        """A sentence for each attack or fault that cannot have an effect in a run of this length, or only late."""
        partitions = self.conditions.partitions + parse_partitions(self.partition, self.count)
        outages = self.conditions.outages + parse_outages(self.crash, self.count)
        told = without_effect(self.behaviours, self.rules, epochs, partitions, has_contracts)
        return told + beyond_the_end(outages, partitions, epochs)

    def seat(
        self,
        clock: Clock,
        journal: Journal,
        randomness: Randomness,
        register: Register,
        finalized: Callable[[int, Sequence[FinalBlock]], object],
        paranoid: bool,
    ) -> Committee:
        """Build the committee; each validator has its own pool of trades that wait for a block."""
        rules = self.rules
        conditions = replace(
            self.conditions,
            byzantine=self.behaviours,
            partitions=self.conditions.partitions + parse_partitions(self.partition, self.count),
            outages=self.conditions.outages + parse_outages(self.crash, self.count),
        )
        records = TradeRecords(register)
        arrange, greedy = (
            order if callable(order) else CALL_ORDERS[order] for order in (self.call_order, self.greedy_order)
        )
        pools = [TradePool(records, arrange, greedy) for _ in range(rules.validators)]
        network = Network(rules, randomness, conditions)
        scheme = Ed25519Scheme(randomness, rules.validators)
        seats = rules, randomness, network, clock, journal.record, pools, finalized
        committee = Committee(*seats, paranoid=paranoid, scheme=scheme)
        if self.fair_order:
            _enforce_fair_order(committee, pools, scheme)
        return committee


def _enforce_fair_order(committee: Committee, pools: Sequence[TradePool], scheme: Ed25519Scheme) -> None:
    """Let each validator report in which order it sees calls, and judge proposals by these reports."""
    rules, genesis = committee.rules, committee.genesis.hash
    verifiers = scheme.verifiers(rules.chain_id, genesis, "shared")
    for index, pool in enumerate(pools):
        signer = scheme.signer(index, rules.chain_id, genesis)
        pool.fair = FairOrder(index, rules.validators, rules.quorum, rules.faults, signer, verifiers[index])
        pool.fair.tell = partial(committee.tell, index)
