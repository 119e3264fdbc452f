"""Call auctions on a chain and in memory: random books trade as naive rules say, and contract and twin agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.blockchain.auction_model import MOST, AuctionModel, AuctionTerms
from market_sim.blockchain.call_auction import ChainCallAuction
from market_sim.blockchain.contracts import ChainContext, ClockPlace, TokenPlace
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Numbers
from tests.unit.blockchain.auction_books import (
    NAMES,
    RULES,
    Placed,
    book_decided_by,
    random_book,
    rule_of,
    sides,
    traded,
)
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, SHARES, Rig, called
from tests.unit.blockchain.test_escrow import REGISTER

REFERENCE, CLOSES, MONEY, STOCK = 100, 2, 1_000_000, 10_000


class Called:
    """An auction with three owners, who have plenty of money and of shares."""

    def __init__(self, rig: Rig, reference: int = REFERENCE) -> None:
        self.rig = rig
        self.owners = dict(zip((FEES, ALICE, BOB), rig.owners, strict=True))
        self.context = ChainContext(
            rig.settlement.host(), REGISTER, self.owners.__getitem__,
            settled_epoch=lambda: rig.settlement.head().epoch,
        )  # fmt: skip
        for owner in self.owners.values():
            self.context.host.give(owner.address, CASH, MONEY)
            self.context.host.give(owner.address, SHARES, STOCK)
        self.auction = ChainCallAuction("auction", AuctionTerms(reference, CLOSES))
        self.auction.deploy(self.context)
        self.calls = 0

    def call(self, account: str, function: str, *arguments: int) -> Numbers:
        self.calls += 1
        return called(self.auction, self.context, self.calls, account, function, *arguments)

    def close(self) -> None:
        while not self.auction.is_due():
            self.rig.settle(self.rig.batch())

    def wallets(self) -> dict[str, tuple[int, int]]:
        """Shares and money of each owner."""
        wallets = zip(NAMES, (owner.address for owner in self.owners.values()), strict=True)
        held = self.context.host.in_wallet
        return {name: (held(address, SHARES), held(address, CASH)) for name, address in wallets}

    def state(self) -> Numbers:
        return self.auction.reconcile(self.context)


@pytest.fixture
def stage(rig: Rig) -> Called:
    return Called(rig)


# ---- contract, twin and naive rules


ORDERS = st.tuples(st.sampled_from(NAMES), st.booleans(), st.integers(97, 103), st.integers(1, 4))


@given(st.lists(ORDERS, max_size=10), st.integers(94, 106))
def test_the_twin_trades_what_naive_rules_say(book: list[Placed], reference: int) -> None:
    play_on_twin(book, reference)


def test_random_books_reach_every_rule_and_references_beyond_all_limits() -> None:
    decided, outside, luck = Counter[str](), 0, Random(15)
    for _ in range(400):
        book, reference = random_book(luck)
        play_on_twin(book, reference)
        decided[rule_of(book)] += 1
        outside += not min(limit for _, _, limit, _ in book) <= reference <= max(limit for _, _, limit, _ in book)
    assert set(decided) == set(RULES) and min(decided.values()) >= 10, decided
    assert outside >= 50


def play_on_twin(book: list[Placed], reference: int) -> None:
    """The book on the twin alone: price, volume, and what each owner has afterwards."""
    model = AuctionModel(AuctionTerms(reference, CLOSES))
    for owner, is_buy, limit, quantity in book:
        (model.buy if is_buy else model.sell)(owner, 0, limit, quantity)
    locked = {owner: (model.baseOf.get(owner, 0), model.quoteOf.get(owner, 0)) for owner in NAMES}
    held = model.baseHeld, model.quoteHeld
    told = model.hold(CLOSES)
    price, volume, shares, money = traded(book, reference)
    assert (told["price"], told["volume"]) == (model.price, model.volume) == (price, volume)
    buys, sells = sides(book)
    bought = sum(quantity for limit, quantity, _ in buys if limit >= price)
    sold = sum(quantity for limit, quantity, _ in sells if limit <= price)
    assert (told["bought"], told["sold"]) == ((bought, sold) if volume else (0, 0))
    for owner in NAMES:
        base, quote = locked[owner]
        now = model.baseOf.get(owner, 0), model.quoteOf.get(owner, 0)
        assert now == (base + shares[owner], quote + money[owner])
    assert (model.baseHeld, model.quoteHeld) == held == (sum(model.baseOf.values()), sum(model.quoteOf.values()))


def play_on_chain(rig: Rig, book: list[Placed], reference: int) -> None:
    """The book on a contract: it trades as naive rules say, and pays out all that it holds."""
    stage = Called(rig, reference)
    begun = stage.wallets()
    for owner, is_buy, limit, quantity in book:
        stage.call(owner, "buy" if is_buy else "sell", limit, quantity)
        stage.state()
    stage.close()
    told = stage.call("bob", "hold")
    assert stage.auction.is_held()
    price, volume, shares, money = traded(book, reference)
    assert (told["price"], told["volume"]) == (price, volume)
    stage.state()
    for owner in {owner for owner, *_ in book}:
        stage.call(owner, "collect")
    assert stage.wallets() == {
        name: (begun[name][0] + shares[name], begun[name][1] + money[name]) for name in NAMES
    }  # fmt: skip
    state = stage.state()
    assert (state["baseHeld"], state["quoteHeld"], state["isHeld"]) == (0, 0, 1)


@pytest.mark.parametrize("rule", RULES)
def test_in_memory_each_rule_decides_and_every_owner_gets_what_it_should(rule: str) -> None:
    play_on_chain(Rig(), *book_decided_by(rule))


@pytest.mark.thorough
@pytest.mark.parametrize("rule", RULES)
def test_on_a_chain_each_rule_decides_and_every_owner_gets_what_it_should(chain_rig: Rig, rule: str) -> None:
    play_on_chain(chain_rig, *book_decided_by(rule))


def test_the_example_of_the_exchange_trades_alike_and_a_better_limit_goes_first(stage: Called) -> None:
    begun = stage.wallets()
    for owner, side, limit, quantity in (
        ("alice", "buy", 101, 10), ("bob", "buy", 102, 5), ("fees", "sell", 103, 4), ("fees", "sell", 100, 8),
    ):  # fmt: skip
        stage.call(owner, side, limit, quantity)
    stage.close()
    assert stage.call("fees", "hold") == {"price": 101, "volume": 8, "bought": 15, "sold": 8}
    assert stage.call("alice", "collect")["base"] == 3
    bought = stage.call("bob", "collect")
    assert (bought["base"], bought["quote"]) == (5, 5), "bob pays the price and not its limit"
    sold = stage.call("fees", "collect")
    assert (sold["base"], sold["quote"]) == (4, 808)
    changes = {"fees": (-8, 808), "alice": (3, -303), "bob": (5, -505)}
    assert stage.wallets() == {
        name: (begun[name][0] + change[0], begun[name][1] + change[1]) for name, change in changes.items()
    }


def test_of_equal_limits_the_earlier_order_trades(stage: Called) -> None:
    for owner, side, quantity in (("alice", "sell", 3), ("bob", "sell", 3), ("fees", "buy", 4)):
        stage.call(owner, side, 100, quantity)
    stage.close()
    stage.call("fees", "hold")
    assert [stage.call(name, "collect")["base"] for name in ("alice", "bob")] == [0, 2]


def test_a_cancelled_order_gets_its_lock_back_and_neither_trades_nor_sets_a_price(stage: Called) -> None:
    begun = stage.wallets()
    stage.call("alice", "buy", 104, 5)
    assert stage.call("bob", "sell", 96, 5)["order"] == 2
    stage.call("alice", "buy", 98, 2)
    assert stage.call("alice", "cancel", 1)["released"] == 520
    assert stage.state()["quoteHeld"] == 196
    stage.close()
    assert stage.call("bob", "hold")["price"] == 96
    for name in ("alice", "bob"):
        stage.call(name, "collect")
    assert stage.wallets() == begun | {
        "alice": (begun["alice"][0] + 2, begun["alice"][1] - 192),
        "bob": (begun["bob"][0] - 2, begun["bob"][1] + 192),
    }


def test_what_may_not_be_is_refused_with_its_numbers_and_moves_nothing() -> None:
    refuse_all(Called(Rig()))


@pytest.mark.thorough
def test_what_may_not_be_is_refused_on_a_chain_too(chain_rig: Rig) -> None:
    refuse_all(Called(chain_rig))


def refuse_all(stage: Called) -> None:
    stage.call("alice", "buy", 100, 1)
    stage.call("alice", "sell", 101, 1)
    stage.call("alice", "cancel", 2)
    refuse(stage, [
        ("alice", "buy", (0, 1), "NothingToTrade"),
        ("alice", "sell", (1, 0), "NothingToTrade"),
        ("bob", "buy", (MONEY, 2), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=\d+, needed=2000000\)"),
        ("bob", "sell", (1, STOCK * 2), r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=\d+, needed=20000\)"),
        ("alice", "cancel", (0,), r"UnknownOrder\(order=0\)"),
        ("alice", "cancel", (3,), r"UnknownOrder\(order=3\)"),
        ("bob", "cancel", (1,), r"NotYourOrder\(order=1, owner=0x[0-9a-fA-F]{40}\)"),
        ("bob", "cancel", (2,), r"NotYourOrder\(order=2, owner=0x[0-9a-fA-F]{40}\)"),
        ("alice", "cancel", (2,), r"CancelledBefore\(order=2\)"),
        ("bob", "hold", (), r"StillOpen\(closes=2, settled=\d\)"),
        ("alice", "collect", (), "NotHeld"),
    ])  # fmt: skip
    stage.close()
    refuse(stage, [
        ("alice", "buy", (0, 1), "NothingToTrade"),
        ("alice", "buy", (1, 1), r"Closed\(closes=2, settled=2\)"),
        ("alice", "sell", (1, 1), r"Closed\(closes=2, settled=2\)"),
        ("alice", "cancel", (1,), r"Closed\(closes=2, settled=2\)"),
        ("alice", "cancel", (2,), r"CancelledBefore\(order=2\)"),
        ("alice", "collect", (), "NotHeld"),
    ])  # fmt: skip
    assert stage.call("bob", "hold") == {"price": 0, "volume": 0, "bought": 0, "sold": 0}
    refuse(stage, [("bob", "hold", (), "HeldBefore"), ("bob", "collect", (), "NothingToCollect")])
    assert stage.call("alice", "collect")["quote"] == 100
    refuse(stage, [("alice", "collect", (), "NothingToCollect")])


def refuse(stage: Called, cases: list[tuple[str, str, tuple[int, ...], str]]) -> None:
    before = stage.wallets(), stage.state()
    for account, function, arguments, error in cases:
        with pytest.raises(ChainReverted, match=error):
            stage.call(account, function, *arguments)
    assert (stage.wallets(), stage.state()) == before


def fill(stage: Called) -> None:
    """An auction takes so many orders and no more, cancelled ones included."""
    for number in range(MOST):
        stage.call(NAMES[number % 3], "buy" if number % 2 else "sell", 90 + number % 20, 1 + number % 3)
    stage.call("fees", "cancel", 1)
    with pytest.raises(ChainReverted, match=r"Full\(most=32\)"):
        stage.call("alice", "buy", 1, 1)
    stage.close()
    with pytest.raises(ChainReverted, match=r"Closed\(closes=2, settled=2\)"):
        stage.call("alice", "buy", 1, 1)
    stage.call("alice", "hold")
    stage.state()


def test_an_auction_is_full() -> None:
    fill(Called(Rig()))


@pytest.mark.thorough
def test_a_full_auction_is_held_on_a_chain_as_by_its_twin(chain_rig: Rig) -> None:
    fill(Called(chain_rig))


def test_it_is_due_once_its_epoch_is_settled_and_no_more_when_it_was_held() -> None:
    stage = Called(Rig())
    assert not stage.auction.is_due()
    stage.close()
    assert stage.auction.is_due()
    stage.call("bob", "hold")
    assert not stage.auction.is_due()
    assert not ChainCallAuction("early", AuctionTerms(1, 1)).is_due()


# ---- what differs is told


@pytest.mark.parametrize(
    ("field", "told"),
    [("price", 7), ("volume", 8), ("baseHeld", 9), ("quoteHeld", 10), ("isHeld", 0)],
)
def test_a_field_in_which_contract_and_twin_differ_is_named(field: str, told: int) -> None:
    stage = Called(Rig())
    stage.close()
    stage.call("bob", "hold")
    twin = stage.auction.twin
    setattr(twin, field, told)
    with pytest.raises(InvariantBroken, match=rf"after the block: auction says {field} \d, and its twin {told}"):
        stage.state()


@pytest.mark.parametrize(("mapping", "says"), [("baseOf", 3), ("quoteOf", 500)])
def test_what_an_owner_has_is_compared_too(mapping: str, says: int) -> None:
    stage = Called(Rig())
    stage.call("alice", "sell", 100, 3)
    stage.call("alice", "buy", 100, 5)
    held: dict[str, int] = getattr(stage.auction.twin, mapping)
    held[next(iter(held))] += 1
    name = mapping.removesuffix("Of")
    with pytest.raises(InvariantBroken, match=rf"auction says {name} of 0x\w+ {says}, and its twin {says + 1}"):
        stage.state()


def test_a_twin_that_finds_another_price_ends_the_run() -> None:
    stage = Called(Rig())
    stage.call("alice", "sell", 98, 1)
    stage.call("bob", "buy", 102, 1)
    stage.close()
    stage.auction.twin.terms = AuctionTerms(99, CLOSES)
    with pytest.raises(InvariantBroken, match=r"call 3: auction says price 100, and its twin 99"):
        stage.call("bob", "hold")


def test_a_contract_that_lost_tokens_ends_the_run() -> None:
    stage = Called(Rig())
    stage.call("alice", "sell", 98, 4)
    place, me = stage.auction.place, stage.context.address_of("bob")
    stage.rig.settlement.move(place, me, SHARES, 1)
    with pytest.raises(InvariantBroken, match="auction should hold 4 ACME and holds 3"):
        stage.state()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ChainCallAuction("none", AuctionTerms(0, 1)), "of at least 1, found 0 and 1"),
        (lambda: ChainCallAuction("none", AuctionTerms(1, 0)), "of at least 1, found 1 and 0"),
        (lambda: ChainCallAuction("none", AuctionTerms(1, 1), "CALL").deploy(Called(Rig()).context),
         "none trades CALL for USD, and CALL is no token here"),
        (lambda: ChainCallAuction("none", AuctionTerms(1, 1), "USD").deploy(Called(Rig()).context),
         "none trades USD for another asset, and not for itself"),
    ],
)  # fmt: skip
def test_an_auction_that_cannot_be_is_refused_in_one_sentence(make: Callable[[], Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        make()


@pytest.mark.parametrize("terms", [(0, 1), (1, 0)])
def test_a_contract_without_reference_or_closing_epoch_is_not_deployed(rig: Rig, terms: tuple[int, int]) -> None:
    host = rig.settlement.host()
    with pytest.raises(ChainReverted, match=rf"BadAuction\(referencePrice={terms[0]}, closes={terms[1]}\)"):
        host.deploy("CallAuction", TokenPlace(SHARES), TokenPlace(CASH), ClockPlace(), *terms)
