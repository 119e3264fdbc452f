"""The pages of a live market: what they show is the journal's, an order is acknowledged, and members are kept apart."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from html import unescape

import pytest

from market_sim.analysis.results.competition import competition_table
from market_sim.analysis.results.performance import performances
from market_sim.api.access import LiveSettings
from market_sim.api.live.market import LiveMarket
from market_sim.api.members import Member
from market_sim.core.data.codec import encode
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import OPERATOR, StartCompetition
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.models.run_events import InputReceived
from market_sim.core.models.surveillance_events import AppealGranted
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.spoofer import SpooferScenario
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app
from market_sim.ui.web.live_market.membership import BELONGS, WITH_TOKENS
from market_sim.ui.web.live_market.stream import MarketStreams
from market_sim.ui.web.live_market.view import SHORTEST_SECONDS, MarketView
from tests.unit.ui.web.conftest import LESSON, Visitor

CODES = {"student": "K7XQ2M", "observer": "K7XQ2M", "instructor": "W3"}
JSON = {"Accept": "application/json"}


@dataclass
class Class:
    """A class with its market, whose clock stands still, and one browser for each of its members."""

    app: object
    market: LiveMarket
    ann: Visitor
    bob: Visitor
    watcher: Visitor
    teacher: Visitor
    stranger: Visitor

    @property
    def view(self) -> MarketView:
        return self.app.extensions["market_view"]


def opened(epochs: int = 60) -> LiveMarket:
    """A market a second after its opening; its clock stands still."""
    session = Session(FirstMarket(traders=6), Options(epochs=epochs, settlement="none"))
    session.step(epoch=1)
    market = LiveMarket(session)
    market.stop_clock()
    market.start()
    return market


def joined(app, name: str, role: str = "student", code: str | None = None) -> Visitor:
    visitor = Visitor(app)
    form = {"name": name, "role": role, "code": CODES[role] if code is None else code}
    assert visitor.post("/market/join", form).status_code == 303
    return visitor


def settings(folder, market: LiveMarket, live: LiveSettings) -> dict:
    names = {name.upper(): str(folder / name) for name in ("results", "instance", "lessons", "answers")}
    return {**names, "MARKET": market, "LIVE": live}


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    market = opened()
    app = create_app(settings(tmp_path_factory.mktemp("class"), market, LiveSettings("9b", codes=CODES)))
    names = joined(app, "ann"), joined(app, "bob"), joined(app, "eye", "observer"), joined(app, "ms w", "instructor")
    yield Class(app, market, *names, Visitor(app))
    market.end()


@pytest.fixture(scope="module")
def open_site(tmp_path_factory):
    """A market without a class: everybody on this computer may look and join."""
    market = opened(epochs=2)
    yield create_app(settings(tmp_path_factory.mktemp("open"), market, LiveSettings()))
    market.end()


def placed(visitor: Visitor, side: str = "buy", quantity: str = "1", limit: str = "50.00", **more: str) -> dict:
    form = {"symbol": "ACME", "side": side, "quantity": quantity, "limit": limit, **more}
    answer = visitor.post("/market/orders", form, JSON)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def state(visitor: Visitor) -> dict:
    """What a page shows once it has caught up, which takes it a tenth of a second at most."""
    events = visitor.app.extensions["live"].market.whole
    while (found := visitor.get("/market/state.json").get_json())["market"]["events"] < events:
        pass
    return found


# ---- what is shown


def test_the_newest_trade_on_the_page_is_the_journals_last(room):
    last = list(room.market.journal.of(Trade))[-1]
    shown = state(room.ann)["market"]["tape"][0]
    assert shown[0] == f"{last.trade:,}"
    assert shown[2:4] == [written(last.price), f"{last.quantity:,}"]
    assert shown[0] in room.ann.get("/market").text


def test_each_tile_sums_the_table_that_it_leads_to(room):
    page, market = room.ann.get("/market").text, state(room.ann)["market"]
    trades = list(room.market.journal.of(Trade))
    assert market["tiles"]["trades"] == f"{len(trades):,}" == market["instruments"][0][6]
    turnover = f"{written(sum(one.price * one.quantity for one in trades))} USD"
    assert market["tiles"]["turnover"] == turnover == market["instruments"][0][5]
    assert market["tiles"]["volatility"] == f"ACME {market['instruments'][0][7]}"
    first = market["board"][0]
    assert market["tiles"]["leader"] == f"{first['account']} {first['points']}"
    for target in re.findall(r'<li[^>]*><a href="#([^"]+)">', page):
        assert f'id="{target}"' in page


def test_five_candles_of_a_minute_and_one_of_five_come_from_the_same_trades(room):
    drawn = {seconds: json.loads(room.ann.get(f"/market/candles.json?seconds={seconds}").text) for seconds in (60, 300)}
    for answer in drawn.values():
        assert "candles of" in answer["figure"]["layout"]["annotations"][0]["text"]
        assert answer["told"].endswith(".")
    volume = {
        seconds: sum(sum(trace["y"]) for trace in answer["figure"]["data"] if _is_volume(trace))
        for seconds, answer in drawn.items()
    }
    assert volume[60] == volume[300] == sum(one.quantity for one in room.market.journal.of(Trade))
    assert room.ann.get("/market/candles.json?seconds=7").status_code == 422


def _is_volume(trace: dict) -> bool:
    return trace["type"] == "bar" and trace["yaxis"] == "y2"


def test_views_are_worked_out_ten_times_a_second_at_most(room):
    times = iter([0.0, 0.01, SHORTEST_SECONDS + 0.01])
    view = MarketView(room.app.extensions["live"], clock=lambda: next(times))
    first = view.depth("ACME")
    placed(room.ann, limit="49.99")
    assert view.depth("ACME") is first
    assert view.depth("ACME") is not first


def test_persons_have_a_place_among_all_and_one_in_their_class(room):
    board = state(room.ann)["market"]["board"]
    persons = [one for one in board if one["by_hand"]]
    assert {one["account"] for one in persons} >= {"ann", "bob"}
    assert min(one["class_place"] for one in persons) == 1
    assert all(one["class_place"] <= one["place"] for one in persons)
    assert {one["class_place"] for one in board if not one["by_hand"]} == {None}


# ---- orders


def test_an_order_is_acknowledged_and_stands_in_book_and_account_at_once(room):
    said = placed(room.ann, limit="98.00", quantity="7")
    assert said["status"] == "open"
    assert said["sentence"] == f"Order {said['order']} waits in the book."
    accepted = list(room.market.journal.of(OrderAccepted))[-1]
    assert (accepted.account, accepted.terms) == ("ann", Buy("ACME", 7, 9_800))
    own = state(room.ann)["own"]
    assert own["open"][0]["terms"] == "buy 7 ACME at 98.00, gtc"
    depth = json.loads(room.ann.get("/market/depth.json").text)
    assert 98.0 in [x for trace in depth["figure"]["data"] for x in trace["x"]]
    usd = next(row for row in own["balances"] if row[0] == "USD")
    assert usd[2] != "0.00", "the order reserves its price"


def test_the_page_the_rest_of_the_program_and_a_strategy_leave_the_same_events(room):
    placed(room.ann, side="sell", quantity="1", limit="150.00")
    by_page = list(room.market.journal)[-1]
    room.market.submit("ann", Sell("ACME", 1, 15_000))
    by_program = list(room.market.journal)[-1]
    assert type(by_page) is type(by_program) is OrderRejected
    assert (by_page.reason, by_page.account) == (by_program.reason, by_program.account)


def test_a_refused_order_is_told_with_its_reason(room):
    said = placed(room.ann, side="sell", quantity="1000", limit="100.00")
    assert (said["status"], said["order"]) == ("refused", None)
    assert said["reason"]
    assert said["sentence"].startswith("Refused: ")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"symbol": "NONE"}, "NONE is not listed; listed are ACME"),
        ({"side": "hold"}, "an order is to buy or to sell, found 'hold'"),
        ({"quantity": ""}, "quantity: expected a decimal number such as 100.25, found ''"),
        ({"quantity": "1.5"}, "quantity: expected a whole number, found '1.5'"),
        ({"limit": "1e400"}, "limit: 1e400 is larger than any market"),
        ({"limit": "NaN"}, "limit: expected a number with at most 2 decimals, found 'NaN'"),
        ({"limit": "99.999"}, "limit: expected a number with at most 2 decimals, found '99.999'"),
        ({"time_in_force": "gtd"}, "an order stands gtc, ioc, fok, day, auction, found 'gtd'"),
    ],
)
def test_a_ticket_that_is_no_order_is_refused_in_one_sentence(room, wrong, sentence):
    before = len(room.market.journal)
    form = {"symbol": "ACME", "side": "buy", "quantity": "1", "limit": "99.00", **wrong}
    answer = room.ann.post("/market/orders", form, JSON)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["sentence"] == sentence
    assert len(room.market.journal) == before, "nothing is recorded"


def test_own_orders_are_cancelled_one_by_one_or_all_at_once(room):
    one, other = placed(room.bob)["order"], placed(room.bob)["order"]
    cancelled = room.bob.post(f"/market/orders/{one}/cancel", {}, JSON).get_json()
    assert cancelled["status"] == "cancelled"
    [row] = [order for order in state(room.bob)["own"]["ended"] if order["order"] == one]
    assert row["reason"] and cancelled["sentence"].lower().endswith(f" {row['reason']}."), "page and answer agree"
    assert row["reason"] != "0 withdrawn"
    assert [order["order"] for order in state(room.bob)["own"]["open"]] == [other]
    assert room.bob.post("/market/orders/cancel", {}, JSON).get_json()["sentence"] == "1 of your orders is cancelled."
    assert not state(room.bob)["own"]["open"]
    assert room.bob.post("/market/orders/cancel", {}, JSON).get_json()["sentence"] == "You had no open order."
    assert room.bob.post("/market/orders/999999999/cancel", {}, JSON).status_code == 404


def test_without_a_script_the_answer_stands_on_the_page(room):
    form = {"symbol": "ACME", "side": "buy", "quantity": "1", "limit": "50.00"}
    assert room.bob.post("/market/orders", form).location == "/market"
    assert "waits in the book." in room.bob.get("/market").text
    room.bob.post("/market/orders/cancel")


# ---- who may do what


def test_a_student_reads_and_cancels_nobody_elses_orders(room):
    order = placed(room.ann)["order"]
    for visitor, reason in (
        (room.bob, "this account belongs to somebody else"),
        (room.watcher, "this account belongs to somebody else"),
        (room.stranger, "is for its members"),
    ):
        answer = visitor.get("/market/accounts/ann", headers=JSON)
        assert answer.status_code == 403
        assert reason in answer.get_json()["error"]["sentence"]
    answer = room.bob.post(f"/market/orders/{order}/cancel", {}, JSON)
    assert answer.status_code == 403
    assert "belongs to somebody else" in answer.get_json()["error"]["sentence"]
    assert f'<th scope="row">{order}</th>' in room.ann.get("/market/accounts/ann").text
    assert f'<th scope="row">{order}</th>' in room.teacher.get("/market/accounts/ann").text


FOR_STUDENTS = {
    *(f"market.{name}" for name in ("page", "wall", "events", "state", "candles", "depth", "door", "account")),
    *(f"site.{name}" for name in ("static_file", "plotly", "favicon", "glossary", "rules")),
    "interface.page",
}
"""Every address that a student may read; of all others it is told why not."""


def test_over_every_address_a_student_sees_the_market_and_its_own_account_alone(room):
    secret = placed(room.ann, limit="47.11")["order"]
    refused = set()
    for rule in room.app.url_map.iter_rules():
        part = rule.endpoint.partition(".")[0]
        if "GET" not in rule.methods or part.startswith(WITH_TOKENS) or rule.endpoint == "market.events":
            continue  # programs have tokens of their own, and the stream sends what state.json has
        path = re.sub(r"<lesson:\w+>", LESSON, rule.rule)
        path = re.sub(r"<number:\w+>", "1", re.sub(r"<path:\w+>|<name:\w+>", "ann", path))
        path = re.sub(r"<[^>]+>", "x" * 12, path)
        answer = room.bob.get(path, headers=JSON)
        assert str(secret) not in re.findall(r"\b\d+\b", answer.text) or "47.11" not in answer.text, path
        if rule.endpoint in FOR_STUDENTS and rule.endpoint != "market.account":
            assert answer.status_code in (200, 404), path
        elif path == "/":
            assert answer.location == "/market"
        else:
            assert answer.status_code == 403, path
            assert len(answer.get_json()["error"]["sentence"]) > 20, path
            refused.add(rule.endpoint)
    assert len(refused) > 25
    assert answer_of(room.bob, "/runs") == BELONGS


def answer_of(visitor: Visitor, path: str) -> str:
    return visitor.get(path, headers=JSON).get_json()["error"]["sentence"]


def test_over_every_change_a_student_changes_only_what_is_its_own(room):
    own = {"market.join", "market.leave", "market.place", "market.cancel", "market.cancel_all"}
    before = len(room.market.journal)
    seen = set()
    for rule in room.app.url_map.iter_rules():
        part = rule.endpoint.partition(".")[0]
        if "POST" not in rule.methods or rule.endpoint in own or part.startswith(WITH_TOKENS):
            continue
        path = re.sub(r"<lesson:\w+>", LESSON, rule.rule)
        path = re.sub(r"<string:\w+>", "pause", re.sub(r"<name:\w+>", "first-market", path))
        answer = room.bob.post(re.sub(r"<number:\w+>", "1", path), {}, JSON)
        assert answer.status_code == 403, path
        seen.add(rule.endpoint)
    assert "classes.act" in seen
    assert len(seen) > 8
    assert len(room.market.journal) == before


def test_the_instructor_has_the_whole_site_and_an_observer_watches(room):
    assert room.teacher.get("/runs").status_code == 200
    assert room.watcher.get("/market").status_code == 200
    assert 'id="ticket"' not in room.watcher.get("/market").text
    answer = room.watcher.post("/market/orders", {"symbol": "ACME"}, JSON)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["sentence"].startswith("you are here as observer")
    assert room.teacher.get("/market/accounts/nobody").status_code == 404


def test_the_door_wants_name_and_code_and_says_what_is_wrong(room):
    for form, sentence in (
        ({"name": "cy", "code": "WRONG"}, "this is not the code for students"),
        ({"name": "cy", "code": CODES["student"], "role": "instructor"}, "this is not the code for the instructor"),
        ({"name": "", "code": CODES["student"]}, "a name has 1 to 64 printable characters"),
        ({"name": "ann", "code": CODES["student"]}, "there is already"),
        ({"name": "maker-0", "code": CODES["student"]}, "there is already an account named"),
        ({"name": "a/b", "code": CODES["student"]}, "a name has no slash"),
        ({"token": "x"}, "nobody here has this token"),
    ):
        answer = room.stranger.post("/market/join", form)
        assert answer.status_code == 422
        assert sentence[1:] in unescape(answer.text), form
        assert room.stranger.get("/market").location == "/market/join"


def test_a_code_is_not_to_be_guessed(tmp_path):
    market = opened(epochs=2)
    app = create_app(settings(tmp_path, market, LiveSettings("9b", codes=CODES)))
    visitor = Visitor(app)
    answers = [visitor.post("/market/join", {"name": "cy", "code": f"{number}"}).status_code for number in range(22)]
    market.end()
    assert answers[:20] == [422] * 20
    assert answers[20:] == [429] * 2


def test_a_market_that_has_ended_is_not_said_to_be_open(tmp_path):
    market = opened(epochs=2)
    visitor = Visitor(create_app(settings(tmp_path, market, LiveSettings())))
    assert "Trading is open." in visitor.get("/market").text
    market.end()
    page = visitor.get("/market").text
    assert "The market has ended." in page and "Trading is open." not in page


def test_a_token_is_never_taken_from_an_address(room):
    token = room.app.extensions["live"].admit("di", "student", CODES["student"])
    assert room.stranger.get(f"/market?token={token}").location == "/market/join"
    visitor = Visitor(room.app)
    assert visitor.post("/market/join", {"token": token}).status_code == 303
    assert "di, student" in " ".join(visitor.get("/market").text.split())
    visitor.post("/market/leave")
    assert "Your account and its open orders stay" in visitor.get("/market/join").text
    assert visitor.get("/market").location == "/market/join"


def test_without_a_class_everybody_on_this_computer_looks_and_joins(open_site):
    visitor = Visitor(open_site)
    assert "Join and trade" in visitor.get("/market").text
    assert visitor.post("/market/join", {"name": "Zoë"}).location == "/market"
    assert placed(visitor)["status"] == "open"
    assert visitor.get("/scenarios").status_code == 200
    assert visitor.get("/market/class").status_code == 403
    operator = Visitor(open_site)
    operator.post("/market/join", {"token": open_site.extensions["live"].operator()})
    assert operator.get("/market/class").status_code == 200


def test_on_port_8050_the_market_is_the_first_page(open_site, visitor):
    first = Visitor(open_site).client.get("/", base_url="http://127.0.0.1:8050")
    assert first.location == "/market"
    assert "The course" in Visitor(open_site).get("/").text
    assert visitor.client.get("/", base_url="http://127.0.0.1:8050").status_code == 200, "without a market, the course"


def test_without_a_market_the_pages_say_how_to_open_one(visitor):
    answer = visitor.get("/market", headers=JSON)
    assert answer.status_code == 404
    assert "simulate.py serve --scenario" in answer.get_json()["error"]["sentence"]
    assert "/market" not in visitor.get("/").text, "the navigation offers nothing that is not there"


# ---- the instructor


def asked(room: Class, action: str, **form: str):
    return room.teacher.post(f"/market/class/{action}", form)


def test_paused_trading_takes_cancels_and_refuses_orders_until_a_call_reopens_it(room):
    order = placed(room.bob)["order"]
    assert asked(room, "pause").status_code == 303
    assert placed(room.bob)["reason"] == "PAUSED"
    assert state(room.bob)["market"]["phases"] == "Trading is halted."
    news = state(room.bob)["market"]["news"][0]
    assert news["kind"] == "halt" and not news["sentence"].endswith("."), "the page ends the sentence"
    assert room.bob.post(f"/market/orders/{order}/cancel", {}, JSON).get_json()["status"] == "cancelled"
    asked(room, "reopen")
    assert state(room.bob)["market"]["phases"] == "Not open: ACME is in its call."
    room.market.start_clock()
    room.market.run_at(20)
    while room.app.extensions["live"].state.quote("ACME").phase != "continuous":
        room.market.wait(len(room.market.journal), 1)
    room.market.stop_clock()
    assert placed(room.bob)["status"] == "open"


def test_clock_speed_and_news_are_the_instructors(room):
    asked(room, "start-clock")
    asked(room, "stop-clock")
    assert state(room.ann)["manner"]["stands"]
    asked(room, "speed", speed="25")
    assert state(room.ann)["manner"]["speed"] == 25
    assert asked(room, "speed", speed="-1").status_code == 422
    asked(room, "news", symbol="ACME", percent="-2.5")
    news = state(room.ann)["market"]["news"][0]
    assert news["kind"] == "news" and "-2.5 %" in news["sentence"]
    assert asked(room, "news", symbol="ACME", percent="a lot").status_code == 422
    assert asked(room, "dance").status_code == 404


def test_what_was_gained_before_the_competition_counts_for_nothing(room):
    for visitor in (room.ann, room.bob):
        visitor.post("/market/orders/cancel")
    placed(room.ann, quantity="5", limit="")  # a market order crosses the spread
    before = competition_table(copied(room.market))
    assert before.column("practice") == [0] * len(before)
    assert any(before.column("points"))
    asked(room, "compete")
    assert [event.sender for event in room.market.journal.of(InputReceived)
            if event.kind == StartCompetition.__name__] == [OPERATOR]  # fmt: skip
    after = competition_table(copied(room.market))
    assert not any(after.column("points")), "the clock stands still, so nothing has been gained since"
    assert {row["account"]: row["practice"] for row in after} == {row["account"]: row["points"] for row in before}
    assert state(room.ann)["market"]["competes"]
    placed(room.bob, quantity="5", limit="")
    final = {row["account"]: row for row in competition_table(copied(room.market))}
    in_all = {one.gain.account: one.gain.from_trading for one in performances(copied(room.market))}
    assert final["bob"]["points"] == in_all["bob"] - final["bob"]["practice"]
    assert final["bob"]["trades"] > 0
    assert final["ann"]["trades"] == 0


def copied(market: LiveMarket) -> Journal:
    found = Journal()
    for event in market.journal.since(0)[: market.whole]:
        found.record(event)
    return found


def test_results_are_a_spreadsheet_and_the_data_set_is_the_journal(room):
    joined(room.app, "=1+1")
    answer = room.teacher.get("/market/results.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {"ann", "bob", "'=1+1"} <= {row["account"] for row in rows}
    expected = {row["account"]: row["points"] for row in competition_table(copied(room.market))}
    assert {row["account"].lstrip("'"): int(row["points"]) for row in rows} == expected
    lines = room.teacher.get("/market/journal.jsonl").data.splitlines()
    assert lines == [encode(event) for event in copied(room.market)]


def test_the_competition_is_no_participants_to_start(room):
    with pytest.raises(InputError, match="by the operator"):
        room.market.submit("ann", StartCompetition())


# ---- the stream


def test_the_stream_begins_with_everything_and_then_tells_what_has_changed(room):
    stream = room.app.extensions["market_streams"].open("ACME", Member("ann", "student"))
    messages = iter(stream)
    assert next(messages).startswith("retry: ")
    first = next(messages)
    assert re.findall(r"^event: (\w+)$", first, re.MULTILINE) == ["market", "manner", "own"]
    order = placed(room.ann, limit="51.00")["order"]
    told = next(messages)
    assert f'"order":{order}' in told
    assert f'"events":{len(room.market.journal)}' in told
    stream.close()
    stream.close()


def test_only_so_many_streams_are_open_and_a_closed_one_makes_room(room):
    streams = MarketStreams(room.market, room.view, most=1)
    first = streams.open("ACME", None)
    assert streams.open("ACME", None) is None
    first.close()
    second = streams.open("ACME", None)
    streams.close()
    assert list(second) == ["retry: 1000\n\n"], "the site is ending"


def test_an_appeal_is_granted_by_a_button_and_over_rest_and_by_the_instructor_alone(tmp_path):
    session = Session(SpooferScenario(traders=0, penalties=True), Options(epochs=60, settlement="none"))
    session.step(epoch=3)
    market = LiveMarket(session)
    market.stop_clock()
    market.start()
    try:
        app = create_app(settings(tmp_path, market, LiveSettings("9b", codes=CODES)))
        teacher, live = joined(app, "ms w", "instructor"), app.extensions["live"]
        tokens = {"operator": live.operator(), "ann": live.admit("ann", "student", CODES["student"])}

        def rest(who: str, path: str, **more: object):
            headers = {"Authorization": f"Bearer {tokens[who]}"}
            return app.test_client().open(f"/api/market/{path}", headers=headers, **more)

        fines = [one for one in rest("operator", "measures").json if one["step"] == "fine"]
        first, second = (one["measure"] for one in fines[:2])
        assert rest("ann", "measures").json == [], "a student sees the own ones"
        assert rest("ann", "appeals", method="POST", json={"measure": first}).status_code == 403
        assert joined(app, "bob").post("/market/class/appeal", {"measure": str(first)}).status_code == 403
        assert f"Grant the appeal against measure {first}" in teacher.get("/market/class").text
        assert teacher.post("/market/class/appeal", {"measure": str(first)}).status_code == 303
        assert rest("operator", "appeals", method="POST", json={"measure": second}).json == {"taken": True}
        for again in (str(second), "x", ""):
            assert teacher.post("/market/class/appeal", {"measure": again}).status_code == 422
        page = teacher.get("/market/class").text
        assert f"appeal against measure {first}" not in page and f"appeal against measure {second}" not in page
        granted = [one["measure"] for one in rest("operator", "measures").json if one["granted"]]
        assert granted == [first, second]
        returned = [(one.measure, one.returned) for one in market.journal.of(AppealGranted)]
        assert returned == [(one["measure"], one["amount"]) for one in fines[:2]]
    finally:
        market.end()
