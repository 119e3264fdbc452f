"""Every account calls every contract at random, and the run goes on to its conclusion.

A contract that makes or refuses another call than its twin would end the run with InvariantBroken
(market_sim/blockchain/twins.py). The calls are inputs of a session, so they travel through blocks like those of the
scenario's own participants, and the sentence at the end of the run has to cope with them.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from market_sim import Options, Session
from market_sim.blockchain.amm import Amm
from market_sim.blockchain.bonds import Bonds
from market_sim.blockchain.bridge import BridgeEnd, NaiveBridgeEnd
from market_sim.blockchain.call_auction import ChainCallAuction
from market_sim.blockchain.contracts import ContractAdapter
from market_sim.blockchain.escrow import Escrow
from market_sim.blockchain.flash_arbitrage import FlashArbitrage
from market_sim.blockchain.guarded_amm import GuardedAmm
from market_sim.blockchain.htlc import Htlc
from market_sim.blockchain.lending import LendingPool
from market_sim.blockchain.margin_vault import MarginVault
from market_sim.blockchain.option_series import OptionSeries
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.prediction_market import ChainPredictionMarket
from market_sim.blockchain.twins import Twinned
from market_sim.blockchain.warrant import ChainWarrant
from market_sim.core.models.intents import CallContract
from market_sim.core.models.market_events import AccountOpened
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.simulation.scenarios.amm_arbitrage import AmmArbitrage
from market_sim.simulation.scenarios.atomic_swap import AtomicSwap
from market_sim.simulation.scenarios.auction_on_chain import AuctionOnChain
from market_sim.simulation.scenarios.bridge_replay import BridgeReplay
from market_sim.simulation.scenarios.cross_chain_arbitrage import CrossChainArbitrageScenario
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.flash_loan import FlashLoan
from market_sim.simulation.scenarios.margin_on_chain import MarginOnChain
from market_sim.simulation.scenarios.option_on_chain import OptionOnChain
from market_sim.simulation.scenarios.prediction_on_chain import PredictionOnChain
from market_sim.simulation.scenarios.sandwich import SandwichScenario
from market_sim.simulation.scenarios.slashing import Slashing
from market_sim.simulation.scenarios.warrant_on_chain import WarrantOnChain

TWINNED: tuple[type[ContractAdapter], ...] = (
    Amm, Bonds, ChainCallAuction, ChainPredictionMarket, ChainWarrant, FlashArbitrage, GuardedAmm, LendingPool,
    MarginVault, OptionSeries, Oracle,
)  # fmt: skip
OTHERS: tuple[type[ContractAdapter], ...] = (BridgeEnd, Escrow, Htlc, NaiveBridgeEnd)
"""The contracts whose balances are compared with the journal instead."""
FUNCTIONS = {adapter.kind: adapter.functions for adapter in (*TWINNED, *OTHERS)}
WORD = "ab" * 32
NUMBERS = (0, 0, 1, 2, 3, 20, 2_000, 10**6, 10**9, 2**63 - 1)
"""The arguments of calls are these, or less."""

REFUSALS: dict[type[Any], set[str]] = {
    MarginOnChain: {"ShortOfTokens", "NotBroker", "MarginInOrder", "PriceMoved", "TradingHalted", "BeyondReserve"},
    FlashLoan: {"ShortOfTokens", "ShortOfCash", "DebtInOrder", "ShortOfClaims", "PriceMoved", "NothingToLend"},
    PredictionOnChain: {"NotProposed", "NotDisputed", "ShortOfOutcomes", "TooEarly", "StillAnswerable", "NotResolved"},
    OptionOnChain: {"ShortOfOptions", "NotExpired", "NotFinal", "TooEarly", "NothingToTransfer", "SeriesExpired"},
    WarrantOnChain: {"NotIssuer", "ShortOfWarrants", "NotOpened", "NotFinal", "NothingToIssue", "NotProposed"},
    AuctionOnChain: {
        "ShortOfTokens",
        "NothingToTrade",
        "UnknownOrder",
        "NotYourOrder",
        "StillOpen",
        "NotHeld",
        "Closed",
    },
    Slashing: {"UnknownPlace", "NotBondOwner", "BondedBefore", "NotBonded"},
    AmmArbitrage: {"ShortOfTokens", "ShortOfShares", "PriceMoved", "BeyondReserve", "NothingToSwap", "NothingToAdd"},
    SandwichScenario: {"ShortOfTokens", "ShortOfShares", "PriceMoved", "BeyondReserve", "NothingToSwap"},
    EscrowScenario: {"DealOver", "UnknownDeal", "ShortOfTokens", "NothingToLock"},
    AtomicSwap: {"UnknownSwap", "SwapOver"},
    CrossChainArbitrageScenario: {"UnknownSwap", "SwapOver"},
    BridgeReplay: {"ShortOfTokens", "NothingToSend", "TooFewSignatures", "WrongDestination"},
}
"""By scenario: some of the refusals that a run has to reach."""


def any_call(luck: Random, deployed: list[ContractDeployed], accounts: list[str]) -> CallContract:
    contract = luck.choice(deployed)
    function, kinds = luck.choice(sorted(FUNCTIONS[contract.kind].items()))
    names = [*accounts, WORD, *(each.contract for each in deployed)]
    arguments = [
        luck.choice(names) if kind is str else luck.choice([most := luck.choice(NUMBERS), luck.randint(0, most)])
        for kind in kinds
    ]
    return CallContract(contract.contract, function, tuple(arguments))


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.name)
def test_whatever_accounts_call_the_run_goes_on_to_its_conclusion(kind: type[Any]) -> None:
    session, luck = Session(kind(), Options(epochs=16, settlement="memory")), Random(kind.name)
    for epoch in range(1, 16):
        session.step(epoch=epoch)
        deployed = list(session.journal.of(ContractDeployed))
        accounts = [opened.account for opened in session.journal.of(AccountOpened)]
        for _ in range(30):
            session.submit(luck.choice(accounts), any_call(luck, deployed, accounts))
    result = session.run()
    assert result.conclusion
    executed = list(result.journal.of(CallExecuted))
    refused = [call.reason for call in executed if not call.succeeded]
    assert len(refused) > 60 and len(executed) - len(refused) > 5
    assert set(refused) >= REFUSALS[kind], REFUSALS[kind] - set(refused)


def test_the_contracts_that_are_called_are_all_that_have_twins() -> None:
    found, new = set[type[Any]](), {Twinned}
    while new:
        found |= new
        new = {below for each in new for below in each.__subclasses__()} - found
    ours = {each for each in found - {Twinned} if each.__module__.startswith("market_sim.")}
    assert ours == set(TWINNED)
