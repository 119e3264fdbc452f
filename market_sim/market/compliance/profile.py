"""A rules profile: which rules hold in a market, with all their numbers; data that a run chooses by `--rules`.

Each rule is a frozen dataclass. Its class variables say what it is called, which real rule it imitates and where it
differs; its fields are its numbers with their units. A rule that is None in a profile does not hold.

All durations are market time: `Day.pace` says how many market seconds pass in one second of the simulation's clock.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar

from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.number import number, time_of_day
from market_sim.market.compliance.rule import Rule


@dataclass(frozen=True)
class Day(Rule):
    """The trading day of the rules, and how fast it passes."""

    title: ClassVar[str] = "Trading day"
    says: ClassVar[str] = "Times of day and durations of all rules are market time, which starts with the run."
    imitates: ClassVar[str] = "The core session of NYSE and Nasdaq, 9:30 to 16:00 Eastern time"
    differs: ClassVar[str] = (
        "The next day opens the moment this one closes. The first day has no earlier close: each instrument's first "
        "price stands for it. Interest and margin count one simulated second as a day instead."
    )

    opens: str = time_of_day("09:30", "the session begins")
    closes: str = time_of_day("16:00", "the session ends")
    starts: str = time_of_day("09:30", "the time of day at which a run begins")
    pace: int = number(60, "market seconds", "pass in one simulated second", 1, 100_000)


@dataclass(frozen=True)
class MarketWide(Rule):
    """Market-wide trading halts: three levels of the fall of the index from the last close."""

    title: ClassVar[str] = "Market-wide trading halt"
    codes: ClassVar[tuple[str, ...]] = ("HALTED_L1", "HALTED_L2", "HALTED_L3")
    says: ClassVar[str] = (
        "When the index has fallen by a level from its last close, all trading halts. Levels 1 and 2 halt once a day, "
        "and not in the last 35 minutes; level 3 ends the day."
    )
    imitates: ClassVar[str] = "NYSE rule 7.12 and its twins: 7, 13 and 20 % of the S&P 500 from the prior close"
    differs: ClassVar[str] = (
        "The index is the equally weighted mean of the scenario's own spot instruments. The halt includes the call in "
        "which orders for the reopening auction collect."
    )

    level_1: int = number(700, "bps", "fall of level 1", 1, 10_000)
    level_2: int = number(1_300, "bps", "fall of level 2", 1, 10_000)
    level_3: int = number(2_000, "bps", "fall of level 3", 1, 10_000)
    halt: int = number(900, "s", "halt at levels 1 and 2, from the trade to the reopening auction", 1)
    call: int = number(60, "s", "the last part of a halt, in which orders collect for the auction", 1)
    not_from: str = time_of_day("15:25", "levels 1 and 2 halt no more from here on")


@dataclass(frozen=True)
class SymbolHalt(Rule):
    """A halt of one instrument after a fast move in either direction."""

    title: ClassVar[str] = "Halt of one instrument"
    codes: ClassVar[tuple[str, ...]] = ("HALTED_MOVE",)
    says: ClassVar[str] = (
        "A trade this far from the mean trade price of the window before it, or farther, halts its instrument; the "
        "trade stands, and all others trade on."
    )
    imitates: ClassVar[str] = "The single-stock pauses of 2010 and 2011, which followed a trade (NYSE rule 80C)"
    differs: ClassVar[str] = (
        "Those compared with the price five minutes before and paused at 10 %. Their successor, limit up and limit "
        "down, prevents the trade; it is a rule of its own here."
    )

    move: int = number(500, "bps", "distance from the mean, equality halts", 1, 10_000)
    window: int = number(300, "s", "of trades before this one", 1)
    halt: int = number(300, "s", "from the trade to the reopening auction", 1)
    call: int = number(60, "s", "the last part of a halt, in which orders collect for the auction", 1)


@dataclass(frozen=True)
class PriceBands(Rule):
    """Limit up and limit down: no trade outside bands around a slow reference price."""

    title: ClassVar[str] = "Limit up, limit down"
    codes: ClassVar[tuple[str, ...]] = ("LIMIT_UP", "LIMIT_DOWN", "OUTSIDE_BANDS", "HALTED_LIMIT_STATE")
    says: ClassVar[str] = (
        "No order buys above the upper band or sells below the lower one. When the best bid stands at the upper band, "
        "or the best ask at the lower one, for the whole limit state, trading pauses and reopens by auction."
    )
    imitates: ClassVar[str] = "The National Market System Plan to Address Extraordinary Market Volatility (LULD)"
    differs: ClassVar[str] = (
        "All instruments are of one tier. The opening reference is the first trade, not an opening auction. An order "
        "outside the bands is refused, where some exchanges change its price."
    )

    reference: int = number(300, "s", "of trades whose mean is the reference", 1)
    change: int = number(100, "bps", "a new mean must differ by this to become the reference", 1, 10_000)
    keep: int = number(30, "s", "a reference stays at least this long", 1)
    above_3: int = number(500, "bps", "band where the last close is above $3.00 (tier 2: 10 %)", 1, 9_000)
    above_3_tier_2: int = number(1_000, "bps", "the same for tier 2", 1, 9_000)
    from_75_cents: int = number(2_000, "bps", "band from $0.75 to $3.00", 1, 9_000)
    below_75_cents: int = number(7_500, "bps", "band below $0.75, or 15 cents where that is less", 1, 9_000)
    cents: int = number(15, "cents", "the most below $0.75", 1)
    tier: int = number(1, "", "of the instruments; tier 1: the S&P 500, the Russell 1000 and some ETPs", 1, 2)
    doubled_from: str = time_of_day("15:35", "from here on bands are doubled for tier 1, and up to $3.00 for tier 2")
    limit_state: int = number(15, "s", "of a limit state until the pause", 1)
    halt: int = number(300, "s", "pause, from its beginning to the reopening auction", 1)
    call: int = number(60, "s", "the last part of a pause, in which orders collect for the auction", 1)


@dataclass(frozen=True)
class Volatility(Rule):
    """Cooling: a halt of an instrument whose realized volatility is too high."""

    title: ClassVar[str] = "Volatility cooling"
    codes: ClassVar[tuple[str, ...]] = ("HALTED_VOLATILE",)
    says: ClassVar[str] = (
        "An instrument cools down, halted, when the realized volatility of the window reaches the limit: a figure for "
        "a year, or a multiple of the windows before; the rule is off where both are 0."
    )
    imitates: ClassVar[str] = "The volatility interruptions of Xetra and Borsa Italiana, loosely"
    differs: ClassVar[str] = (
        "Those watch how far a single price would leave a corridor. A fixed limit of 10 % a year, as in the profile "
        "literal, is below the ordinary volatility of almost every stock, so that it halts all the time."
    )

    window: int = number(300, "s", "of trades in one measurement", 1)
    a_year: int = number(0, "bps", "of volatility for a year; 0: no such limit")
    times_baseline: int = number(0, "times", "the mean of the windows before; 0: no such limit", 0, 1_000)
    baseline: int = number(3, "windows", "before this one, which make the baseline", 1, 1_000)
    at_least: int = number(10, "trades", "in a window, before it is judged", 2, 100_000)
    halt: int = number(300, "s", "from the trade to the reopening auction", 1)
    call: int = number(60, "s", "the last part of a halt, in which orders collect for the auction", 1)


@dataclass(frozen=True)
class PositionLimit(Rule):
    """The largest exposure of one account."""

    title: ClassVar[str] = "Position limit"
    codes: ClassVar[tuple[str, ...]] = ("POSITION_LIMIT",)
    says: ClassVar[str] = (
        "An account's exposure is, for each instrument, its larger side with all open orders of that side filled, at "
        "the mark; an order that takes the sum above the limit is refused, and what only reduces a position is not."
    )
    imitates: ClassVar[str] = "CFTC part 150 and the exchanges' position limits for options and futures"
    differs: ClassVar[str] = (
        "Those count contracts of one underlying, on the bought or the sold side; this one counts the value of "
        "everything, and open orders with it."
    )

    most: int = number(10_000_000, "cents", "of exposure; equal to it is allowed", 1)
    market_maker: int = number(0, "cents", "for market makers, who hold inventory for others; 0: no limit")


@dataclass(frozen=True)
class OrderRate(Rule):
    """The most orders and amendments of one account in a sliding window."""

    title: ClassVar[str] = "Order rate"
    codes: ClassVar[tuple[str, ...]] = ("RATE_LIMIT",)
    says: ClassVar[str] = (
        "Accepted orders and amendments in the sliding window are counted by account; one more than the role's number "
        "is refused. Cancels are free, and a message as old as the window has left it."
    )
    imitates: ClassVar[str] = "Message throttles of exchanges, and the order-to-trade ratios of MiFID II (RTS 9)"
    differs: ClassVar[str] = "A throttle delays messages at a port; here one is refused, with the seconds to wait."

    window: int = number(60, "s", "", 1)
    participant: int = number(60, "orders", "of a participant", 1)
    market_maker: int = number(1_500, "orders", "of a market maker that meets its obligations", 1)
    high_frequency: int = number(6_000, "orders", "of a high-frequency trader", 1)


@dataclass(frozen=True)
class FatFinger(Rule):
    """A limit far outside recent trade prices is taken for a typing error."""

    title: ClassVar[str] = "Fat finger"
    codes: ClassVar[tuple[str, ...]] = ("FAT_FINGER",)
    says: ClassVar[str] = (
        "A buy far above the mean of the last trades, or a sell far below, measured in their standard deviations, is "
        "refused with its score."
    )
    imitates: ClassVar[str] = "The price collars of SEC rule 15c3-5 (market access) and of exchanges' order entry"
    differs: ClassVar[str] = "Those are percentages of the best price; a distance in standard deviations adapts itself."

    most: int = number(8, "standard deviations", "are let through", 1, 1_000)
    window: int = number(100, "trades", "in the mean", 2, 100_000)
    at_least: int = number(20, "trades", "before the first refusal", 2, 100_000)
    floor: int = number(300, "bps", "of the mean: the least standard deviation, so that news is no error", 1, 10_000)


@dataclass(frozen=True)
class BestPrice(Rule):
    """Best-price protection where there are several venues."""

    title: ClassVar[str] = "Best-price protection"
    codes: ClassVar[tuple[str, ...]] = ("BETTER_PRICE_ELSEWHERE",)
    says: ClassVar[str] = (
        "An order that would trade here, while another venue's best price is better by more than this, is refused "
        "with the name of that venue. One that is halted or does not answer is left out."
    )
    imitates: ClassVar[str] = "SEC Regulation NMS, rule 611 (order protection)"
    differs: ClassVar[str] = "Rule 611 protects each tick and lets intermarket sweep orders pass."

    most: int = number(50, "bps", "worse than the best price of any venue; equality is accepted", 0, 10_000)


@dataclass(frozen=True)
class MakerDuties(Rule):
    """What a market maker owes for its higher order rate."""

    title: ClassVar[str] = "Obligations of market makers"
    says: ClassVar[str] = (
        "A market maker quotes both sides within the spread for this part of the window. Below it, the order rate of "
        "a participant holds for it. It is judged from the end of its first window on, and a halt is no absence."
    )
    imitates: ClassVar[str] = "Nasdaq rule 4613, NYSE rule 104, and RTS 8 of MiFID II on market making agreements"
    differs: ClassVar[str] = "Those have sizes, and distances that depend on the price; here it is one spread for all."

    presence: int = number(8_000, "bps", "of the window with quotes on both sides", 0, 10_000)
    spread: int = number(200, "bps", "of the mid price between its best bid and ask, at most", 1, 10_000)
    window: int = number(300, "s", "", 1)


@dataclass(frozen=True)
class Penalties(Rule):
    """What surveillance does with those whom it accuses of misconduct."""

    title: ClassVar[str] = "Penalties"
    codes: ClassVar[tuple[str, ...]] = ("THROTTLED", "SUSPENDED", "SUSPENSION")
    says: ClassVar[str] = (
        "A first offence that surveillance finds is a warning, then come a fine, a throttle (one order in each "
        "interval) and a suspension, in which orders only close positions, at once. The instructor grants appeals."
    )
    imitates: ClassVar[str] = "The disciplinary sanctions of exchanges and FINRA: cautions, fines, suspensions"
    differs: ClassVar[str] = "Those follow a hearing, months later; here they follow the alert, in the same instant."

    fine: int = number(50_000, "cents", "of a fine, or what the account has free", 1)
    throttle: int = number(300, "s", "of a throttle", 1)
    interval: int = number(60, "s", "between two orders of a throttled account", 1)
    suspension: int = number(300, "s", "of a suspension", 1)


@dataclass(frozen=True)
class Profile:
    """The rules of a market; None where there is no such rule."""

    name: str
    about: str
    day: Day = field(default_factory=Day)
    market_wide: MarketWide | None = None
    symbol_halt: SymbolHalt | None = None
    price_bands: PriceBands | None = None
    volatility: Volatility | None = None
    position_limit: PositionLimit | None = None
    order_rate: OrderRate | None = None
    fat_finger: FatFinger | None = None
    best_price: BestPrice | None = None
    maker_duties: MakerDuties | None = None
    penalties: Penalties | None = None
    surveillance: Thresholds | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that hold, in the order in which they are listed."""
        held = (getattr(self, name) for name in SECTIONS)
        return tuple(rule for rule in held if rule is not None)


SECTIONS: dict[str, type[Rule]] = {
    "day": Day,
    "market_wide": MarketWide,
    "symbol_halt": SymbolHalt,
    "price_bands": PriceBands,
    "volatility": Volatility,
    "position_limit": PositionLimit,
    "order_rate": OrderRate,
    "fat_finger": FatFinger,
    "best_price": BestPrice,
    "maker_duties": MakerDuties,
    "penalties": Penalties,
    "surveillance": Thresholds,
}
"""The sections of a profile, and of a rules file, by name."""


def numbers(rule: Rule) -> dict[str, Any]:
    """The values of a rule's fields."""
    return {one.name: getattr(rule, one.name) for one in dataclasses.fields(rule)}
