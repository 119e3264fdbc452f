"""Margin by strategy: what a broker wants to see for stock and for written options (rulebook F-2.1 and F-2.3).

Sources: Regulation T (12 CFR 220.12), FINRA rule 4210(c) and (f)(2), Cboe rule 10.3. All amounts are integers in the
smallest unit of money (cents); a requirement rounds up. A premium is the option's price for one unit of the
underlying, as it is quoted; a multiplier of 100 makes it a contract.

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
from market_sim.pricing.option import Kind
from market_sim.pricing.refusals import at_least_one, between, count, one_of, whole

BPS = 10_000
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
    """Half of what is bought."""
    return part(value, INITIAL_LONG)


def initial_short(price: int, shares: int) -> int:
    """One and a half times what is sold short, the proceeds of the sale among it; never less than keeps it open.

    Below $10.00 half of the value is less than the least amounts for each share of `maintenance_short`. Whoever were
    let in with less would be called at the very price of the sale.

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
    """Cash (less than zero when borrowed; short sales' proceeds are in it) plus what is owned less what is owed."""
    return whole("cash", cash) + count("long_value", long_value) - count("short_value", short_value)


def margin_call(equity: int, requirement: int) -> int:
    """What must be brought in; nothing while the equity reaches the requirement exactly."""
    return max(0, count("requirement", requirement) - whole("equity", equity))


def excess(equity: int, long_value: int) -> int:
    """The equity above the initial margin of what is held (the special memorandum account, when positive)."""
    return whole("equity", equity) - initial_long(long_value)


def buying_power(equity: int, long_value: int) -> int:
    """Twice the excess: what can still be bought at 50 %."""
    return max(0, 2 * excess(equity, long_value))


def call_price_long(debit: int, shares: int, maintenance_bps: int = MAINTENANCE_LONG) -> Fraction:
    """P* = debit / (N (1 - m)): below this price the account of somebody who borrowed to buy is called."""
    between("maintenance_bps", whole("maintenance_bps", maintenance_bps), 0, BPS)
    return Fraction(count("debit", debit), at_least_one("shares", shares)) / (1 - Fraction(maintenance_bps, BPS))


def call_price_short(credit: int, shares: int, maintenance_bps: int = MAINTENANCE_SHORT) -> Fraction:
    """P* = credit / (N (1 + m)): above this price the account of somebody who sold short is called.

    Right for prices from $16.67 up; below, the least amounts for each share of `maintenance_short` ask for more.
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
        """How far the price must move before exercise pays."""
        return max(0, self.strike - self.spot if self.kind == "call" else self.spot - self.strike)

    @property
    def proceeds(self) -> int:
        """What the sale of one contract brings; it may be applied to the initial requirement."""
        return self.premium * self.multiplier

    def requirement(self, contracts: int = 1) -> int:
        """Premium + max(20 % S - out-of-the-money, 10 % of S for a call and of the strike for a put).

        With the current premium in place of the sale's it is the maintenance requirement.
        """
        floor = LEAST_OPTION * (self.spot if self.kind == "call" else self.strike)
        risk = max(self.rate_bps * self.spot - BPS * self.out_of_the_money, floor)
        return -(-at_least_one("contracts", contracts) * self.multiplier * (BPS * self.premium + risk) // BPS)


def long_option(premium: int, *, months: float, multiplier: int = 100) -> int:
    """A bought option is paid in full; with more than nine months to go, three quarters suffice."""
    paid = count("premium", premium) * at_least_one("multiplier", multiplier)
    return part(paid, LONG_DATED_OPTION) if months > LONG_DATED_MONTHS else paid


def short_straddle(call: WrittenOption, put: WrittenOption) -> int:
    """The greater of the two sides, plus the other side's premium (also for a strangle).

    >>> call = WrittenOption("call", spot=45_00, strike=47_00, premium=2_10)
    >>> short_straddle(call, WrittenOption("put", spot=45_00, strike=43_00, premium=1_20))
    103000
    """
    if (call.kind, put.kind) != ("call", "put") or (call.multiplier, call.spot) != (put.multiplier, put.spot):
        raise InputError("a straddle is a call and a put on the same underlying with the same multiplier")
    sides = sorted((call, put), key=lambda side: (side.requirement(), -side.premium))
    return sides[1].requirement() + sides[0].proceeds


def vertical_spread(kind: Kind, *, short_strike: int, long_strike: int, multiplier: int = 100) -> int:
    """A short option with a long one behind it: the most that both can lose together, before premiums.

    The long leg is paid for, and the short leg's proceeds may be applied. Nothing is asked when the long leg is at
    least as good (a debit spread).
    """
    one_of("kind", kind, ("call", "put"))
    width = at_least_one("long_strike", long_strike) - at_least_one("short_strike", short_strike)
    return max(0, width if kind == "call" else -width) * at_least_one("multiplier", multiplier)


def covered_call(value: int, short: WrittenOption) -> int:
    """Stock with a call written on it: the stock's own initial margin, and nothing for the call."""
    if short.kind != "call":
        raise InputError(f"stock covers a call, found a {short.kind}")
    return initial_long(value)


def covered_value(shares: int, short: WrittenOption) -> int:
    """What the stock under a written call counts for in the equity: at most the strike, at which it is called away."""
    if short.kind != "call":
        raise InputError(f"stock covers a call, found a {short.kind}")
    return min(short.spot, short.strike) * count("shares", shares)


def cash_secured_put(strike: int, multiplier: int = 100) -> int:
    """A written put in a cash account: the whole strike lies ready."""
    return at_least_one("strike", strike) * at_least_one("multiplier", multiplier)
