"""A client of a live market, for programs: REST for what one asks, the stream for what one follows.

    client = Client.join("http://127.0.0.1:5000", "ann")          # a new member; or Client(address, token)
    print(client.quote("ACME").bid, client.account().balances)
    order = client.place(Buy("ACME", 5, limit=9_990)).order
    client.cancel(order)
    for ticker in tickers("ws://localhost:8765", "ACME"):
        print(ticker.last_price)

Answers are the structs that the market itself uses, and prices are integers as in its journal. A refusal is a `Refused`
with the reason code of the market. A client belongs to one thread; each request has a connection of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import msgspec

from market_sim.api.compat.signing import KeyPair
from market_sim.api.live.board import BoardRow
from market_sim.api.live.orders import OrderView
from market_sim.api.live.state import AccountView, ReportView
from market_sim.api.live.tape import Candle, Depth, Quote, Statistics, TradeView
from market_sim.api.stream.ticker import Ticker
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import PlaceOrder
from market_sim.market.exchange.acknowledgement import Acknowledgement

ADDRESS = "http://127.0.0.1:5000"
STREAM = "ws://localhost:8765"
PATIENCE_SECONDS = 75.0
"""Longer than a market lets a sender wait for its answer."""

T = TypeVar("T")

# A market on this computer is not asked by way of a proxy.
_OPENER = build_opener(ProxyHandler({}))


class Instrument(msgspec.Struct, frozen=True):
    """An instrument in one book, as far as a program that trades in it needs to know."""

    book: str
    symbol: str
    kind: str
    tick: int
    lot: int
    currency: str
    price_decimals: int
    quantity_decimals: int


class Verdict(msgspec.Struct, frozen=True):
    """Whether an order would be accepted now; if not, the reason that the order itself would get."""

    accepted: bool
    code: str = ""
    sentence: str = ""
    numbers: Numbers = {}


class _Refusal(msgspec.Struct):
    code: str
    sentence: str
    numbers: Numbers = {}


class _Membership(msgspec.Struct):
    token: str


class _Ticket(msgspec.Struct):
    address: str


class Refused(InputError):
    """The market refused a request: its reason code, its sentence, the numbers behind it, and the HTTP status."""

    def __init__(self, status: int, code: str, sentence: str, numbers: Numbers) -> None:
        super().__init__(f"{code}: {sentence}")
        self.status, self.code, self.sentence, self.numbers = status, code, sentence, numbers


class Client:
    """One member of a live market."""

    def __init__(self, address: str = ADDRESS, token: str = "", seconds: float = PATIENCE_SECONDS) -> None:
        """`seconds` is how long an answer may take."""
        self.address, self.token, self._seconds = address.rstrip("/"), token, seconds

    @classmethod
    def join(cls, address: str, name: str, role: str = "student", code: str = "") -> Client:
        """Become a member; keep `client.token`, for the market shows it this once."""
        client = cls(address)
        body = {"name": name, "role": role, "code": code}
        client.token = client.ask("POST", "/api/members", _Membership, body).token
        return client

    # ---- market data --------------------------------------------------------------------------------------------

    def instruments(self) -> list[Instrument]:
        """Every book with its instrument."""
        return self.ask("GET", "/api/instruments", list[Instrument])

    def quote(self, symbol: str) -> Quote:
        """Last trade, best bid and ask, volume, phase."""
        return self.ask("GET", "/api/quote", Quote, symbol=symbol)

    def book(self, symbol: str, levels: int = 10) -> Depth:
        """The best prices of both sides."""
        return self.ask("GET", "/api/book", Depth, symbol=symbol, levels=levels)

    def trades(self, symbol: str, after: int | None = None, limit: int = 100) -> list[TradeView]:
        """The next trades after a number; without one the last."""
        return self.ask("GET", "/api/trades", list[TradeView], symbol=symbol, after=after, limit=limit)

    def candles(self, symbol: str, seconds: int = 60, limit: int = 100) -> list[Candle]:
        """The last candles of so many simulated seconds."""
        return self.ask("GET", "/api/candles", list[Candle], symbol=symbol, seconds=seconds, limit=limit)

    def statistics(self, symbol: str) -> Statistics:
        """The figures of a book since the market opened."""
        return self.ask("GET", "/api/statistics", Statistics, symbol=symbol)

    def board(self) -> list[BoardRow]:
        """The leaderboard."""
        return self.ask("GET", "/api/board", list[BoardRow])

    # ---- the own account ----------------------------------------------------------------------------------------

    def account(self) -> AccountView:
        """What the own account has, and what open orders reserve."""
        return self.ask("GET", "/api/accounts/me", AccountView)

    def holds(self, asset: str) -> int:
        """How much of an asset the own account has, reserved or not."""
        return sum(one.total for one in self.account().balances if one.asset == asset)

    def reports(self, after: int = 0) -> list[ReportView]:
        """What happened to the own orders after the report of this number."""
        return self.ask("GET", "/api/reports", list[ReportView], after=after)

    def follow_reports(self, after: int = 0) -> Iterator[ReportView]:
        """The same reports as they come, by the stream, until the market ends."""
        address = self.ask("POST", "/api/tickets", _Ticket).address
        for message in _messages(f"{address}&after={after}"):
            yield msgspec.json.decode(message, type=ReportView)

    def orders(self, is_open: bool | None = True) -> list[OrderView]:
        """The own orders: the open ones, the last ended ones, or with None both."""
        choice = None if is_open is None else str(is_open).lower()
        return self.ask("GET", "/api/orders", list[OrderView], open=choice)

    def order(self, number: int) -> OrderView:
        """One of the own orders."""
        return self.ask("GET", f"/api/orders/{number}", OrderView)

    def binance_keys(self) -> KeyPair:
        """A key and a secret for programs that speak to Binance (`serve --compat binance`); the next ends this one."""
        return self.ask("POST", "/compat/binance/keys", KeyPair)

    # ---- trading ------------------------------------------------------------------------------------------------

    def place(self, order: PlaceOrder) -> Acknowledgement:
        """Place an order; with a client_id it is placed once, however often it is sent."""
        return self.ask("POST", "/api/orders", Acknowledgement, order)

    def check(self, order: PlaceOrder) -> Verdict:
        """Whether an order would be accepted; nothing is placed."""
        return self.ask("POST", "/api/orders/check", Verdict, order)

    def amend(self, number: int, quantity: int | None = None, limit: int | None = None) -> Acknowledgement:
        """Change the total quantity or the limit of an open order."""
        changes = {name: value for name, value in (("quantity", quantity), ("limit", limit)) if value is not None}
        return self.ask("PATCH", f"/api/orders/{number}", Acknowledgement, changes)

    def cancel(self, number: int) -> Acknowledgement:
        """Cancel what is left of an order."""
        return self.ask("DELETE", f"/api/orders/{number}", Acknowledgement)

    def cancel_all(self, symbol: str | None = None) -> list[Acknowledgement]:
        """Cancel every open order, of one instrument or of all."""
        return self.ask("DELETE", "/api/orders", list[Acknowledgement], symbol=symbol)

    # ---- requests -----------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, kind: type[T], body: Any = None, **query: str | int | None) -> T:
        """Any request of the interface: its answer as this kind of value, or `Refused`."""
        said = {name: value for name, value in query.items() if value is not None}
        address = f"{self.address}{path}?{urlencode(said)}" if said else f"{self.address}{path}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else msgspec.json.encode(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            with _OPENER.open(Request(address, data, headers, method=method), timeout=self._seconds) as answer:
                return msgspec.json.decode(answer.read(), type=kind)
        except HTTPError as refused:
            with refused:
                raise _refused(refused.code, refused.read(), address) from None
        except (URLError, HTTPException, OSError) as problem:
            raise InputError(f"no market answers at {self.address}: {problem}") from None
        except msgspec.ValidationError as problem:
            raise InputError(f"{address} does not answer like a live market: {problem}") from None


def _refused(status: int, body: bytes, address: str) -> InputError:
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except msgspec.DecodeError:
        return InputError(f"{address} answers with HTTP {status}, and not like a live market")
    return Refused(status, said.code, said.sentence, said.numbers)


def tickers(address: str = STREAM, symbol: str | None = None) -> Iterator[Ticker]:
    """The messages of the stream as they come, of one book or of all, until the market ends."""
    for message in _messages(address):
        ticker = msgspec.json.decode(message, type=Ticker)
        if symbol in (None, ticker.symbol):
            yield ticker


def _messages(address: str) -> Iterator[str | bytes]:
    """The messages of one connection to the stream."""
    # The library of the stream is imported here: who trades by REST alone does not need it.
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect

    try:
        with connect(address, proxy=None, open_timeout=PATIENCE_SECONDS) as stream:
            yield from stream
    except ConnectionClosed:
        return
    except (OSError, InvalidHandshake) as problem:
        raise InputError(f"no stream answers at {address.partition('?')[0]}: {problem}") from None
