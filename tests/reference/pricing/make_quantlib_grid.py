"""Computes quantlib.json: the values that QuantLib gives for a grid of options.

Not part of the test run, which only reads the file. To make it again, in an environment of its own:

    pip install QuantLib==1.44
    python tests/reference/pricing/make_quantlib_grid.py

Years are days/365 with the day count Actual/365 (Fixed), so both sides start from the same float.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import QuantLib as ql

TODAY = ql.Date(2, 1, 2025)
DAYS = ql.Actual365Fixed()
CALENDAR = ql.NullCalendar()
PLACE = Path(__file__).with_name("quantlib.json")


def process(spot: float, volatility: float, rate: float, dividend_yield: float) -> ql.BlackScholesMertonProcess:
    """A flat world."""
    return ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, dividend_yield, DAYS)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, rate, DAYS)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(TODAY, CALENDAR, volatility, DAYS)),
    )


def option(kind: str, strike: float, days: int, american: bool) -> ql.VanillaOption:
    """The contract."""
    expiry = TODAY + days
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if kind == "call" else ql.Option.Put, strike)
    return ql.VanillaOption(payoff, ql.AmericanExercise(TODAY, expiry) if american else ql.EuropeanExercise(expiry))


def terms(kind: str, strike: float, days: int, volatility: float, carry: tuple[float, float]) -> dict[str, object]:
    """The inputs, under the names that our own option has."""
    rate, dividend_yield = carry
    return {
        "kind": kind,
        "spot": 100.0,
        "strike": strike,
        "years": days / 365,
        "volatility": volatility,
        "rate": rate,
        "dividend_yield": dividend_yield,
    }


def priced(case: dict[str, object], days: int, american: bool, engine: object) -> ql.VanillaOption:
    """The contract with an engine for its world."""
    contract = option(case["kind"], case["strike"], days, american)
    world = process(case["spot"], case["volatility"], case["rate"], case["dividend_yield"])
    contract.setPricingEngine(engine(world))
    return contract


def european() -> list[dict[str, object]]:
    """Values and Greeks of the closed formula."""
    rows = []
    grid = product(("call", "put"), (80.0, 100.0, 125.0), (30, 400), (0.15, 0.45), ((0.05, 0.02), (-0.01, 0.0)))
    for kind, strike, days, volatility, carry in grid:
        case = terms(kind, strike, days, volatility, carry)
        contract = priced(case, days, False, ql.AnalyticEuropeanEngine)
        greeks = {
            "price": contract.NPV(),
            "delta": contract.delta(),
            "gamma": contract.gamma(),
            "vega": contract.vega(),
            "theta": contract.theta(),
            "rho": contract.rho(),
            "dividend_rho": contract.dividendRho(),
        }
        rows.append({**case, "expected": greeks})
    return rows


def american() -> list[dict[str, object]]:
    """The high-precision fixed-point engine of Andersen, Lake and Offengenden (2016)."""
    scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
    rows = []
    grid = product(("call", "put"), (85.0, 100.0, 115.0), (90, 730), (0.2, 0.4), ((0.06, 0.03), (0.02, 0.06)))
    for kind, strike, days, volatility, carry in grid:
        case = terms(kind, strike, days, volatility, carry)
        contract = priced(case, days, True, lambda world: ql.QdFpAmericanEngine(world, scheme))
        rows.append({**case, "expected": contract.NPV()})
    return rows


def leisen_reimer() -> list[dict[str, object]]:
    """The same tree, node for node."""
    rows = []
    for kind, strike, early, steps in product(("call", "put"), (80.0, 100.0, 130.0), (True, False), (25, 101)):
        case = terms(kind, strike, 200, 0.3, (0.05, 0.03))
        contract = priced(case, 200, early, lambda world, steps=steps: ql.BinomialVanillaEngine(world, "lr", steps))
        rows.append({**case, "american": early, "steps": steps, "expected": contract.NPV()})
    return rows


def escrowed() -> list[dict[str, object]]:
    """European options on a share with cash dividends, by the escrowed model."""
    rows = []
    payments = [(60, 1.5), (150, 1.5)]
    dividends = ql.DividendVector([TODAY + days for days, _ in payments], [amount for _, amount in payments])
    for kind, strike in product(("call", "put"), (90.0, 100.0, 110.0)):
        case = terms(kind, strike, 200, 0.25, (0.04, 0.0))
        contract = priced(case, 200, False, lambda world: ql.AnalyticDividendEuropeanEngine(world, dividends))
        due = [[days / 365, amount] for days, amount in payments]
        rows.append({**case, "dividends": due, "expected": contract.NPV()})
    return rows


def implied() -> list[dict[str, object]]:
    """Volatilities from prices."""
    rows = []
    for kind, strike, price in (("call", 90.0, 13.0), ("call", 120.0, 1.0), ("put", 80.0, 0.5), ("put", 110.0, 12.5)):
        case = terms(kind, strike, 180, 0.2, (0.03, 0.01))
        contract = option(kind, strike, 180, False)
        world = process(case["spot"], case["volatility"], case["rate"], case["dividend_yield"])
        rows.append(
            {**case, "price": price, "expected": contract.impliedVolatility(price, world, 1e-13, 1000, 1e-6, 5)}
        )
    return rows


def main() -> None:
    """Writes the file beside this script."""
    ql.Settings.instance().evaluationDate = TODAY
    tables = {
        "source": f"QuantLib {ql.__version__}, make_quantlib_grid.py",
        "european": european(),
        "american": american(),
        "leisen_reimer": leisen_reimer(),
        "escrowed": escrowed(),
        "implied_volatility": implied(),
    }
    lines = [f'"source": {json.dumps(tables.pop("source"))}']
    for name, rows in tables.items():
        body = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        lines.append(f'"{name}": [\n{body}\n]')
    PLACE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
