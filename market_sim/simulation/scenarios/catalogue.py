"""The list of shipped scenarios. Others come from a file: `--scenario path/to/file.py`."""

from __future__ import annotations

from market_sim.simulation.scenarios.almgren_chriss import AlmgrenChrissScenario
from market_sim.simulation.scenarios.amm_arbitrage import AmmArbitrage
from market_sim.simulation.scenarios.anchored_crowd import AnchoredCrowd
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.atomic_swap import AtomicSwap
from market_sim.simulation.scenarios.auction_on_chain import AuctionOnChain
from market_sim.simulation.scenarios.bad_rule import BadRule
from market_sim.simulation.scenarios.batch_auction import BatchAuctionScenario
from market_sim.simulation.scenarios.book_sandwich import BookSandwich
from market_sim.simulation.scenarios.bridge_replay import BridgeReplay
from market_sim.simulation.scenarios.bubble import Bubble
from market_sim.simulation.scenarios.circuit_breaker import CircuitBreaker
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.covered_calls import CoveredCalls
from market_sim.simulation.scenarios.cross_chain_arbitrage import CrossChainArbitrageScenario
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.dark_pool import DarkPoolScenario
from market_sim.simulation.scenarios.efficient_market import EfficientMarket
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.execution_school import ExecutionSchool
from market_sim.simulation.scenarios.fat_finger import FatFinger
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.flash_crash import FlashCrash
from market_sim.simulation.scenarios.flash_loan import FlashLoan
from market_sim.simulation.scenarios.funding import Funding
from market_sim.simulation.scenarios.futures_curve import FuturesCurve
from market_sim.simulation.scenarios.futures_day import FuturesDay
from market_sim.simulation.scenarios.induced_values import InducedValues
from market_sim.simulation.scenarios.informed_versus_noise import InformedVersusNoise
from market_sim.simulation.scenarios.latency_race import LatencyRace
from market_sim.simulation.scenarios.limit_up import LimitUp
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.maker_school import MakerSchool
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.margin_on_chain import MarginOnChain
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.scenarios.news_day import NewsDay
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.option_on_chain import OptionOnChain
from market_sim.simulation.scenarios.outage import OutageScenario
from market_sim.simulation.scenarios.pairs_trading import PairsTrading
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario
from market_sim.simulation.scenarios.prediction_on_chain import PredictionOnChain
from market_sim.simulation.scenarios.price_leader import PriceLeader
from market_sim.simulation.scenarios.rebates import Rebates
from market_sim.simulation.scenarios.sandwich import SandwichScenario
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.short_squeeze import ShortSqueeze
from market_sim.simulation.scenarios.slashing import Slashing
from market_sim.simulation.scenarios.spoofer import SpooferScenario
from market_sim.simulation.scenarios.stack_race import StackRace
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.simulation.scenarios.streamlet_faults import (
    CrashAndReturn,
    Equivocation,
    Flood,
    LateMessages,
    Partition,
    TwoOfFourLie,
)
from market_sim.simulation.scenarios.structured_note import StructuredNote
from market_sim.simulation.scenarios.thin_market import ThinMarket
from market_sim.simulation.scenarios.three_venues import ThreeVenues
from market_sim.simulation.scenarios.toxic_flow import ToxicFlow
from market_sim.simulation.scenarios.transaction_tax import TransactionTax
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.scenarios.unusual_market import UnusualMarket
from market_sim.simulation.scenarios.wallet_and_vault import WalletAndVault
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution
from market_sim.simulation.scenarios.warrant_on_chain import WarrantOnChain
from market_sim.simulation.scenarios.wash_trader import WashTrader

DEFAULT: type[Scenario] = FirstMarket

SCENARIOS: tuple[type[Scenario], ...] = (
    FirstMarket,
    CrowdedRoom,
    StreamletDemo,
    Equivocation,
    Partition,
    TwoOfFourLie,
    CrashAndReturn,
    Flood,
    LateMessages,
    Arena,
    TwoVenues,
    ThreeVenues,
    DarkPoolScenario,
    OutageScenario,
    PriceLeader,
    Rebates,
    BatchAuctionScenario,
    OptionExpiry,
    WarrantDilution,
    Funding,
    FuturesCurve,
    StructuredNote,
    CorporateActionsScenario,
    PredictionMarketScenario,
    MarginCall,
    ShortSqueeze,
    LiquidationCascade,
    EscrowScenario,
    WalletAndVault,
    AmmArbitrage,
    AtomicSwap,
    CrossChainArbitrageScenario,
    OptionOnChain,
    PredictionOnChain,
    WarrantOnChain,
    AuctionOnChain,
    Slashing,
    MarginOnChain,
    BridgeReplay,
    FlashLoan,
    SandwichScenario,
    BookSandwich,
    InducedValues,
    InformedVersusNoise,
    ToxicFlow,
    AnchoredCrowd,
    MakerSchool,
    LatencyRace,
    StackRace,
    NewsDay,
    ThinMarket,
    ExecutionSchool,
    AlmgrenChrissScenario,
    EfficientMarket,
    PairsTrading,
    Bubble,
    FlashCrash,
    CoveredCalls,
    FuturesDay,
    TransactionTax,
    Marksim,
    SpooferScenario,
    WashTrader,
    CircuitBreaker,
    LimitUp,
    FatFinger,
    BadRule,
    UnusualMarket,
)
