"""The pipeline: the parts of one run once its scenario is built, and the connections between them.

The world trades, the committee orders the trades into blocks, the settlement service pays final blocks out. All their
actions are planned on the world's clock; a session (market_sim/simulation/session.py) lets that clock run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from market_sim.blockchain.register import Register
from market_sim.blockchain.run_identity import run_id
from market_sim.blockchain.trade_pool import Calls
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.consensus.committee import Committee
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import Pause, Resume
from market_sim.core.models.run_events import CommitteeSeated, RunStarted
from market_sim.core.randomness import Randomness
from market_sim.market.compliance.rules_file import rules_of
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, HALTED, IN_CALL, PAUSED
from market_sim.market.ledger.account import Account
from market_sim.simulation.durability import ON_A_NODE, Durability
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import SETTLED_ON, Options
from market_sim.simulation.scenarios.guests import guests
from market_sim.simulation.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet
    from market_sim.blockchain.replicas import Replicas
    from market_sim.blockchain.settlement import Settlement
    from market_sim.blockchain.settlement_service import SettlementService

NO_RULES = "none"
"""The name of no profile: it takes the rules of a scenario away."""

NEWS_NS = 100 * MILLISECOND
"""The least time between two announcements of the exchange: a busy market sends no announcement for each trade."""


def prepared(scenario: Scenario, options: Options, journal: Journal | None = None) -> World:
    """The world that a scenario builds, before the clock starts."""
    journal = Journal() if journal is None else journal
    epochs = length(scenario, options)
    journal.record(RunStarted(0, scenario.name, options.seed, epochs, scenario.parameters, options.beside_the_scenario))
    world = World(options.seed, journal, epochs)
    with explained():
        scenario.build(world)
        for guest in guests(options.guests):
            guest.join(world)
        for name in filter(None, map(str.strip, (options.without or "").split(","))):
            world.participants.silence(name)
        world.validators(
            options.validators, options.leaders, options.byzantine, options.beyond_the_bound, options.variant,
            options.independent,
        )  # fmt: skip
        world.network(partition=options.partition, crash=options.crash)
        rules = options.rules or scenario.rules
        if rules and rules != NO_RULES:
            world.enforce(rules_of(rules))
    if not world.venues.symbols:
        raise InputError(f"scenario {scenario.name} lists no instrument, so there is nothing to trade")
    if options.settlement is not None:
        world.settle_on(options.settlement)
    return world


def length(scenario: Scenario, options: Options) -> int:
    """The number of epochs of a run: from the options, otherwise from the scenario."""
    epochs = scenario.epochs if options.epochs is None else options.epochs
    _ = replace(options, epochs=epochs)  # the scenario's own number is checked, too
    return epochs


class Pipeline:
    """One run: the world, the committee that orders its trades, the settlement that pays them out."""

    def __init__(self, world: World, options: Options, durability: Durability | None = None) -> None:
        self.world = world
        self._durability = durability
        self.register = Register.of(world.journal)
        self.committee: Committee = world.committee_plan.seat(
            world.clock, world.journal, world.randomness, self.register, self._finalized, options.paranoid
        )
        self._introduce()
        self._paranoid = options.paranoid
        self.settlement = self._open_settlement()
        self.replicas = self._make_replicas() if self.settlement is None else self.settlement.replicas
        world.ledger.begin()
        world.ledger.on_account(self._account_opened)
        self._told = self._told_calls = 0
        self._is_planned = False

    def start(self) -> None:
        """Plan the first actions: wake-ups, scheduled events, announcements, and the epochs."""
        epoch_ns = self.committee.rules.epoch_ns
        self.world.start(epoch_ns)
        self._await_entries()
        self.committee.start(first_epoch_at=epoch_ns, epochs=self.world.epochs)

    def _account_opened(self, account: Account) -> None:
        """Number an account that is opened during the run, and open it on the chain, too."""
        if account.name in self.register.accounts:
            return
        self.register.add_account(account.name, account.number)
        if self.settlement is not None:
            self.settlement.open_account(account.number)

    def finish(self) -> None:
        """After the last epoch: bring the batches that are on their way to the chain."""
        if self.settlement is not None:
            self.settlement.finish()

    def change_phase(self, wish: Pause | Resume) -> None:
        """Pause continuous trading, or resume it through a call auction."""
        for venue in self.world.venues.by_name.values():
            for symbol, listing in venue.listings.items():
                if wish.symbol not in (None, symbol):
                    continue
                if isinstance(wish, Pause) and listing.phase == CONTINUOUS:
                    venue.phases.halt(symbol, PAUSED)
                elif isinstance(wish, Resume) and listing.phase == HALTED and listing.because == PAUSED:
                    venue.phases.call(symbol, reason=PAUSED)
                    clock = self.world.clock
                    clock.plan(clock.now + wish.call_ms * MILLISECOND, self._reopen, (venue, symbol))

    def _introduce(self) -> None:
        rules = self.committee.rules
        byzantine = tuple(index for index in range(rules.validators) if index not in self.committee.honest)
        genesis = self.committee.genesis.hash.hex()
        self.world.journal.record(
            CommitteeSeated(0, rules.validators, rules.faults, rules.quorum, rules.leader_rule, genesis, byzantine)
        )

    def _open_settlement(self) -> SettlementService | None:
        world = self.world
        if world.settlement == "none":
            return None
        # Imported late: certificates need a hash and a curve that a run without settlement never touches.
        from market_sim.blockchain.settlement_service import SettlementService

        durability = self._durability
        # A node that does not answer is told before anything is written.
        node, operator = (durability.node, durability.operator) if durability else ("", None)
        settlement = settlement_on(world.settlement, world.randomness, run_id(world.journal), node, operator)
        log = durability.open_log(world.journal, world.settlement == ON_A_NODE) if durability else None
        if log is not None:
            settlement.remember(log)
        service = SettlementService(
            settlement,
            validators=self.committee.rules.validators,
            randomness=world.randomness,
            record=world.journal.record,
            now=lambda: world.clock.now,
            trade=world.tape.entry,
            independent=world.committee_plan.executes_independently,
            byzantine=world.committee_plan.behaviours,
            paranoid=self._paranoid,
            log=log,
        )
        service.open(self.register, world.journal, self.committee.genesis.hash, world.chain_plan)
        service.calls.told = self._plan_announcement
        service.vault.direct.accounts = world.ledger
        world.exchange.wallet_intents.wallets = service.vault
        return service

    def _finalized(self, validator: int, blocks: Sequence[FinalBlock]) -> None:
        if self.settlement is not None:
            self.settlement.finalized(validator, blocks)
        elif self.replicas is not None:
            self.replicas.execute(validator, blocks)

    def _make_replicas(self) -> Replicas | None:
        """The state of every validator where nothing is settled: it is not signed, only compared."""
        if not self.world.committee_plan.executes_independently:
            return None
        from market_sim.blockchain.replicas import Replicas

        world = self.world
        return Replicas(
            self.committee.rules.validators, self.register, self.committee.genesis.hash,
            self.register.balances(world.journal), world.journal.record, lambda: world.clock.now,
            independent=True, byzantine=world.committee_plan.behaviours, has_vault=False, paranoid=self._paranoid,
        )  # fmt: skip

    def _reopen(self, place: tuple[Exchange, str]) -> None:
        venue, symbol = place
        if venue.listings[symbol].phase == IN_CALL:
            venue.phases.uncross(symbol)

    def _await_entries(self) -> None:
        """Plan an announcement if there are new entries, or as soon as there are."""
        ledger = self.world.ledger
        if ledger.entries > self._told:
            self._plan_announcement()
        else:
            ledger.on_next_entry = self._plan_announcement

    def _plan_announcement(self) -> None:
        if self._is_planned:
            return
        self._is_planned = True
        clock = self.world.clock
        clock.plan((clock.now // NEWS_NS + 1) * NEWS_NS, self._tell_validators)

    def _tell_validators(self, _: None) -> None:
        """Announce the new entries to the validators; they travel through the network like any message."""
        news = tuple(self.world.tape.after(self._told))
        if self.settlement is not None:
            # A deposit that the vault does not take now waits, with all that came after it: entries have an order.
            news = tuple(takewhile(self.settlement.vault.prepare, news))
        self._is_planned = False
        if news:
            self.committee.publish(news)
            self._told += len(news)
        calls = () if self.settlement is None else tuple(self.settlement.calls.ordered[self._told_calls :])
        if calls:
            self.committee.publish(Calls(calls))
            self._told_calls += len(calls)
        self._await_entries()


def settlement_on(
    backend: str, randomness: Randomness, run: bytes, node: str | None = "", operator: Wallet | None = None
) -> Settlement:
    """The settlement of this name for a run; the libraries of a chain are imported only for it."""
    if backend == "memory":
        from market_sim.blockchain.in_memory import InMemorySettlement

        return InMemorySettlement()
    if backend == "eth-tester":
        from market_sim.blockchain.ethereum.settlement import eth_tester_settlement

        return eth_tester_settlement(randomness, run=run)
    if backend == "fast":
        from market_sim.blockchain.ethereum.settlement import fast_settlement

        return fast_settlement(randomness, run=run)
    if backend == ON_A_NODE and node != "":
        from market_sim.blockchain.ethereum.settlement import json_rpc_settlement

        return json_rpc_settlement(node, randomness=randomness, run=run, operator=operator)
    if backend == ON_A_NODE:
        raise InputError(
            "this run is settled on a node outside the program: only --chain URL, `resume` and `replay` can play it"
        )
    raise InputError(f"trades are settled on {', '.join(SETTLED_ON[:-1])} or none, found {backend!r}")
