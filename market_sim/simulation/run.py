"""The one road: a scenario goes in, a result comes out. Every door of the product enters here.

scenario -> strategies decide -> exchange matches -> validators agree -> settlement pays -> journal
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_sim.blockchain.register import Register
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.consensus.committee import Committee
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.result import Result
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.finder import explained, source_file
from market_sim.simulation.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from market_sim.blockchain.desk import SettlementDesk
    from market_sim.blockchain.settlement import Settlement

DEFAULT_SEED = 7
DEFAULT_EPOCHS = 8
MOST_EPOCHS = 1_000_000
NEWS_NS = 100 * MILLISECOND
"""How often the exchange tells the validators about new trades."""

Watcher = Callable[[Journal, int], object]
"""Called with the journal and the number of the epoch that has just passed (0 is the time before the first)."""


@dataclass(frozen=True)
class Options:
    """What a person chooses for one run beside the scenario; None leaves the scenario's own choice."""

    seed: int = DEFAULT_SEED
    epochs: int = DEFAULT_EPOCHS
    settlement: str | None = None
    """"eth-tester", "memory" or "none"."""
    validators: int | None = None
    leaders: str | None = None
    byzantine: str | None = None
    partition: str | None = None
    paranoid: bool = False
    """Check the invariants after every step, not only in the tests."""

    def __post_init__(self) -> None:
        if type(self.epochs) is not int or not 1 <= self.epochs <= MOST_EPOCHS:
            raise InputError(f"a run has from 1 to {MOST_EPOCHS} epochs, found {self.epochs!r}")
        if type(self.seed) is not int or self.seed < 0:
            raise InputError(f"a seed is a whole number from 0 on, found {self.seed!r}")

    @property
    def beside_the_scenario(self) -> dict[str, int | str | bool | None]:
        """The choices that are neither seed nor length, for the first event of the journal."""
        return {
            "settlement": self.settlement,
            "validators": self.validators,
            "leaders": self.leaders,
            "byzantine": self.byzantine,
            "partition": self.partition,
        }


def simulate(
    scenario: Scenario,
    options: Options | None = None,
    watch: Watcher | None = None,
    journal: Journal | None = None,
) -> Result:
    """Run a scenario from its first event to its last; the same scenario and options give the same result.

    Whoever passes an empty journal in still holds it when a promise of ours breaks on the way.
    """
    options = options or Options()
    world = prepared(scenario, options, journal)
    road = Road(world, options)
    complete = road.travel(watch or (lambda journal, epoch: None))
    failures = tuple(str(failure) for failure in world.failures)
    told = scenario.conclusion(world.journal)
    return Result(
        scenario.name, options.seed, options.epochs, scenario.parameters, world.journal, complete, failures, told
    )


def prepared(scenario: Scenario, options: Options, journal: Journal | None = None) -> World:
    """The world as it is before the clock starts."""
    journal = Journal() if journal is None else journal
    journal.record(
        RunStarted(0, scenario.name, options.seed, options.epochs, scenario.parameters, options.beside_the_scenario)
    )
    world = World(options.seed, journal)
    with explained(source_file(type(scenario))):
        scenario.build(world)
        world.validators(options.validators, options.leaders, options.byzantine)
        world.network(partition=options.partition)
    if not world.exchange.listings:
        raise InputError(f"scenario {scenario.name} lists no instrument, so there is nothing to trade")
    if options.settlement is not None:
        world.settle_on(options.settlement)
    return world


class Road:
    """One run on its way: the world, the committee that orders its trades, the desk that pays them out."""

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.epochs = options.epochs
        self.register = Register.of(world.journal)
        self.committee: Committee = world.committee_plan.seat(
            world.clock, world.journal, world.randomness, self.register, self._finalized, options.paranoid
        )
        self._introduce()
        self.desk = self._open_desk()
        self._told = 0
        self._check = options.paranoid

    def travel(self, watch: Watcher) -> bool:
        """Let all epochs pass; False when somebody interrupted, and then all that happened so far stands."""
        world, epoch_ns = self.world, self.committee.rules.epoch_ns
        world.start(epoch_ns)
        world.clock.plan(NEWS_NS, self._tell_validators)
        self.committee.start(first_epoch_at=epoch_ns, epochs=self.epochs)
        complete = True
        try:
            for epoch in range(self.epochs + 1):
                world.clock.run(until=(epoch + 1) * epoch_ns)
                if self._check:
                    world.check()
                watch(world.journal, epoch)
            if self.desk is not None:
                self.desk.finish()
        except KeyboardInterrupt:
            complete = False
        world.journal.record(RunEnded(world.clock.now, complete))
        return complete

    def _introduce(self) -> None:
        rules = self.committee.rules
        traitors = tuple(index for index in range(rules.validators) if index not in self.committee.honest)
        genesis = self.committee.genesis.hash.hex()
        self.world.journal.record(
            CommitteeSeated(0, rules.validators, rules.faults, rules.quorum, rules.leader_rule, genesis, traitors)
        )

    def _open_desk(self) -> SettlementDesk | None:
        world = self.world
        if world.settlement == "none":
            return None
        # Imported late: certificates need a hash and a curve that a run without settlement never touches.
        from market_sim.blockchain.desk import SettlementDesk

        desk = SettlementDesk(
            settlement_on(world.settlement),
            validators=self.committee.rules.validators,
            randomness=world.randomness,
            record=world.journal.record,
            now=lambda: world.clock.now,
            trade=lambda number: world.tape.entries[number - 1],
        )
        desk.open(self.register, world.journal, self.committee.genesis.hash)
        return desk

    def _finalized(self, validator: int, blocks: Sequence[FinalBlock]) -> None:
        if self.desk is not None:
            self.desk.finalized(validator, blocks)

    def _tell_validators(self, _: None) -> None:
        """The exchange announces the trades since the last time; they travel through the network like any message."""
        entries = self.world.tape.entries
        if len(entries) > self._told:
            self.committee.publish(tuple(entries[self._told :]))
            self._told = len(entries)
        self.world.clock.plan(self.world.clock.now + NEWS_NS, self._tell_validators)


def settlement_on(backend: str) -> Settlement:
    """The settlement of this name; a chain's libraries are imported only when one is wanted."""
    if backend == "memory":
        from market_sim.blockchain.in_memory import InMemorySettlement

        return InMemorySettlement()
    if backend == "eth-tester":
        from market_sim.blockchain.ethereum.settlement import eth_tester_settlement

        return eth_tester_settlement()
    raise InputError(f"trades are settled on eth-tester, memory or none, found {backend!r}")
