"""The words of Binance over the live market: every number is the market's, every signature is checked, one door."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import msgspec
import pytest

from market_sim.api.compat.binance_trading import LONGEST_WINDOW_MS
from market_sim.api.compat.binance_words import Rejected, read, said
from market_sim.api.compat.signing import signature_of
from market_sim.core.models.inputs import input_of
from market_sim.core.models.intents import Conditions, PlaceOrder
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.ui.web.application import create_app
from tests.unit.api.rest.desk import opened

PREFIX = "/compat/binance/api/v3"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("compat"), Marksim(), "none", COMPAT="binance") as found:
        found.keys = {who: found.ask("POST", "/compat/binance/keys", who).json for who in ("ann", "bob")}
        yield found


def public(desk, path, **asked):
    return desk.client.get(f"{PREFIX}/{path}?{urlencode(asked)}")


def signed(desk, method, path, who="ann", secret=None, **asked):
    pair = desk.keys[who]
    text = urlencode({"timestamp": int(time.time() * 1_000), "recvWindow": LONGEST_WINDOW_MS} | asked)
    text += f"&signature={signature_of(secret or pair['secret'], text)}"
    headers = {"X-MBX-APIKEY": pair["apiKey"]}
    if method == "POST":
        return desk.client.open(f"{PREFIX}/{path}", method=method, data=text, headers=headers, content_type=FORM)
    return desk.client.open(f"{PREFIX}/{path}?{text}", method=method, headers=headers)


def ordered(desk, who="ann", **asked):
    terms = {"symbol": "BTCUSD", "side": "BUY", "type": "LIMIT", "quantity": "0.10", "price": "40000"} | asked
    return signed(desk, "POST", "order", who, **{name: value for name, value in terms.items() if value is not None})


def test_the_pair_has_the_steps_of_the_instrument(desk) -> None:
    [pair] = public(desk, "exchangeInfo").json["symbols"]
    assert (pair["symbol"], pair["baseAsset"], pair["quoteAsset"], pair["status"]) == (
        "BTCUSD",
        "BTC",
        "USD",
        "TRADING",
    )
    price, lot = pair["filters"]
    assert (price["tickSize"], price["minPrice"], lot["stepSize"]) == ("1", "1", "0.01")
    assert public(desk, "ping").json == {}
    before = int(time.time() * 1_000)
    assert before <= public(desk, "time").json["serverTime"] <= time.time() * 1_000


def test_market_data_are_the_markets_numbers(desk) -> None:
    state = desk.access.state
    quote, figures, book = state.quote("BTC/USD"), state.statistics("BTC/USD"), state.book("BTC/USD", 100)
    told = public(desk, "depth", symbol="BTCUSD").json
    for side, levels in (("bids", book.bids), ("asks", book.asks)):
        expected = [(level.price, level.quantity) for level in levels]
        assert [(int(price), round(float(size) * 100)) for price, size in told[side]] == expected
    ticker = public(desk, "ticker/24hr", symbol="BTCUSD").json
    assert [ticker] == public(desk, "ticker/24hr").json == public(desk, "ticker/24hr", symbols='["BTCUSD"]').json
    assert (ticker["lastPrice"], ticker["bidPrice"]) == (str(quote.last), str(quote.bid or 0))
    assert (round(float(ticker["volume"]) * 100), ticker["count"]) == (figures.volume, figures.trades)
    assert round(float(ticker["quoteVolume"]) * 100) == figures.turnover, "cash is counted in cents"
    trades = public(desk, "trades", symbol="BTCUSD", limit=5).json
    assert [one["id"] for one in trades] == [one.trade for one in state.trades("BTC/USD", limit=5)]
    first = trades[0]
    assert float(first["quoteQty"]) == pytest.approx(float(first["price"]) * float(first["qty"]))
    joined = public(desk, "aggTrades", symbol="BTCUSD", fromId=first["id"], limit=5).json
    assert [(one["a"], one["T"], one["m"]) for one in joined] == [
        (one["id"], one["time"], one["isBuyerMaker"]) for one in trades
    ]
    assert public(desk, "aggTrades", symbol="BTCUSD", startTime=first["time"], limit=1).json[0]["T"] == first["time"]
    kept = state.candles("BTC/USD", 1, 3)
    candles = public(desk, "klines", symbol="BTCUSD", interval="1s", limit=3).json
    assert [[int(one) for one in row[1:5]] for row in candles] == [[c.open, c.high, c.low, c.close] for c in kept]
    assert [round(float(row[5]) * 100) for row in candles] == [one.volume for one in kept]


def test_an_order_comes_in_by_the_door_of_all_others_and_is_the_same_intent(desk) -> None:
    told = ordered(desk, newClientOrderId="mine", type="LIMIT_MAKER").json
    assert (told["status"], told["origQty"], told["price"], told["type"]) == ("NEW", "0.10", "40000", "LIMIT_MAKER")
    last = list(desk.market.journal.of(InputReceived))[-1]
    wanted = PlaceOrder("BTC/USD", 1, 10, 40_000, client_id="mine", conditions=Conditions(post_only="reject"))
    assert (last.sender, input_of(last)) == ("ann", wanted)
    assert last.terms == msgspec.to_builtins(wanted)
    assert [one["clientOrderId"] for one in signed(desk, "GET", "openOrders").json] == ["mine"]
    assert ordered(desk, newClientOrderId="mine", type="LIMIT_MAKER").json["orderId"] == told["orderId"]
    assert signed(desk, "GET", "order", symbol="BTCUSD", orderId=told["orderId"]).json["status"] == "NEW"
    balances = {one["asset"]: one for one in signed(desk, "GET", "account").json["balances"]}
    assert float(balances["USD"]["locked"]) == 4_000
    assert float(balances["USD"]["free"]) + 4_000 == 100_000
    gone = signed(desk, "DELETE", "order", symbol="BTCUSD", origClientOrderId="mine").json
    assert (gone["status"], gone["executedQty"]) == ("CANCELED", "0.00")
    assert signed(desk, "GET", "openOrders", symbol="BTCUSD").json == []
    assert [one["status"] for one in signed(desk, "GET", "allOrders", symbol="BTCUSD").json] == ["CANCELED"]


def test_what_trades_at_once_has_its_fills_and_what_does_not_rest_expires(desk) -> None:
    told = ordered(desk, type="MARKET", price=None, quantity="0.02").json
    assert (told["status"], told["executedQty"], told["type"]) == ("FILLED", "0.02", "MARKET")
    [fill] = told["fills"]
    assert (fill["qty"], fill["commissionAsset"]) == ("0.02", "USD")
    assert float(told["cummulativeQuoteQty"]) == pytest.approx(float(fill["price"]) * 0.02)
    assert ordered(desk, timeInForce="IOC", price="1").json["status"] == "EXPIRED"
    for _ in range(2):
        ordered(desk, "bob", price="39000")
    assert len(signed(desk, "DELETE", "openOrders", "bob", symbol="BTCUSD").json) == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"symbol": "NOTHING"}, -1121),
        ({"symbol": None}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP_LOSS"}, -1116),
        ({"timeInForce": "GTD"}, -1115),
        ({"price": None}, -1102),
        ({"quantity": None}, -1102),
        ({"type": "MARKET"}, -1106),
        ({"quantity": "NaN"}, -1100),
        ({"quantity": "-1"}, -1100),
        ({"quantity": "1e30"}, -1100),
        ({"quantity": "1e999999999999"}, -1100),
        ({"quantity": "0.001"}, -1111),
        ({"price": "40000.5"}, -1111),
        ({"newClientOrderId": "x" * 37}, -1100),
        ({"quantity": "5000"}, -2010),
        ({"side": "SELL", "quantity": "1"}, -2010),
        ({"timestamp": 1}, -1021),
        ({"timestamp": "now"}, -1102),
        ({"recvWindow": 60_001}, -1131),
    ],
)
def test_a_bad_order_has_the_code_that_programs_know_and_changes_nothing(desk, asked, code) -> None:
    before = len(signed(desk, "GET", "openOrders").json)
    answer = ordered(desk, **asked)
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert answer.json["msg"]
    assert len(signed(desk, "GET", "openOrders").json) == before


def test_a_signature_is_checked_and_a_pair_ends_with_the_next(desk) -> None:
    assert signed(desk, "GET", "account", secret="wrong").json["code"] == -1022
    account = f"{PREFIX}/account?timestamp=1"
    mine = {"X-MBX-APIKEY": desk.keys["ann"]["apiKey"]}
    for signature in ("", "&signature=", "&signature=%C3%A9", f"&signature={'0' * 64}"):
        assert desk.client.get(account + signature, headers=mine).json["code"] == -1022
    assert desk.client.get(account).json["code"] == -2014
    unknown = desk.client.get(account, headers={"X-MBX-APIKEY": "?"})
    assert (unknown.status_code, unknown.json["code"]) == (401, -2015)
    old = {"X-MBX-APIKEY": desk.keys["bob"]["apiKey"]}
    desk.keys["bob"] = desk.ask("POST", "/compat/binance/keys", "bob").json
    assert desk.client.get(account, headers=old).json["code"] == -2015
    assert signed(desk, "GET", "account", "bob").status_code == 200
    for who, status in (("", 401), ("olga", 403), ("ida", 403)):
        assert desk.ask("POST", "/compat/binance/keys", who).status_code == status


def test_anothers_order_is_unknown(desk) -> None:
    mine = ordered(desk).json["orderId"]
    for method, code in (("GET", -2013), ("DELETE", -2011)):
        assert signed(desk, method, "order", "bob", symbol="BTCUSD", orderId=mine).json["code"] == code
    assert signed(desk, "DELETE", "order", symbol="BTCUSD", orderId=mine).status_code == 200
    assert signed(desk, "DELETE", "order", symbol="BTCUSD", orderId=mine).json["code"] == -2011


def test_a_halted_market_refuses_in_its_own_words_and_says_so_of_the_pair(desk) -> None:
    mine = ordered(desk).json["orderId"]
    desk.market.halt()
    try:
        refused = ordered(desk).json
        assert (refused["code"], refused["reason"]) == (-2010, "PAUSED")
        assert public(desk, "exchangeInfo").json["symbols"][0]["status"] == "HALT"
        assert signed(desk, "DELETE", "order", symbol="BTCUSD", orderId=mine).json["status"] == "CANCELED"
    finally:
        desk.market.reopen()


def test_no_page_of_another_site_and_no_cookie_has_a_part_in_it(desk) -> None:
    answer = desk.client.post(f"{PREFIX}/order", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json["reason"]) == (403, "WRONG_ORIGIN")
    assert "Set-Cookie" not in answer.headers
    assert public(desk, "depth", symbol="BTCUSD", limit="x").json["code"] == -1102
    assert public(desk, "klines", symbol="BTCUSD", interval="2m").json["code"] == -1120


def test_too_many_requests_are_told_with_the_time_to_wait(tmp_path) -> None:
    with opened(tmp_path, Marksim(), "none", COMPAT="binance", API_PEER_LIMIT="3 per minute") as desk:
        answers = [public(desk, "ping") for _ in range(6)]
    assert (answers[-1].status_code, answers[-1].json["code"]) == (429, -1003)
    assert answers[-1].headers["Retry-After"].isdigit()


def test_it_is_off_unless_it_is_asked_for(tmp_path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "RESULTS": str(tmp_path), "COMPAT": "binance"})
    assert app.test_client().get(f"{PREFIX}/ping").status_code == 404, "without a live market there is nothing to serve"
    with opened(tmp_path, Marksim(), "none") as desk:
        assert public(desk, "ping").status_code == 404


@pytest.mark.parametrize("decimals", [0, 2, 8])
def test_a_number_that_is_said_is_read_as_the_same(decimals: int) -> None:
    for amount in (1, 7, 99, 100, 12_345, 2**63 - 1):
        assert read("price", said(amount, decimals), decimals) == amount


def test_a_number_with_too_many_digits_is_refused() -> None:
    with pytest.raises(Rejected, match="not a positive number"):
        read("price", "9" * 5_000, 2)
