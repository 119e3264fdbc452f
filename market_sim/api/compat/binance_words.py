"""What this market says in the words of Binance's spot interface, and its orders in ours.

Integers become decimal numbers in texts: a price by its own decimals, a quantity by its own, and cash, which is price
times quantity, by both together. Times are Unix milliseconds of simulated time.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from market_sim.api.live.orders import OrderView
from market_sim.api.live.tape import Candle, Depth, Level, Quote, Statistics, TradeView
from market_sim.core.calendar import unix_microseconds
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, SELL, Conditions, PlaceOrder, TimeInForce
from market_sim.core.models.market_events import InstrumentListed
from market_sim.market.exchange.acknowledgement import Acknowledgement

Answer = dict[str, Any]

INTERVALS: Final = {
    "1s": 1, "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "2h": 7_200, "4h": 14_400,
    "6h": 21_600, "8h": 28_800, "12h": 43_200, "1d": 86_400,
}  # fmt: skip
PHASES: Final = {"continuous": "TRADING", "call": "AUCTION_MATCH", "halted": "HALT", "closed": "BREAK"}
TIMES: Final[dict[str, TimeInForce]] = {"GTC": "gtc", "IOC": "ioc", "FOK": "fok"}
TYPES: Final = ("LIMIT", "MARKET", "LIMIT_MAKER")
LONGEST_ID: Final = 36


class Rejected(Exception):
    """A request is refused, with a code of Binance."""

    def __init__(self, code: int, message: str, status: int = 400, more: Mapping[str, str] | None = None) -> None:
        """`more` stands beside code and message: our own words."""
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message, status, dict(more or {})


def said(amount: int, decimals: int) -> str:
    """An integer as a decimal number.

    >>> said(10_001, 2), said(50, 2), said(-7, 3), said(50_000, 0)
    ('100.01', '0.50', '-0.007', '50000')
    """
    return f"{Decimal(amount).scaleb(-decimals):f}"


def read(name: str, text: str, decimals: int) -> int:
    """A decimal number as an integer; `Rejected` for one that is none, or has more decimals.

    >>> read("price", "100.01", 2), read("quantity", "5", 0), read("quantity", "5.00", 0)
    (10001, 5, 5)
    """
    try:
        number = Decimal(text).scaleb(decimals)
    except ArithmeticError:  # no number, or one with an exponent that is out of all bounds
        raise Rejected(-1100, f"Illegal characters found in parameter '{name}': expected a decimal number.") from None
    if not number.is_finite() or not 0 < number <= LARGEST_AMOUNT:
        raise Rejected(-1100, f"Parameter '{name}' is not a positive number.")
    if number != number.to_integral_value():
        raise Rejected(-1111, f"Parameter '{name}' has too much precision: {decimals} decimals are the most.")
    return int(number)


def milliseconds(time_ns: int) -> int:
    """The Unix milliseconds of a simulated time."""
    return unix_microseconds(time_ns) // 1_000


class Pair:
    """An instrument as a trading pair: its symbol in both languages, and its decimals."""

    def __init__(self, listed: InstrumentListed) -> None:
        self.listed, self.ours, self.quote = listed, listed.symbol, listed.quote
        self.base = listed.symbol.removesuffix(f"/{listed.quote}")
        self.symbol = f"{self.base}{self.quote}"
        self.price_decimals, self.quantity_decimals = listed.price_decimals, listed.quantity_decimals
        self.cash_decimals = listed.cash_decimals

    def price(self, amount: int | None) -> str:
        """A price; 0 stands for an empty side, as it does there."""
        return said(amount or 0, self.price_decimals)

    def quantity(self, amount: int | None) -> str:
        """A quantity."""
        return said(amount or 0, self.quantity_decimals)

    def cash(self, amount: int) -> str:
        """An amount of the quote currency."""
        return said(amount, self.cash_decimals)

    def described(self, phase: str) -> Answer:
        """The pair in the list of the exchange."""
        tick, lot = self.price(self.listed.tick), self.quantity(self.listed.lot)
        return {
            "symbol": self.symbol, "status": PHASES.get(phase, "BREAK"), "baseAsset": self.base,
            "baseAssetPrecision": self.quantity_decimals, "quoteAsset": self.quote,
            "quotePrecision": self.price_decimals, "quoteAssetPrecision": self.cash_decimals,
            "orderTypes": list(TYPES), "icebergAllowed": True, "ocoAllowed": False,
            "quoteOrderQtyMarketAllowed": False, "allowTrailingStop": False, "cancelReplaceAllowed": False,
            "isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "permissions": ["SPOT"],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "0", "tickSize": tick},
                {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "0", "stepSize": lot},
            ],
        }  # fmt: skip

    def depth(self, book: Depth, update: int) -> Answer:
        """The best prices of both sides."""
        return {"lastUpdateId": update, "bids": self._levels(book.bids), "asks": self._levels(book.asks)}

    def _levels(self, side: tuple[Level, ...]) -> list[list[str]]:
        return [[self.price(level.price), self.quantity(level.quantity)] for level in side]

    def trade(self, one: TradeView) -> Answer:
        """A trade on the tape."""
        return {
            "id": one.trade, "price": self.price(one.price), "qty": self.quantity(one.quantity),
            "quoteQty": self.cash(one.price * one.quantity * self.listed.multiplier),
            "time": milliseconds(one.time), "isBuyerMaker": one.side == SELL, "isBestMatch": True,
        }  # fmt: skip

    def joined_trade(self, one: TradeView) -> Answer:
        """A trade in the list of joined ones; here each stands for itself."""
        return {
            "a": one.trade, "p": self.price(one.price), "q": self.quantity(one.quantity), "f": one.trade,
            "l": one.trade, "T": milliseconds(one.time), "m": one.side == SELL, "M": True,
        }  # fmt: skip

    def candle(self, one: Candle, seconds: int) -> list[Any]:
        """A candle; what is not known of it is null."""
        begin = milliseconds(one.time)
        prices = [self.price(price) for price in (one.open, one.high, one.low, one.close)]
        end = begin + seconds * 1_000 - 1
        return [begin, *prices, self.quantity(one.volume), end, None, one.trades, None, None, "0"]

    def ticker(self, quote: Quote, figures: Statistics) -> Answer:
        """The figures since the market opened, which is less than a day ago."""
        first, last = figures.open or 0, figures.last or 0
        return {
            "symbol": self.symbol, "priceChange": said(last - first, self.price_decimals),
            "priceChangePercent": f"{100 * (last - first) / first:.3f}" if first else "0.000",
            "weightedAvgPrice": self._average(figures), "lastPrice": self.price(last),
            "bidPrice": self.price(quote.bid), "bidQty": self.quantity(quote.bid_size),
            "askPrice": self.price(quote.ask), "askQty": self.quantity(quote.ask_size),
            "openPrice": self.price(first), "highPrice": self.price(figures.high), "lowPrice": self.price(figures.low),
            "volume": self.quantity(figures.volume), "quoteVolume": self.cash(figures.turnover),
            "openTime": milliseconds(0), "closeTime": milliseconds(quote.time), "count": figures.trades,
        }  # fmt: skip

    def _average(self, figures: Statistics) -> str:
        """The average price, rounded down to the decimals of a price."""
        return self.price(figures.turnover // (figures.volume * self.listed.multiplier) if figures.volume else 0)

    # ---- orders -------------------------------------------------------------------------------------------------

    def order(self, asked: Mapping[str, str]) -> PlaceOrder:
        """The order that the parameters of a request ask for."""
        kind, side = asked.get("type", ""), {"BUY": BUY, "SELL": SELL}.get(asked.get("side", ""))
        if side is None:
            raise Rejected(-1117, "Invalid side.")
        if kind not in TYPES:
            raise Rejected(-1116, f"Invalid orderType; this market knows {', '.join(TYPES)}.")
        if "quantity" not in asked:
            raise Rejected(-1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.")
        if (kind == "MARKET") == ("price" in asked):
            told = "sent when not required" if kind == "MARKET" else "not sent, was empty/null, or malformed"
            raise Rejected(-1106 if kind == "MARKET" else -1102, f"Parameter 'price' was {told}.")
        force = asked.get("timeInForce", "GTC")
        if force not in TIMES:
            raise Rejected(-1115, "Invalid timeInForce.")
        if not 0 < len(name := asked.get("newClientOrderId", "-")) <= LONGEST_ID:
            raise Rejected(-1100, f"A newClientOrderId has 1 to {LONGEST_ID} characters.")
        terms: dict[str, Any] = {"time_in_force": TIMES[force]} if force != "GTC" else {}
        if "newClientOrderId" in asked:
            terms["client_id"] = name
        rare: dict[str, Any] = {"post_only": "reject"} if kind == "LIMIT_MAKER" else {}
        if "icebergQty" in asked:
            rare["display"] = read("icebergQty", asked["icebergQty"], self.quantity_decimals)
        if rare:
            terms["conditions"] = Conditions(**rare)
        quantity = read("quantity", asked["quantity"], self.quantity_decimals)
        limit = read("price", asked["price"], self.price_decimals) if kind != "MARKET" else None
        return PlaceOrder(self.ours, side, quantity, limit, **terms)

    def placed(self, order: PlaceOrder, told: Acknowledgement, value: int, time_ns: int) -> Answer:
        """The answer to an order; `value` is what its fills were worth."""
        number = told.order or 0
        return self._order(order, number, told.filled, told.status, value) | {
            "transactTime": milliseconds(time_ns),
            "fills": [
                {
                    "price": self.price(fill.price), "qty": self.quantity(fill.quantity),
                    "commission": self.cash(fill.fee), "commissionAsset": self.quote, "tradeId": fill.trade,
                }
                for fill in told.fills
            ],
        }  # fmt: skip

    def known(self, one: OrderView) -> Answer:
        """An order as it is now."""
        return self._order(one.terms, one.order, one.filled, one.status, one.value) | {
            "origQty": self.quantity(one.quantity), "price": self.price(one.limit),
            "stopPrice": "0", "icebergQty": "0", "time": milliseconds(one.time), "isWorking": one.is_open,
        }  # fmt: skip

    def _order(self, terms: PlaceOrder, number: int, filled: int, status: str, value: int) -> Answer:
        rare = terms.conditions
        kind = "MARKET" if terms.limit is None else "LIMIT_MAKER" if rare is not None and rare.post_only else "LIMIT"
        force = {ours: theirs for theirs, ours in TIMES.items()}.get(terms.time_in_force, "GTC")
        return {
            "symbol": self.symbol, "orderId": number, "orderListId": -1,
            "clientOrderId": terms.client_id or str(number), "price": self.price(terms.limit),
            "origQty": self.quantity(terms.quantity), "executedQty": self.quantity(filled),
            "cummulativeQuoteQty": self.cash(value * self.listed.multiplier),
            "status": status_of(status, filled, terms), "timeInForce": force, "type": kind,
            "side": "BUY" if terms.side == BUY else "SELL",
        }  # fmt: skip


def status_of(status: str, filled: int, terms: PlaceOrder) -> str:
    """The status of an order; what does not rest and is not wholly filled has expired."""
    if status == "filled":
        return "FILLED"
    if status == "cancelled":
        return "EXPIRED" if terms.limit is None or terms.time_in_force in ("ioc", "fok") else "CANCELED"
    return "PARTIALLY_FILLED" if filled else "NEW"


def refusal(reason: str, sentence: str) -> Rejected:
    """The refusal of an order, in the words that programs look for, with our own beside them."""
    ours = {"reason": reason, "sentence": sentence}
    if reason in ("INSUFFICIENT_CASH", "INSUFFICIENT_HOLDINGS"):
        return Rejected(-2010, "Account has insufficient balance for requested action.", more=ours)
    if reason == "BAD_TICK":
        return Rejected(-1013, "Filter failure: PRICE_FILTER", more=ours)
    if reason == "BAD_LOT":
        return Rejected(-1013, "Filter failure: LOT_SIZE", more=ours)
    if reason == "DUPLICATE_CLIENT_ID":
        return Rejected(-2010, "Duplicate order sent.", more=ours)
    return Rejected(-2010, sentence, more=ours)
