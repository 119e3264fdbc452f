"""The figures of a market as people read them: prices and quantities of an instrument, amounts of an asset.

The journal, the numbers of a refusal and the interface for programs have integers of the smallest units; sentences have
these. A kind of figure is named in a template after a colon, as in `{needed:cash}`.

>>> from market_sim.core.models.instruments import Stock
>>> figures = Figures([Stock("ACME"), Stock("BTC", quote="USDC", price_decimals=1, quantity_decimals=5)])
>>> figures.price("ACME", 10_003), figures.amount("USD", 15_745_650), figures.figure("BTC", 25_000)
('100.03', '157,456.50 USD', '0.25000')
>>> figures.price("BTC", 600_000), figures.amount("USDC", 600_000 * 25_000)
('60,000.0', '15,000.000000 USDC')
>>> figures.filled("{needed:cash}, not {other:price}, {count}", {"needed": 5, "other": 7, "count": 9}, "ACME")
'0.05 USD, not 0.07, 9'
>>> figures.filled("{needed:cash}", {"needed": 5}), NO_FIGURES.filled("{needed:cash}", {"needed": 15_745_650})
('5', '15745650')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Final, Protocol

from market_sim.core.money import written

KIND = re.compile(r":(price|size|cash|figure)(?=\})")
"""price: of the instrument; size: a quantity of it; cash: of its currency; figure: of the asset that is named."""


class Listed(Protocol):
    """An instrument, or the event of its listing."""

    @property
    def symbol(self) -> str:
        """Its name."""

    @property
    def quote(self) -> str:
        """The currency of its price."""

    @property
    def price_decimals(self) -> int:
        """The decimals of a price."""

    @property
    def quantity_decimals(self) -> int:
        """The decimals of a quantity."""

    @property
    def cash_decimals(self) -> int:
        """The decimals of an amount of its currency."""


class Figures:
    """Writes the figures of these instruments."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._listed: dict[str, Listed] = {}
        self._decimals: dict[str, int] = {}
        for one in listed:
            self.add(one)

    def add(self, one: Listed) -> None:
        """One more instrument."""
        self._listed[one.symbol] = one
        self._decimals.setdefault(one.quote, one.cash_decimals)
        self._decimals[one.symbol] = one.quantity_decimals

    def price(self, symbol: str, price: int) -> str:
        """A price of this instrument."""
        listed = self._listed.get(symbol)
        return written(price, listed.price_decimals if listed else 2)

    def size(self, symbol: str, quantity: int) -> str:
        """A quantity of this instrument."""
        return self.figure(symbol, quantity)

    def amount(self, asset: str, amount: int) -> str:
        """An amount of cash or of an instrument, with its name."""
        return f"{self.figure(asset, amount)} {asset}"

    def figure(self, asset: str, amount: int) -> str:
        """An amount without the name, for a column that names it."""
        return written(amount, self._decimals.get(asset, 0))

    def filled(self, template: str, numbers: Mapping[str, int | str], symbol: str = "") -> str:
        """A template with its numbers; `symbol` is the instrument that it is about, if the numbers name none."""
        return _Sentence(self, str(numbers.get("symbol", symbol)), str(numbers.get("asset", ""))).vformat(
            template, (), numbers
        )

    def _written(self, kind: str, value: int, symbol: str, asset: str) -> str:
        if kind == "figure":
            return self.figure(asset, value)
        listed = self._listed.get(symbol) or self._alike(kind)
        if listed is None:
            return str(value)
        if kind == "size":
            return written(value, listed.quantity_decimals)
        if kind == "price":
            return written(value, listed.price_decimals)
        return f"{written(value, listed.cash_decimals)} {listed.quote}"

    def _alike(self, kind: str) -> Listed | None:
        """Any instrument, if all are written alike."""
        ways = {
            {
                "size": ("", one.quantity_decimals),
                "price": (one.quote, one.price_decimals),
                "cash": (one.quote, one.cash_decimals),
            }[kind]: one
            for one in self._listed.values()
        }
        return next(iter(ways.values())) if len(ways) == 1 else None


class _Sentence(Formatter):
    """Fills one template."""

    def __init__(self, figures: Figures, symbol: str, asset: str) -> None:
        self._figures, self._symbol, self._asset = figures, symbol, asset

    def format_field(self, value: Any, format_spec: str) -> str:
        """One number of the template."""
        if format_spec and type(value) is int:
            return self._figures._written(format_spec, value, self._symbol, self._asset)
        return str(value)


NO_FIGURES: Final = Figures(())
"""Where no instrument is known: numbers as they are."""


def symbol_in(intent: str) -> str:
    """The instrument that an intent names, as a refusal quotes it; "" if it names none.

    >>> symbol_in("PlaceOrder(symbol='ACME', side=1, quantity=5)"), symbol_in("Cancel(order=3)")
    ('ACME', '')
    """
    found = re.search(r"\bsymbol='([^']*)'", intent)
    return found[1] if found else ""
