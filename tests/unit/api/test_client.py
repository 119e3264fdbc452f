"""The client asks and trades over a real connection, and what it returns is what the market itself says."""

from __future__ import annotations

import socket
from itertools import islice, pairwise, product

import msgspec
import pytest

from examples import lesson_bot, trading_bot
from examples.trading_bot import LIMIT, quotes
from market_sim.api.client import Client, Refused, tickers
from market_sim.api.live.state import AccountView
from market_sim.api.stream.ticker import CYCLE_NS
from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Buy, Conditions, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted
from tests.conftest import ROOT
from tests.served_market import served


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with served(tmp_path_factory.mktemp("client"), has_stream=True) as found:
        yield found


@pytest.fixture(scope="module")
def ann(live):
    return Client.join(live.address, "ann")


def test_what_a_client_reads_is_what_the_market_says(live, ann) -> None:
    live.market.stop_clock()
    live.market.ask(lambda session: None)
    try:
        state = live.app.extensions["live"].state
        assert ann.quote("ACME") == state.quote("ACME")
        assert ann.book("ACME", 5) == state.book("ACME", 5)
        assert ann.trades("ACME", limit=7) == state.trades("ACME", limit=7)
        assert len(ann.trades("ACME", after=0, limit=3)) == 3
        assert ann.candles("ACME", 1, 5) == state.candles("ACME", 1, 5)
        assert ann.statistics("ACME") == state.statistics("ACME")
        assert [row.account for row in ann.board()] == [row.account for row in state.board()]
        assert ann.account() == state.account("ann")
        [listed] = ann.instruments()
        assert (listed.symbol, listed.tick, listed.price_decimals) == ("ACME", 1, 2)
    finally:
        live.market.start_clock()


def test_an_order_is_placed_seen_amended_and_cancelled(live, ann) -> None:
    wanted = Buy("ACME", 5, 9_000, client_id="first", hidden=True)
    assert ann.check(wanted).accepted
    placed = ann.place(wanted)
    assert placed.status == "open"
    assert ann.place(wanted).order == placed.order, "sent twice under one name it is placed once"
    [accepted] = [one for one in live.market.journal.of(OrderAccepted) if one.order == placed.order]
    assert msgspec.json.encode(accepted.terms) == msgspec.json.encode(wanted)
    assert accepted.terms.conditions == Conditions(hidden=True)
    assert [one.order for one in ann.orders()] == [placed.order]
    assert ann.amend(placed.order, quantity=3).remaining == 3
    assert ann.cancel(placed.order).status == "cancelled"
    assert ann.order(placed.order).status == "cancelled"
    assert (ann.orders(), [one.order for one in ann.orders(is_open=False)]) == ([], [placed.order])
    assert [one.kind for one in ann.reports()][-3:] == ["Accepted", "Amended", "Cancelled"]
    ann.place(Sell("ACME", 1, 20_000))
    assert [one.status for one in ann.cancel_all("ACME")] == ["cancelled"]


def test_a_refusal_has_the_code_and_the_numbers_of_the_market(live, ann) -> None:
    with pytest.raises(Refused) as refused:
        ann.place(Sell("ACME", 1_000_000, 10_000))
    assert (refused.value.status, refused.value.code) == (422, "INSUFFICIENT_HOLDINGS")
    assert refused.value.numbers["needed"] == 1_000_000
    assert ann.check(Sell("ACME", 1_000_000, 10_000)).code == "INSUFFICIENT_HOLDINGS"
    with pytest.raises(Refused, match="UNKNOWN_TOKEN"):
        Client(live.address, "wrong").account()
    with pytest.raises(Refused, match="NAME_TAKEN"):
        Client.join(live.address, "ann")
    with pytest.raises(Refused, match="BAD_QUANTITY"):
        ann.place(PlaceOrder("ACME", BUY, 0))


def test_who_does_not_answer_is_told_in_a_sentence(live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(InputError, match=f"no market answers at http://127.0.0.1:{port}"):
        Client(f"http://127.0.0.1:{port}").instruments()
    with pytest.raises(InputError, match=f"no stream answers at ws://127.0.0.1:{port}"):
        next(tickers(f"ws://127.0.0.1:{port}"))
    with pytest.raises(InputError, match="not like a live market"):
        Client(f"{live.address}/nowhere", "token").instruments()


def test_the_stream_is_followed_message_by_message(live) -> None:
    found = list(islice(tickers(live.stream, "ACME"), 3))
    assert [one.symbol for one in found] == ["ACME"] * 3
    steps = [later.timestamp - earlier.timestamp for earlier, later in pairwise(found)]
    assert steps == [CYCLE_NS // 1_000] * 2


def test_a_trading_bot_quotes_and_leaves_an_empty_book(live, capsys) -> None:
    trading_bot.main(["--address", live.address, "--name", "maker", "--rounds", "3", "--seconds", "0.01"])
    mine = [one for one in live.market.journal.of(OrderAccepted) if one.account == "maker"]
    assert {one.terms.side for one in mine} == {BUY, SELL}
    assert capsys.readouterr().out.splitlines()[-1].startswith("maker was filled ")
    assert not live.app.extensions["live"].state.orders("maker", is_open=True)


def test_the_trading_bot_never_takes_and_keeps_its_limit() -> None:
    for away, bid, spread in product(range(-LIMIT, LIMIT + 1), (9_900, 9_999), (1, 2, 9, 200)):
        found = {side: (quantity, price) for side, quantity, price in quotes(bid, bid + spread, LIMIT + away, away)}
        assert all(price < bid + spread if side == BUY else price > bid for side, (_, price) in found.items())
        assert all(quantity <= LIMIT - side * away for side, (quantity, _) in found.items())
        assert (BUY in found, SELL in found) == (away < LIMIT, away > -LIMIT)
        assert quotes(None, bid, LIMIT, away) == []
    assert [side for side, _, _ in quotes(9_990, 10_010, 0, 0)] == [BUY], "what is not there is not sold"


def test_the_answer_of_the_lesson_trades_in_a_live_market(live, capsys) -> None:
    answer = ROOT / "lessons" / "13-your-own-bot" / "solution.py"
    told = ["--address", live.address, "--stream", live.stream, "--name", "student", "--messages", "2"]
    lesson_bot.main([str(answer), *told])
    mine = [one for one in live.market.journal.of(OrderAccepted) if one.account == "student"]
    assert {one.terms.side for one in mine} == {BUY, -BUY}
    assert "student holds " in capsys.readouterr().out
    assert not live.app.extensions["live"].state.orders("student", is_open=True)


def test_an_account_is_the_struct_of_the_market(ann) -> None:
    account = ann.account()
    assert type(account) is AccountView
    assert ann.holds("ACME") == next(one.total for one in account.balances if one.asset == "ACME")
