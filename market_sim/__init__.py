"""A whole market to look into: an exchange, a committee that agrees, a chain that pays.

What a scenario or a strategy needs can be had from here: `from market_sim import Scenario, Strategy, Buy, Stock`.
"""

from __future__ import annotations

from market_sim.analysis.results.result import Result
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.results.table import Table
from market_sim.core.models.instruments import Spot, Stock
from market_sim.core.models.intents import (
    BUY,
    SELL,
    Amend,
    Buy,
    CallContract,
    Cancel,
    CancelAll,
    Claim,
    Deposit,
    Exercise,
    Merge,
    PlaceOrder,
    Resolve,
    Sell,
    Split,
    Withdraw,
)
from market_sim.core.money import cents, dollars
from market_sim.core.version import VERSION as __version__
from market_sim.market.agents.strategy import Adapted, OnQuote, OnReport, OnTrade, Strategy, WakeAt
from market_sim.market.agents.view import InstrumentView, View
from market_sim.market.dynamics.followers import Cointegrated, MarketModel
from market_sim.market.dynamics.recorded import Recorded
from market_sim.market.dynamics.shocks import News, PriceShock
from market_sim.market.dynamics.volatility import Garch, Regimes
from market_sim.market.dynamics.walks import Jumps, MeanReverting, RandomWalk
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.strategies.catalogue import strategy
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

__all__ = [
    "BUY",
    "SELL",
    "Adapted",
    "Amend",
    "Buy",
    "CallContract",
    "Cancel",
    "CancelAll",
    "Claim",
    "Cointegrated",
    "Deposit",
    "Exercise",
    "FeeSchedule",
    "Garch",
    "InstrumentView",
    "Jumps",
    "MarketMaker",
    "MarketModel",
    "MeanReverting",
    "Merge",
    "News",
    "Noise",
    "OnQuote",
    "OnReport",
    "OnTrade",
    "Options",
    "PlaceOrder",
    "PriceShock",
    "RandomWalk",
    "Recorded",
    "Regimes",
    "Resolve",
    "Result",
    "Scenario",
    "Sell",
    "Session",
    "Split",
    "Spot",
    "Stock",
    "Strategy",
    "Table",
    "View",
    "WakeAt",
    "Withdraw",
    "World",
    "__version__",
    "bounded",
    "bps",
    "cents",
    "dollars",
    "open_run",
    "simulate",
    "strategy",
]
