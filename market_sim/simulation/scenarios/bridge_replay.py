"""A replay over a bridge: one signature of the validators is shown on both chains.

Two bridges between the same chains differ in what the validators sign. The naive one has them sign the number of a
message, the recipient and the amount; the other one also the chain and the contract that are to pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.bridge import BridgeEnd, bridge
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed, ContractReconciled
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.misconduct.replaying import Replayer
from market_sim.strategies.traditional.bridge_sides import BridgeOwner, Relayer, SeenBridge
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

NAIVE, REPAIRED = "naive", "bridge"
OWNER, ATTACKER = "ann", "mallory"
ATTACK_EPOCH = 2
RETURN_DAY = 7


@dataclass(frozen=True)
class BridgeReplay(Scenario):
    """Two bridges between two chains: one signs no chain and is drained by a replay, the repaired one refuses it."""

    name: ClassVar[str] = "bridge-replay"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "The naive bridge pays the attacker twice; the repaired one refuses the replay and loses nothing."
    )
    claim_settlement: ClassVar[str] = "memory"

    deposit: int = bounded(300, least=1, most=1_000_000)
    attack: int = bounded(300, least=0, most=1_000_000)

    def build(self, world: World) -> None:
        """A small market, two bridges, an owner on both, a relayer, and the attacker."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=3)
        world.join("maker", MarketMaker(), cash=dollars(50_000), holdings={"ACME": 500})
        for number in range(3):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        home = world.chain("eth-tester")
        away = home.beside("away")
        seen = []
        for name, is_naive in ((NAIVE, True), (REPAIRED, False)):
            ends = bridge(name, "USD", is_naive)
            home.deploy(ends[0])
            away.deploy(ends[1])
            seen.append(_seen(*ends))
        bridges = tuple(seen)
        world.join(OWNER, BridgeOwner(OWNER, bridges, dollars(self.deposit), RETURN_DAY))
        world.join("relayer", Relayer(bridges))
        home.give(OWNER, "USD", 2 * dollars(self.deposit))
        if self.attack:
            thief = Replayer(ATTACKER, bridges, dollars(self.attack))
            world.join(ATTACKER, thief, from_epoch=ATTACK_EPOCH)
            home.give(ATTACKER, "USD", 2 * dollars(self.attack))

    def holds(self, journal: Journal) -> bool:
        """Whether the naive bridge lost what the attacker gained, and the repaired one nothing."""
        stolen = dollars(self.attack)
        return (
            taken(journal, NAIVE, ATTACKER) == stolen > 0
            and missing(journal, NAIVE) == stolen
            and taken(journal, REPAIRED, ATTACKER) == missing(journal, REPAIRED) == 0
            and "WrongDestination" in refusals(journal, REPAIRED, ATTACKER)
        )

    def conclusion(self, journal: Journal) -> str:
        """What the attacker gained on either bridge, what is missing there, and what became of the owner's money."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there was no bridge to cross."
        return " ".join(self._told(journal, name, words) for name, words in ((NAIVE, "naive"), (REPAIRED, "repaired")))

    def _told(self, journal: Journal, name: str, words: str) -> str:
        refused = " and ".join(refusals(journal, name, ATTACKER))
        replayed = any(call.account == ATTACKER for call in _calls(journal, name, "deliver"))
        reply = f"refused the replay ({refused})" if refused else "paid the replay" if replayed else "met no replay"
        return (
            f"The {words} bridge {reply}: {ATTACKER} put in {written(put_in(journal, name, ATTACKER))} and took out "
            f"{written(paid_out(journal, name, ATTACKER))}, {written(missing(journal, name))} of what it owes is "
            f"missing, and {OWNER} got {written(paid_out(journal, name, OWNER))} of "
            f"{written(put_in(journal, name, OWNER))} back."
        )


def put_in(journal: Journal, name: str, account: str) -> int:
    """What an account locked in a bridge."""
    return sum(int(call.numbers["amount"]) for call in _calls(journal, name, "send") if call.account == account)


def paid_out(journal: Journal, name: str, account: str) -> int:
    """What a bridge paid out, where it locks, to the address of an account, whoever delivered it."""
    own = {call.numbers["to"] for call in _calls(journal, name, "send") if call.account == account}
    return sum(int(call.numbers["amount"]) for call in _calls(journal, name, "deliver") if call.numbers["to"] in own)


def taken(journal: Journal, name: str, account: str) -> int:
    """What an account took out of a bridge beyond what it put in."""
    return paid_out(journal, name, account) - put_in(journal, name, account)


def missing(journal: Journal, name: str) -> int:
    """What a bridge owes at the end of a run and does not have."""
    ends = [event for event in journal.of(ContractReconciled) if event.contract == f"{name}-home"]
    return int(ends[-1].numbers["missing"]) if ends else 0


def refusals(journal: Journal, name: str, account: str) -> list[str]:
    """The errors by which the end that locks refused calls of an account, each once."""
    calls = (call for call in journal.of(CallExecuted) if call.contract == f"{name}-home" and call.account == account)
    return list(dict.fromkeys(call.reason for call in calls if not call.succeeded))


def _calls(journal: Journal, name: str, function: str) -> list[CallExecuted]:
    wanted = f"{name}-home", function, True
    return [call for call in journal.of(CallExecuted) if (call.contract, call.function, call.succeeded) == wanted]


def _seen(home: BridgeEnd, away: BridgeEnd) -> SeenBridge:
    return SeenBridge(home.name, away.name, home.events, away.events)
