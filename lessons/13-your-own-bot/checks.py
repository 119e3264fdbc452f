"""What an answer to 13-your-own-bot must do: on single messages, and on the record of a market that does not wait.

The record is played by the backtest of the product. What the bot sees of it is what the stream and the reports of a
live market would have told, as text and as plain data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

import pytest

from market_sim import Buy, Cancel, Noise, Options, Scenario, Sell, Stock, Strategy, bps, dollars, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import RunEnded, RunStarted, ValueMoved
from market_sim.course.replay import PracticeExchange
from market_sim.market.agents.reports import Filled
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.simulation.backtest import backtest
from market_sim.strategies.market_making.fixed_spread import FixedSpread

SIZE, LIMIT, HELD, START = 5, 20, 100, 1_767_225_600_000_000
EPOCHS = 8


@pytest.mark.points(1, task=1, hint="JSON's null becomes None in Python. An empty side has no price, not the price 0.")
def test_an_empty_side_has_no_price(student, replay):
    "a message is read in whole cents, and an empty side has no price"
    for bid, ask in ((9_990, 10_010), (None, 10_010), (9_990, None)):
        text, expected = message(bid, ask, 10_001), (bid, ask, 10_001)
        found = prices(student, text)
        replay(*in_one_book(bid, ask), f"read({text})", expected, found)
        assert found == expected, f"read(...) of {text} is {expected} in cents, found {found}"


@pytest.mark.points(1, task=1, hint="Try print(0.29 * 100). Which function makes a whole number of it that is near?")
def test_no_cent_is_lost_on_the_way(student, seed, partial, replay):
    "two hundred random prices are read to the cent"
    luck = Random(seed)
    for right in range(200):
        price = luck.randrange(100, 100_000) if right else 829
        text, expected = message(price, price + 7, price + 3), (price, price + 7, price + 3)
        found = prices(student, text)
        replay(*in_one_book(price, price + 7), f"read({text})", expected, found)
        partial(right / 200, f"{right} of 200 messages are right until the first that differs")
        assert found == expected, (
            f"{text} says {expected} in cents, found {found}: a float is hardly ever exactly what it shows, so a cent "
            f"is lost where it is cut off"
        )
    partial(1, "")


@pytest.mark.points(1, task=2, hint="side is +1 where you bought and -1 where you sold; every fill costs its fee.")
def test_fills_change_what_is_held(student, replay):
    "shares and cash follow from the fills alone"
    told = [accepted(1, 5), filled(2, BUY, 5, 9_990, 3), filled(3, SELL, 2, 10_010, -1), filled(4, BUY, 1, 9_980, 0)]
    told.insert(3, {"number": 9, "kind": "Cancelled", "report": {"order": 1, "quantity": 5, "reason": "OWNER"}})
    for count, what in (
        (1, "an order that was accepted has not traded yet"),
        (2, "5 shares bought at 9990 with a fee of 3 cents"),
        (3, "then 2 sold at 10010, with a rebate of 1 cent: a fee of -1"),
        (5, "a cancelled rest changes nothing, 1 share bought at 9980"),
    ):
        expected, found = book_keeping(told[:count]), held(student, told[:count])
        replay(*in_one_book(9_990, 10_010), what, expected, found)
        assert found == expected, f"{what}: inventory(...) is {expected}, found {found}"


@pytest.mark.points(1, task=2, hint="Every report has a number. What do you do with one that you have seen?")
def test_a_report_that_comes_twice_counts_once(student, replay):
    "after a lost connection reports come again, and count once"
    told = [filled(1, BUY, 5, 9_990, 0), filled(2, SELL, 5, 10_010, 0), filled(3, BUY, 5, 9_985, 0)]
    again = [*told, *told[1:], filled(4, SELL, 1, 10_005, 0)]
    expected, found = book_keeping(again), held(student, again)
    replay(*in_one_book(9_985, 10_005), "inventory(...) of the reports 1, 2, 3, 2, 3, 4", expected, found)
    assert found == expected, (
        f"a connection was lost, and the reports came as 1, 2, 3, 2, 3, 4: inventory(...) is {expected}, "
        f"found {found}; each number counts once"
    )


@pytest.mark.points(
    2, task=3, hint="A maker waits on both sides: the bid below the ask in the message, and its reverse."
)
def test_both_sides_are_quoted_and_the_limit_holds(student, replay):
    "both sides are quoted, nothing is taken, the limit holds"
    bid, ask = 9_980, 10_020
    flat = asked(student, bid, ask, [], [])
    replay(*quoted(bid, ask, flat), "decide(...) with nothing held", f"a bid and an ask of {SIZE}", flat)
    sides = [one[0] for one in flat]
    assert sorted(sides) == ["buy", "sell"], f"with nothing held the bot asks for one buy and one sell, found {flat}"
    [buy], [sell] = ([one for one in flat if one[0] == side] for side in ("buy", "sell"))
    assert buy[2] < ask and sell[2] > bid, (
        f"with the market at {bid} / {ask} your quotes are {buy[2]} / {sell[2]}: that takes what others offer, and "
        f"a maker waits to be taken"
    )
    assert buy[2] < sell[2], f"your bid {buy[2]} is not below your ask {sell[2]}: you would trade with yourself"
    assert buy[1] == sell[1] == SIZE, f"each quote has {SIZE} shares while the limit is far, found {flat}"
    for side, word, away in ((BUY, "buy", "too many"), (SELL, "sell", "too few")):
        for quantity in (LIMIT - 2, LIMIT):
            told = [filled(1, side, quantity, 10_000, 0)]
            found = asked(student, bid, ask, told, [])
            more = sum(one[1] for one in found if one[0] == word)
            replay(*quoted(bid, ask, found), f"decide(...), {quantity} {away}", f"at most {LIMIT - quantity}", found)
            assert more <= LIMIT - quantity, (
                f"with {quantity} shares {away} and a limit of {LIMIT} you still {word} {more}: "
                f"at most {LIMIT - quantity}"
            )
            assert any(one[0] != word for one in found), f"with {quantity} shares {away} the other side is still quoted"
    for low, high in ((None, ask), (bid, None)):
        found = asked(student, low, high, [], [])
        replay(*quoted(low, high, found), "decide(...) with an empty side", "no new order", found)
        assert not [one for one in found if one[0] != "cancel"], (
            f"one side of the market is empty, so there is no middle to quote around: wait; found {found}"
        )


@pytest.mark.points(1, task=3, hint="Cancel what is no longer wanted; what you want and have already is left alone.")
def test_old_quotes_are_taken_back(student, replay):
    "never more than one order waits on a side"
    first = asked(student, 9_980, 10_020, [], [])
    orders = standing(first)
    for bid, ask in ((9_980, 10_020), (9_960, 10_000), (None, 10_000)):
        found = asked(student, bid, ask, [], orders)
        after = standing(found, orders)
        replay(*quoted(bid, ask, found), f"decide(...) with {orders} open", "at most one order a side", found)
        for side, word in ((BUY, "buy"), (SELL, "sell")):
            count = sum(one["side"] == side for one in after)
            assert count <= 1, f"{count} of your {word} orders would wait at once: take the old one back; found {found}"
        assert bid is None or len(after) == 2, f"one order on each side should be left waiting, found {after}"
        if (bid, ask) == (9_980, 10_020):
            assert {one["order"] for one in after} == {1, 2}, (
                f"nothing has changed, and yet you replace your orders: they lose their place in the queue; "
                f"found {found}"
            )


@pytest.mark.points(
    3, task=3, hint="Open the replay: the quotes are yours. Where do they stay, where do they run away?"
)
def test_a_recorded_market(student, partial, seed, replay):
    "on a recorded market the bot keeps its books and earns its spread"
    record = simulate(Quiet(), Options(seed=seed, epochs=EPOCHS, settlement="none")).journal
    bot = Wire(student)
    found = backtest(record, Outsider(bot), Quiet())
    journal = as_run(record, found.journal)
    mine = sum(event.account == "you" for event in journal.of(OrderAccepted))
    replay(journal, None, "the orders of your bot", "at least 30", mine)
    assert not found.failures, found.failures[0] if found.failures else ""
    for what, (text, expected, said) in bot.wrong.items():
        replay(journal, None, f"{what} of {text}", expected, said)
        raise AssertionError(f"in the recorded market {what} of {text} is {expected}, found {said}")
    assert mine >= 30, (
        f"on {EPOCHS} seconds with ten messages each your bot had {mine} orders: quote again when it moves"
    )
    replay(journal, None, "your orders that wait at once", "at most 2", bot.most_open)
    assert bot.most_open <= 2, f"at one time {bot.most_open} of your orders waited: one on each side is enough"
    replay(journal, None, "the shares that you took from others", "hardly any: a maker waits", found.took)
    assert found.took <= SIZE, f"your bot took {found.took} shares from waiting orders: its quotes cross the market"
    furthest, place = most_away(journal)
    replay(journal, place, "shares away from the start", f"at most {LIMIT}", furthest)
    assert furthest <= LIMIT, f"your bot was {furthest} shares away from where it began, and the limit is {LIMIT}"
    partial(2 / 3, "your bot keeps its books and its limit, but earns nothing")
    (bought, sold), earned = sides(journal), spread(journal)
    replay(journal, None, "what a trade earned beside the value, in cents a share", "more than 0", f"{earned:.1f}")
    assert bought and sold, (
        f"your bot bought {bought} and sold {sold} shares: is one of your quotes out of reach, or always cancelled?"
    )
    assert earned > 0, (
        f"your trades were {-earned:.1f} cents a share worse than the value at that moment: a maker buys below it and "
        f"sells above it"
    )
    partial(1, "")


# How the checks ask


@dataclass(frozen=True)
class Quiet(Scenario):
    """A share with one maker far away from the value, and traders without information who take what is there."""

    name = "lesson-your-own-bot"

    @property
    def parameters(self):
        return {}

    def build(self, world):
        world.list(Stock("ACME"), FeeSchedule(maker=bps(0.5), taker=bps(1)), 6_530, volatility_bps=4)
        far = FixedSpread("ACME", 4, 1_000, spread_bps=40)
        world.join("far-maker", far, dollars(500_000), {"ACME": 3_000}, every_ms=170, latency_ms=0)
        for number in range(6):
            noise = Noise(trade_probability=0.15, patience=0)
            world.join(f"noise-{number}", noise, dollars(20_000), {"ACME": 200}, latency_ms=5)


class Wire(Strategy):
    """The bot on the wire: it gets a message, its reports and its open orders, and says what it asks for.

    Every tenth message its connection was lost just before, and the last three reports come again.
    """

    def __init__(self, student):
        self.student = student
        self.reports = []
        self.count = self.last = self.seen = self.volume = self.most_open = 0
        self.wrong = {}

    def decide(self, view):
        market = view["ACME"]
        self.take(view.reports)
        new = market.trades[self.seen :]
        self.seen += len(new)
        self.volume += sum(trade.quantity for trade in new)
        at = (market.bid, market.ask, market.value if market.last is None else market.last)
        text = message(*at, view.time // 1_000, self.volume, len(new))
        self.compare("read(...)", text, at, prices(self.student, text))
        self.compare("inventory(...)", f"{len(self.reports)} reports", self.held, held(self.student, self.reports))
        if self.wrong:
            return  # what it decides on wrong numbers would say nothing further
        self.most_open = max(self.most_open, len(view.orders))
        orders = [
            {"order": order.id, "side": order.side, "price": order.limit, "remaining": order.remaining}
            for order in view.orders
        ]
        for what, *numbers in requests(self.student.call("decide", text, self.reports, orders)):
            if what == "cancel":
                yield Cancel(numbers[0])
            else:
                yield (Buy if what == "buy" else Sell)("ACME", numbers[0], numbers[1])

    @property
    def held(self):
        return book_keeping(self.reports)

    def take(self, new):
        # Fills are enough to keep books by, and a message to the process of an answer has a limit.
        for report in (one for one in new if type(one) is Filled):
            self.last += 1
            self.reports.append({"number": self.last, "kind": "Filled", "report": report._asdict()})
        self.count += 1
        if self.count % 10 == 0:
            self.reports += [report for report in self.reports if report["number"] > self.last - 3]

    def compare(self, what, asked, expected, found):
        if expected != found:
            self.wrong.setdefault(what, (asked, expected, found))


@dataclass
class Outsider:
    """The bot as a participant of a backtest."""

    strategy: Strategy
    name: str = "you"

    def join(self, world):
        world.join("you", self.strategy, dollars(100_000), {"ACME": HELD}, every_ms=100, latency_ms=0)


def message(bid, ask, last, now=0, volume=0, trades=0):
    """One message of the stream."""
    said = {"timestamp": START + now, "symbol": "ACME", "last_price": last / 100}
    said |= {"bid_price": None if bid is None else bid / 100, "ask_price": None if ask is None else ask / 100}
    said |= {"bid_size": None if bid is None else 40, "ask_size": None if ask is None else 40}
    return json.dumps(said | {"volume_24h": volume, "trade_count": trades})


def accepted(number, quantity):
    said = {"order": number, "symbol": "ACME", "side": BUY, "quantity": quantity, "limit": 9_990}
    return {"number": number, "kind": "Accepted", "report": said}


def filled(number, side, quantity, price, fee):
    said = {"order": number, "symbol": "ACME", "side": side, "price": price, "quantity": quantity, "fee": fee}
    return {"number": number, "kind": "Filled", "report": said}


def book_keeping(reports):
    """What the fills in these reports change, each number once."""
    position = cash = 0
    for one in {report["number"]: report for report in reports if report["kind"] == "Filled"}.values():
        fill = one["report"]
        position += fill["side"] * fill["quantity"]
        cash -= fill["side"] * fill["quantity"] * fill["price"] + fill["fee"]
    return position, cash


def prices(student, text):
    found = student.call("read", text)
    assert isinstance(found, tuple | list) and len(found) == 3, f"read(...) returns (bid, ask, last), found {found!r}"
    whole = all(one is None or type(one) is int for one in found)
    assert whole, f"a price is a whole number of cents or None, found {found!r} for {text}"
    return tuple(found)


def held(student, reports):
    found = student.call("inventory", reports)
    assert isinstance(found, tuple | list) and len(found) == 2, (
        f"inventory(...) returns (position, cash), found {found!r}"
    )
    return tuple(found)


def asked(student, bid, ask, reports, orders):
    last = bid if bid is not None else ask
    return requests(student.call("decide", message(bid, ask, last), reports, orders))


def requests(found):
    """What a bot asks for, as far as it can be understood."""
    assert isinstance(found, list | tuple), f"decide(...) returns a list, found {found!r}"
    for one in found:
        known = isinstance(one, list | tuple) and one and one[0] in ("buy", "sell", "cancel")
        whole = known and all(type(number) is int and 0 < number < 10**9 for number in one[1:])
        assert whole and len(one) == (2 if one[0] == "cancel" else 3), (
            f'expected ["buy", quantity, price], ["sell", quantity, price] or ["cancel", order], found {one!r}'
        )
    return [list(one) for one in found]


def standing(found, before=()):
    """The orders that wait once these requests were taken."""
    gone = {one[1] for one in found if one[0] == "cancel"}
    left = [order for order in before if order["order"] not in gone]
    new = [one for one in found if one[0] != "cancel"]
    number = max((order["order"] for order in before), default=0)
    for place, (word, quantity, price) in enumerate(new, number + 1):
        left.append({"order": place, "side": BUY if word == "buy" else SELL, "price": price, "remaining": quantity})
    return left


def as_run(record, journal):
    """What happened to the bot as a run that the site can show."""
    run = Journal()
    run.record(next(record.of(RunStarted)))
    for event in journal:
        run.record(event)
    run.record(RunEnded(run[-1].time, True))
    return run


def in_one_book(bid, ask, more=()):
    """A book with the market of a message, and what an answer quotes in it."""
    stage = PracticeExchange("lesson 13-your-own-bot")
    for account, side, price, quantity in (("market", BUY, bid, 40), ("market", SELL, ask, 40), *more):
        if price is not None:
            stage.play(account, PlaceOrder("ACME", side, quantity, price))
    return stage.end(), None


def quoted(bid, ask, found):
    orders = [one for one in found if one[0] != "cancel"]
    return in_one_book(bid, ask, [("you", BUY if one[0] == "buy" else SELL, one[2], one[1]) for one in orders])


def most_away(journal):
    """How far the position was from the start at most, and at which event."""
    position, most, place = 0, 0, None
    for number, event in enumerate(journal):
        if type(event) is Trade and "you" in (event.maker, event.taker):
            position += (event.side if event.taker == "you" else -event.side) * event.quantity
            if abs(position) > most:
                most, place = abs(position), number
    return most, place


def fills(journal):
    """The trades of the bot: its side, the quantity, and how much better than the value the price was."""
    value = 0
    for event in journal:
        if type(event) is ValueMoved:
            value = event.value
        elif type(event) is Trade and "you" in (event.maker, event.taker):
            side = event.side if event.taker == "you" else -event.side
            yield side, event.quantity, side * (value - event.price)


def sides(journal):
    """The shares that the bot bought and sold."""
    return tuple(sum(quantity for side, quantity, _ in fills(journal) if side == wanted) for wanted in (BUY, SELL))


def spread(journal):
    """What the bot earned beside the value, in cents a share."""
    shares = sum(sides(journal))
    return sum(quantity * better for _, quantity, better in fills(journal)) / shares if shares else 0.0
