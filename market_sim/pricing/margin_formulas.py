"""Strategy-based margin: a broker's requirements for stock and for written options (rulebook F-2.1 and F-2.3).

Sources: Regulation T (12 CFR 220.12), FINRA rule 4210(c) and (f)(2), Cboe rule 10.3. All amounts are integers in the
smallest unit of money (cents); a requirement rounds up. A premium is the quoted price of the option for one unit of
the underlying; a contract is the multiplier (100) times as much.

>>> initial_long(977_300_00), initial_short(price=97_73, shares=10_000)
(48865000, 146595000)
>>> maintenance_short(price=40_00, shares=100), maintenance_short(price=2_00, shares=100)
(120000, 25000)

IBM at 97.73, one call at 100 written for 1.68 (Cboe, margin requirement examples: $1,727.60 after the proceeds):

>>> short = WrittenOption("call", spot=97_73, strike=100_00, premium=1_68)
>>> short.requirement(), short.requirement() - short.proceeds
(189560, 172760)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from market_sim.core.errors import InputError
from market_sim.core.units import BPS
from market_sim.pricing.option import Kind
from market_sim.pricing.validation import at_least_one, between, count, one_of, whole

INITIAL_LONG, INITIAL_SHORT, MAINTENANCE_LONG = 5_000, 15_000, 2_500
MAINTENANCE_SHORT = 3_000
CHEAP_STOCK, LEAST_PER_SHARE, LEAST_PER_CHEAP_SHARE = 5_00, 5_00, 2_50
EQUITY_OPTION, BROAD_INDEX_OPTION, LEAST_OPTION = 2_000, 1_500, 1_000
LONG_DATED_OPTION, LONG_DATED_MONTHS = 7_500, 9
DAYS_OF_INTEREST = 360


def part(amount: int, bps: int) -> int:
    """This many basis points of an amount, rounded up."""
    return -(-count("amount", amount) * count("bps", bps) // BPS)


# --- stock (Regulation T and FINRA 4210(c))


def initial_long(value: int) -> int:
    """Half of the value bought."""
    return part(value, INITIAL_LONG)


def initial_short(price: int, shares: int) -> int:
    """150 % of the value sold short, including the proceeds of the sale; at least the maintenance requirement.

    Below $10.00 half of the value is less than the minimum per share of `maintenance_short`; without this floor the
    account would get a margin call at the price of the sale itself.

    >>> initial_short(price=40_00, shares=100), initial_short(price=2_00, shares=100)
    (600000, 45000)
    """
    value = count("price", price) * count("shares", shares)
    return max(part(value, INITIAL_SHORT), value + maintenance_short(price, shares))


def maintenance_long(value: int) -> int:
    """A quarter of the market value."""
    return part(value, MAINTENANCE_LONG)


def maintenance_short(price: int, shares: int) -> int:
    """From $5.00 a share up: 30 %, at least $5.00 each. Below: all of the price, at least $2.50 each."""
    count("price", price)
    if price < CHEAP_STOCK:
        return count("shares", shares) * max(LEAST_PER_CHEAP_SHARE, price)
    return max(LEAST_PER_SHARE * count("shares", shares), part(price * shares, MAINTENANCE_SHORT))


def equity(cash: int, long_value: int, short_value: int) -> int:
    """Cash (negative if borrowed; it includes the proceeds of short sales) plus long value less short value."""
    return whole("cash", cash) + count("long_value", long_value) - count("short_value", short_value)


def margin_call(equity: int, requirement: int) -> int:
    """The amount to bring in; 0 while the equity meets the requirement exactly."""
    return max(0, count("requirement", requirement) - whole("equity", equity))


def excess(equity: int, long_value: int) -> int:
    """The equity above the initial margin of the long value (the special memorandum account, if positive)."""
    return whole("equity", equity) - initial_long(long_value)


def buying_power(equity: int, long_value: int) -> int:
    """Twice the excess: the value that can still be bought at 50 % margin."""
    return max(0, 2 * excess(equity, long_value))


def call_price_long(debit: int, shares: int, maintenance_bps: int = MAINTENANCE_LONG) -> Fraction:
    """P* = debit / (N (1 - m)): below this price an account that bought on margin gets a margin call."""
    between("maintenance_bps", whole("maintenance_bps", maintenance_bps), 0, BPS)
    return Fraction(count("debit", debit), at_least_one("shares", shares)) / (1 - Fraction(maintenance_bps, BPS))


def call_price_short(credit: int, shares: int, maintenance_bps: int = MAINTENANCE_SHORT) -> Fraction:
    """P* = credit / (N (1 + m)): above this price an account that sold short gets a margin call.

    It holds for prices from $16.67 up; below, the minimum per share of `maintenance_short` requires more.
    """
    count("maintenance_bps", maintenance_bps)
    return Fraction(count("credit", credit), at_least_one("shares", shares)) / (1 + Fraction(maintenance_bps, BPS))


def daily_interest(debit: int, rate_bps: int) -> int:
    """D r / 360 for one day, rounded up."""
    return -(-count("debit", debit) * count("rate_bps", rate_bps) // (BPS * DAYS_OF_INTEREST))


# --- options (FINRA 4210(f)(2), Cboe 10.3)


@dataclass(frozen=True, slots=True)
class WrittenOption:
    """A short option, its premium and the price of the underlying; `rate_bps` is 20 %, for a broad index 15 %."""

    kind: Kind
    spot: int
    strike: int
    premium: int
    multiplier: int = 100
    rate_bps: int = EQUITY_OPTION

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("call", "put"))
        for name in ("spot", "premium"):
            count(name, getattr(self, name))
        for name in ("strike", "multiplier", "rate_bps"):
            at_least_one(name, getattr(self, name))

    @property
    def out_of_the_money(self) -> int:
        """The distance of the price from the strike if the option is out of the money, else 0."""
        return max(0, self.strike - self.spot if self.kind == "call" else self.spot - self.strike)

    @property
    def proceeds(self) -> int:
        """The premium received for one contract; it may be applied to the initial requirement."""
        return self.premium * self.multiplier

    def requirement(self, contracts: int = 1) -> int:
        """Premium + max(20 % S - out-of-the-money, 10 % of S for a call and of the strike for a put).

        With the current premium instead of the premium of the sale it is the maintenance requirement.
        """
        floor = LEAST_OPTION * (self.spot if self.kind == "call" else self.strike)
        risk = max(self.rate_bps * self.spot - BPS * self.out_of_the_money, floor)
        return -(-at_least_one("contracts", contracts) * self.multiplier * (BPS * self.premium + risk) // BPS)


def long_option(premium: int, *, months: float, multiplier: int = 100) -> int:
    """A bought option is paid in full; with more than nine months to expiry, three quarters suffice."""
    paid = count("premium", premium) * at_least_one("multiplier", multiplier)
    return part(paid, LONG_DATED_OPTION) if months > LONG_DATED_MONTHS else paid


def short_straddle(call: WrittenOption, put: WrittenOption) -> int:
    """The larger of the two requirements, plus the premium of the other side (also for a strangle).

    >>> call = WrittenOption("call", spot=45_00, strike=47_00, premium=2_10)
    >>> short_straddle(call, WrittenOption("put", spot=45_00, strike=43_00, premium=1_20))
    103000
    """
    if (call.kind, put.kind) != ("call", "put") or (call.multiplier, call.spot) != (put.multiplier, put.spot):
        raise InputError("a straddle is a call and a put on the same underlying with the same multiplier")
    sides = sorted((call, put), key=lambda side: (side.requirement(), -side.premium))
    return sides[1].requirement() + sides[0].proceeds


def vertical_spread(kind: Kind, *, short_strike: int, long_strike: int, multiplier: int = 100) -> int:
    """The margin of a vertical spread: the largest loss of both legs together, before premiums.

    The long leg is paid in full, and the proceeds of the short leg may be applied. A debit spread, whose long leg is
    worth at least as much, needs no margin.
    """
    one_of("kind", kind, ("call", "put"))
    width = at_least_one("long_strike", long_strike) - at_least_one("short_strike", short_strike)
    return max(0, width if kind == "call" else -width) * at_least_one("multiplier", multiplier)


def covered_call(value: int, short: WrittenOption) -> int:
    """The margin of a covered call: the initial margin of the stock, and nothing for the call."""
    if short.kind != "call":
        raise InputError(f"stock covers a call, found a {short.kind}")
    return initial_long(value)


def covered_value(shares: int, short: WrittenOption) -> int:
    """The value of the stock under a covered call in the equity: at most the strike, at which it is called away."""
    if short.kind != "call":
        raise InputError(f"stock covers a call, found a {short.kind}")
    return min(short.spot, short.strike) * count("shares", shares)


def cash_secured_put(strike: int, multiplier: int = 100) -> int:
    """The margin of a put written in a cash account: the whole strike, in cash."""
    return at_least_one("strike", strike) * at_least_one("multiplier", multiplier)
