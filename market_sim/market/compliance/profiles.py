"""The shipped profiles: `classroom`, `literal`, `luld`."""

from __future__ import annotations

from typing import Final

from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.profile import (
    BestPrice,
    Day,
    FatFinger,
    MakerDuties,
    MarketWide,
    OrderRate,
    PositionLimit,
    PriceBands,
    Profile,
    SymbolHalt,
    Volatility,
)

CLASSROOM: Final = Profile(
    name="classroom",
    about="Rules that let a lesson go on: a simulated second is a market minute, and orders have room by role.",
    market_wide=MarketWide(),
    symbol_halt=SymbolHalt(),
    volatility=Volatility(times_baseline=3),
    position_limit=PositionLimit(),
    order_rate=OrderRate(),
    fat_finger=FatFinger(),
    best_price=BestPrice(),
    maker_duties=MakerDuties(),
    surveillance=Thresholds(),
)

LITERAL: Final = Profile(
    name="literal",
    about="Every number as it was first written down: a simulated second is a second, 60 orders a minute and "
    "$100,000 for all, and a halt at a volatility of 10 % a year.",
    day=Day(pace=1),
    market_wide=MarketWide(),
    symbol_halt=SymbolHalt(),
    volatility=Volatility(a_year=1_000),
    position_limit=PositionLimit(market_maker=10_000_000),
    order_rate=OrderRate(market_maker=60, high_frequency=60),
    fat_finger=FatFinger(),
    best_price=BestPrice(most=0),
    surveillance=Thresholds(),
)

LULD: Final = Profile(
    name="luld",
    about="Bands that prevent a trade too far away, in place of a halt after it.",
    market_wide=MarketWide(),
    price_bands=PriceBands(),
    position_limit=PositionLimit(),
    order_rate=OrderRate(),
    fat_finger=FatFinger(),
    best_price=BestPrice(),
    maker_duties=MakerDuties(),
    surveillance=Thresholds(),
)

PROFILES: Final = {profile.name: profile for profile in (CLASSROOM, LITERAL, LULD)}
