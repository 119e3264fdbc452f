"""A market whose trades are only compared with corridors is halted and refused exactly as one without any."""

from __future__ import annotations

import dataclasses
from collections import Counter
from random import Random

import pytest

from market_sim.core.models.event import Event
from market_sim.core.models.intents import Amend, Cancel, PlaceOrder
from market_sim.core.models.market_events import OrderRejected, PhaseChanged, Trade
from market_sim.market.compliance.profile import MarketWide, OrderRate, PositionLimit, Profile, SymbolHalt, Volatility
from market_sim.market.compliance.profiles import CLASSROOM, LULD
from market_sim.market.exchange.order import Order
from tests.unit.market.compliance.ruled_market import RuledMarket

NARROW = dataclasses.replace(
    CLASSROOM,
    market_wide=MarketWide(level_1=400, level_2=600, level_3=900, halt=20, call=5),
    symbol_halt=SymbolHalt(move=120, window=120, halt=20, call=5),
    position_limit=PositionLimit(most=8_000_000),
    order_rate=OrderRate(participant=12, market_maker=30),
)
VOLATILE = dataclasses.replace(
    CLASSROOM,
    market_wide=None,
    symbol_halt=None,
    order_rate=None,
    volatility=Volatility(times_baseline=2, window=60, baseline=2, at_least=4, halt=40, call=10),
)
BY_REFUSAL = {
    "narrow": (NARROW, {"HALTED_MOVE", "HALTED_L1", "POSITION_LIMIT", "RATE_LIMIT", "FAT_FINGER"}),
    "volatile": (VOLATILE, {"HALTED_VOLATILE"}),
    "luld": (LULD, {"LIMIT_UP", "LIMIT_DOWN"}),
}


def busy_market(profile: Profile, seed: int, has_corridors: bool) -> tuple[list[Event], int]:
    """The journal of random orders, and how many trades were judged one by one."""
    random, symbols = Random(seed), ("ACME", "BETA")
    accounts = [f"trader-{number}" for number in range(6)]
    market = RuledMarket(profile, symbols, ("",), [*accounts, "maker"], roles={"maker": "market_maker"})
    rules = market.rules
    if not has_corridors:
        rules.corridors._lay = lambda _: None
    judged, judge = Counter[str](), rules.watch.traded

    def counted(trade, continuous):
        judged[trade.symbol] += 1
        return judge(trade, continuous)

    rules.watch.traded = counted  # type: ignore[method-assign]
    middle, alive, seconds = dict.fromkeys(symbols, 100_00), [], 0.0
    for _ in range(1_000):
        seconds += random.choice((0, 0.002, 0.01, 0.03))
        market.at(seconds)
        symbol, account, draw = random.choice(symbols), random.choice([*accounts, "maker"]), random.random()
        middle[symbol] += random.choice((-2, 0, 2))
        if random.random() < 0.006:
            middle[symbol] = middle[symbol] * random.choice((96, 98, 102, 104)) // 100
        if draw < 0.75 or not alive:
            side = random.choice((1, -1))
            limit = (middle[symbol] - side * random.choice((3, 8, -4))) * (2 if draw < 0.03 else 1)
            tif = random.choice(("gtc", "gtc", "ioc"))
            size = 10**9 if draw > 0.745 else random.randrange(1, 90)  # the largest is refused after the rules
            answer = market.exchange.submit(account, PlaceOrder(symbol, side, size, limit, tif))
            if isinstance(answer, Order):
                alive.append((account, answer.id))
        elif draw < 0.95:
            name, number = alive.pop(random.randrange(len(alive)))
            market.exchange.submit(name, Cancel(number))
        elif draw < 0.98:
            name, number = random.choice(alive)
            market.exchange.submit(name, Amend(number, quantity=random.randrange(1, 60)))
        elif draw < 0.985:
            market.exchange.ledger.transfer("trader-0", account, symbol, 5, "GIFT", symbol)
        else:
            market.exchange.force(account, PlaceOrder(symbol, -1, 5, middle[symbol]))
    return list(market.journal), judged.total()


@pytest.mark.parametrize("name", BY_REFUSAL)
def test_corridors_change_no_verdict(name: str) -> None:
    profile, reasons = BY_REFUSAL[name]
    found: set[str] = set()
    for seed in (1, 2, 3):
        (quick, few), (exact, all_trades) = (busy_market(profile, seed, each) for each in (True, False))
        # One pair at a time: pytest would compare two journals letter by letter.
        assert (
            next(((ours, theirs) for ours, theirs in zip(quick, exact, strict=False) if ours != theirs), None) is None
        )
        assert len(quick) == len(exact)
        found |= {event.reason for event in quick if isinstance(event, OrderRejected | PhaseChanged)}
        trades = sum(type(event) is Trade for event in quick)
        assert all_trades == trades
        assert few < trades or profile is LULD
    assert found >= reasons


def bounces_before_a_halt(has_corridors: bool) -> tuple[int, int]:
    """The number of trades before the halt, and of those judged one by one, in a market that only goes to and fro."""
    rules = Volatility(a_year=8_800, window=60, at_least=4, halt=40, call=10)
    market = RuledMarket(Profile("test", "Volatility alone.", volatility=rules))
    if not has_corridors:
        market.rules.corridors._lay = lambda _: None
    judged, judge = Counter[str](), market.rules.watch.traded

    def counted(trade, continuous):
        judged[trade.symbol] += 1
        return judge(trade, continuous)

    market.rules.watch.traded = counted  # type: ignore[method-assign]
    while not market.phases():
        trades = len(market.prices())
        market.at(trades * 0.01).trade(100_00 + trades % 2 * 4)
    return trades, judged.total()


def test_small_moves_to_and_fro_add_up_to_the_same_halt() -> None:
    (quick, few), (exact, all_trades) = bounces_before_a_halt(True), bounces_before_a_halt(False)
    assert quick == exact == 50
    assert few < 10 < all_trades
