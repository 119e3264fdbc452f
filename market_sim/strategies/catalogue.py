"""The strategies that are shipped, by family: a list to read, and the one way to make one from its name.

>>> strategy("fixed-spread", spread_bps="12", size=5).spread_bps
12.0
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

from market_sim.core.errors import InputError
from market_sim.market.agents.strategy import Strategy
from market_sim.strategies.arbitrage.basis import FuturesBasis
from market_sim.strategies.arbitrage.cross_chain import CrossChainArbitrage
from market_sim.strategies.arbitrage.pairs_of_outcomes import OutcomePairs
from market_sim.strategies.arbitrage.parity import OptionParity
from market_sim.strategies.execution.participation import Participate
from market_sim.strategies.execution.router import Router
from market_sim.strategies.execution.schedules import AlmgrenChriss, Twap, Vwap
from market_sim.strategies.learning.bandit import BanditMaker
from market_sim.strategies.learning.logistic import LogisticTrader
from market_sim.strategies.learning.q_learner import QLearner
from market_sim.strategies.learning.ridge import RidgeTrader
from market_sim.strategies.market_making.adaptive import AdaptiveMaker
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.market_making.inventory_models import AvellanedaStoikov, GueantLehalleTapia
from market_sim.strategies.market_making.rebate_maker import RebateMaker
from market_sim.strategies.market_making.tiers import ObligedMaker, TieredMaker
from market_sim.strategies.market_making.volatility_maker import VolatilityMaker
from market_sim.strategies.misconduct.pressure import Layerer, Spoofer
from market_sim.strategies.misconduct.washing import Washer
from market_sim.strategies.traditional.background import Background
from market_sim.strategies.traditional.believer import Believer
from market_sim.strategies.traditional.bettor import Bettor
from market_sim.strategies.traditional.book_reader import BookReader
from market_sim.strategies.traditional.customer import Customer
from market_sim.strategies.traditional.delta_hedger import DeltaHedger
from market_sim.strategies.traditional.fcn import FcnTrader
from market_sim.strategies.traditional.futures_trading import CashAndCarry, FutureMaker
from market_sim.strategies.traditional.informed import Fundamentalist, Informed
from market_sim.strategies.traditional.lmsr_maker import LmsrMaker
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.marksim import MarksimInformed, MarksimMaker, MarksimNoise
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.note_trading import NoteMaker, Saver
from market_sim.strategies.traditional.option_holder import OptionHolder, OptionWriter
from market_sim.strategies.traditional.option_maker import OptionMaker
from market_sim.strategies.traditional.pairs import Pairs
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker
from market_sim.strategies.traditional.position_taker import PositionTaker
from market_sim.strategies.traditional.self_exciting import SelfExcitingNoise
from market_sim.strategies.traditional.signals import Chartist, MeanReversion, Momentum
from market_sim.strategies.traditional.sniper import Sniper
from market_sim.strategies.traditional.venue_arbitrage import PromptArbitrage, VenueArbitrage
from market_sim.strategies.traditional.zero_intelligence import ZeroIntelligence, ZeroIntelligenceFlow
from market_sim.strategies.wrappers import DrawdownStop, InventoryLimit, Latency

FAMILIES: dict[str, tuple[type[Strategy], ...]] = {
    "market making": (
        MarketMaker, FixedSpread, AvellanedaStoikov, GueantLehalleTapia, AdaptiveMaker, VolatilityMaker, TieredMaker,
        ObligedMaker, RebateMaker, PerpetualMaker, OptionMaker, FutureMaker, NoteMaker, LmsrMaker,
    ),
    "without information": (
        Noise, Background, SelfExcitingNoise, Customer, ZeroIntelligence, ZeroIntelligenceFlow, PositionTaker, Saver,
    ),
    "with an opinion": (Informed, Sniper, Fundamentalist, Believer, FcnTrader, Bettor, OptionHolder, OptionWriter),
    "reading the chart": (Momentum, MeanReversion, Chartist, Pairs, BookReader),
    "execution": (Twap, Vwap, AlmgrenChriss, Participate, Router),
    "arbitrage and hedging": (
        VenueArbitrage, PromptArbitrage, CrossChainArbitrage, CashAndCarry, FuturesBasis, OptionParity, OutcomePairs,
        DeltaHedger,
    ),
    "learning": (BanditMaker, QLearner, RidgeTrader, LogisticTrader),
    "misconduct": (Spoofer, Layerer, Washer),
    "marksim": (MarksimMaker, MarksimNoise, MarksimInformed),
    "wrappers": (DrawdownStop, InventoryLimit, Latency),
}  # fmt: skip
"""Every strategy that may be named, in the families in which they are explained."""


def name_of(kind: type[Strategy]) -> str:
    """The name of a strategy, as it is typed.

    >>> name_of(AvellanedaStoikov)
    'avellaneda-stoikov'
    """
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in kind.__name__).strip("-")


MAKERS = frozenset(kind.__name__ for kind in FAMILIES["market making"])
"""The names of the classes that make markets, as the journal has them."""
STRATEGIES: Mapping[str, type[Strategy]] = {name_of(kind): kind for family in FAMILIES.values() for kind in family}


def summary_of(kind: type[Strategy]) -> str:
    """What a strategy does, in one sentence."""
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def parameters_of(kind: type[Strategy]) -> dict[str, Any]:
    """Its parameters with their defaults; `...` where there is none."""
    fields = [field for field in dataclasses.fields(kind) if field.init and not field.name.startswith("_")]  # type: ignore[arg-type]
    return {field.name: ... if field.default is dataclasses.MISSING else field.default for field in fields}


def named(name: str) -> type[Strategy]:
    """The strategy of this name, or the nearest one in a sentence."""
    if name not in STRATEGIES:
        near = difflib.get_close_matches(name, STRATEGIES, 1)
        meant = f"did you mean {near[0]}?" if near else "simulate.py strategies lists them"
        raise InputError(f"there is no strategy {name!r}; {meant}")
    return STRATEGIES[name]


def strategy(name: str, /, **parameters: Any) -> Strategy:
    """A strategy by its name; parameters are values, or text that is read as the type of the parameter."""
    return configured_strategy(named(name), parameters)


def configured_strategy(kind: type[Strategy], parameters: Mapping[str, Any]) -> Strategy:
    """A strategy with these parameters; an unknown one or a wrong type is a sentence."""
    if not hasattr(kind, "__dataclass_fields__"):
        if parameters:
            raise InputError(f"{kind.__name__} has no parameters (it is no dataclass), found {', '.join(parameters)}")
        try:
            inspect.signature(kind).bind()
        except TypeError as wrong:
            raise InputError(f"{kind.__name__} needs arguments ({wrong}): make it a dataclass with defaults") from None
        return kind()
    known = parameters_of(kind)
    for name in parameters:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
            raise InputError(f"{kind.__name__} has no parameter {name}; {meant}")
    hints = typing.get_type_hints(kind)
    values = {name: read(kind, name, hints[name], value) for name, value in parameters.items()}
    missing = [name for name, default in known.items() if default is ... and name not in values]
    if missing:
        raise InputError(
            f"{kind.__name__} needs {', '.join(missing)}: join it in a scenario, where such things are at hand"
        )
    return kind(**values)


def read(kind: type[Strategy], name: str, expected: Any, value: Any) -> Any:
    """The value of one parameter: text becomes a number, a truth or stays text, as its type says."""
    if not isinstance(value, str):
        return value
    union = expected if typing.get_origin(expected) in (typing.Union, types.UnionType) else None
    options = typing.get_args(union) if union is not None else (expected,)
    if str in options:
        return value
    if bool in options and value.lower() in ("true", "false"):
        return value.lower() == "true"
    for number in (int, float):
        if number in options:
            try:
                return number(value)
            except ValueError:
                continue
    words = "a whole number" if int in options else "a number" if float in options else "true or false"
    if not {int, float, bool} & {*options}:
        raise InputError(f"{kind.__name__}: {name} cannot be given as text; join it in a scenario")
    raise InputError(f"{kind.__name__}: {name} must be {words}, found {value!r}")
