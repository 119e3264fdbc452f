"""The contract of a call auction by itself: its price, its priority, what it locks and pays, and what it refuses."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.settlement import ChainReverted
from market_sim.market.exchange.auction import Interest, find_price
from tests.conftest import ROOT
from tests.unit.blockchain.rig import Rig, wallet
from tests.unit.blockchain.test_contract_branches import PLENTY, Works
from tests.unit.blockchain.test_vault import CALLS_BACK, KEEPS_FEE, LIES, SAYS_NO, Bank

MOST = 32
Order = tuple[str, int, int]
"""Buy or sell, the limit and the quantity."""


class Held(NamedTuple):
    """What the event of an auction says."""

    price: int
    volume: int
    bought: int
    sold: int


class Auction:
    """An auction that closes at the next epoch, and its owners, with plenty of both tokens."""

    def __init__(self, rig: Rig, reference: int = 100, owners: int = 3) -> None:
        self.works = works = Works(rig)
        self.clock = works.vault.written
        self.closes = rig.settlement.head().epoch + 1
        self.tokens = works.shares, works.cash
        places = works.shares.written, works.cash.written
        self.contract = works.deploy("CallAuction", *places, self.clock, reference, self.closes)
        self.owners = [works.me, works.alice, works.bob][:owners]
        for owner in self.owners[1:]:
            for token in self.tokens:
                works.does(works.me, "mint", self.address(owner), PLENTY, to=token)
                works.does(owner, "approve", self.contract.written, PLENTY, to=token)

    def address(self, owner: Wallet) -> str:
        return "0x" + owner.address.hex()

    def call(self, owner: int, function: str, *arguments: int) -> None:
        self.works.chain.transact(self.owners[owner], self.contract, function, *arguments)

    def place(self, *orders: Order) -> None:
        """Orders of the owners in turn."""
        for number, (side, limit, quantity) in enumerate(orders):
            self.call(number % len(self.owners), side, limit, quantity)

    def asks(self, name: str, *arguments: int | str) -> Any:
        return self.works.chain.call(self.contract, name, *arguments)

    def has(self, owner: int) -> tuple[int, int]:
        """The asset and the money of an owner here."""
        address = self.address(self.owners[owner])
        return self.asks("baseOf", address), self.asks("quoteOf", address)

    def wallet(self, owner: int) -> tuple[int, int]:
        """The asset and the money of an owner in its own wallet."""
        address = self.address(self.owners[owner])
        shares, cash = (self.works.chain.call(token, "balanceOf", address) for token in self.tokens)
        return shares, cash

    def held(self) -> tuple[int, int]:
        """What the contract says that it owes; it is there."""
        said = self.asks("baseHeld"), self.asks("quoteHeld")
        assert said == tuple(self.works.chain.call(token, "balanceOf", self.contract.written) for token in self.tokens)
        return said

    def hold(self) -> Held:
        """Close the auction and hold it."""
        self.works.epochs(1)
        receipt = self.works.chain.transact(self.owners[-1], self.contract, "hold")
        told = Held(**artifact("CallAuction").happened("AuctionHeld", receipt.logs))
        assert (self.asks("isHeld"), self.asks("price"), self.asks("volume")) == (True, told.price, told.volume)
        return told

    def refuses(self, error: str, owner: int, function: str, *arguments: int) -> None:
        with pytest.raises(ChainReverted, match=error):
            self.call(owner, function, *arguments)


VOLUME: list[Order] = [("buy", 106, 4), ("buy", 105, 10), ("sell", 100, 4), ("sell", 105, 3)]
SURPLUS: list[Order] = [("buy", 105, 10), ("buy", 100, 5), ("sell", 100, 10)]
BUYERS: list[Order] = [("buy", 102, 5), ("buy", 101, 10), ("sell", 100, 8), ("sell", 103, 4)]
SELLERS: list[Order] = [("sell", 100, 8), ("buy", 103, 5)]
BALANCED: list[Order] = [("buy", 110, 5), ("sell", 90, 5)]
BOTH: list[Order] = [("sell", 102, 3), ("buy", 102, 10), ("buy", 100, 3), ("sell", 100, 10)]
PRICES = {
    "volume": (VOLUME, 106, Held(105, 7, 14, 7)),
    "surplus": (SURPLUS, 100, Held(105, 10, 10, 10)),
    "buyers": (BUYERS, 100, Held(101, 8, 15, 8)),
    "sellers": (SELLERS, 103, Held(100, 5, 5, 8)),
    "reference": (BALANCED, 100, Held(100, 5, 5, 5)),
    "above": (BALANCED, 80, Held(90, 5, 5, 5)),
    "below": (BALANCED, 120, Held(110, 5, 5, 5)),
    "between": (BOTH, 101, Held(101, 10, 10, 10)),
    "last of buyers": (BOTH, 99, Held(100, 10, 13, 10)),
    "first of sellers": (BOTH, 103, Held(102, 10, 10, 13)),
    "nothing": ([("buy", 99, 5), ("sell", 100, 8)], 100, Held(0, 0, 0, 0)),
}
"""Books and references, named by what decides the price, and what rulebook F-1.6 says of them by hand."""


@pytest.mark.thorough
@pytest.mark.parametrize(("orders", "reference", "expected"), PRICES.values(), ids=PRICES.keys())
def test_the_price_is_that_of_the_rulebook_and_of_the_exchange(
    chain_rig: Rig, orders: list[Order], reference: int, expected: Held
) -> None:
    auction = Auction(chain_rig, reference, owners=1)
    auction.place(*orders)
    before = auction.held()
    assert auction.hold() == expected
    assert auction.held() == before, "holding an auction pays nothing"
    buys, sells = ([Interest(*order[1:]) for order in orders if order[0] == side] for side in ("buy", "sell"))
    found = find_price(buys, sells, reference)
    told = (0, 0, 0) if found is None else (found.price, found.volume, found.surplus)
    assert told == (expected.price, expected.volume, expected.bought - expected.sold)


@pytest.mark.thorough
def test_a_cancelled_order_is_paid_back_and_sets_no_price(chain_rig: Rig) -> None:
    auction = Auction(chain_rig, reference=103)
    auction.place(*BOTH)
    wallets = auction.wallet(0), auction.wallet(1)
    auction.call(0, "buy", 101, 7)
    auction.call(1, "sell", 101, 7)
    assert auction.held() == (13 + 7, 10 * 102 + 3 * 100 + 7 * 101)
    auction.call(0, "cancel", 5)
    auction.call(1, "cancel", 6)
    assert (auction.wallet(0), auction.wallet(1)) == wallets
    assert auction.held() == (13, 10 * 102 + 3 * 100)
    assert auction.asks("orders", 5) == (auction.address(auction.owners[0]), True, 101, 0)
    assert auction.asks("count") == 6
    assert auction.hold().price == 102, "at 101 there would be no surplus"


def test_a_better_limit_trades_first_and_then_the_earlier_order_on_both_sides(chain_rig: Rig) -> None:
    auction = Auction(chain_rig)
    auction.place(("buy", 100, 4), ("buy", 100, 4), ("buy", 101, 4), ("sell", 90, 1), ("sell", 100, 5))
    assert auction.hold() == (100, 6, 12, 6)
    assert [auction.has(owner) for owner in range(3)] == [(2, 2 * 100 + 100), (0, 4 * 100 + 5 * 100), (4, 4)]


def test_sellers_with_the_lower_limit_and_then_the_earlier_ones_trade_first(chain_rig: Rig) -> None:
    auction = Auction(chain_rig)
    auction.place(("sell", 100, 4), ("sell", 100, 4), ("sell", 99, 4), ("buy", 100, 6))
    assert auction.hold() == (100, 6, 6, 12)
    assert [auction.has(owner) for owner in range(3)] == [(2 + 6, 2 * 100), (4, 0), (0, 4 * 100)]
    for owner in range(3):
        auction.call(owner, "collect")
    assert auction.held() == (0, 0)


@pytest.mark.thorough
def test_every_owner_collects_what_it_got_and_what_is_left_over_and_nothing_stays(chain_rig: Rig) -> None:
    auction = Auction(chain_rig, reference=95)
    wallets = [auction.wallet(owner) for owner in range(3)]
    auction.place(("buy", 100, 5), ("sell", 90, 4))
    assert (auction.has(0), auction.has(1), auction.held()) == ((0, 500), (4, 0), (4, 500))
    assert auction.hold() == (100, 4, 5, 4)
    assert (auction.has(0), auction.has(1), auction.held()) == ((4, 100), (0, 400), (4, 500))
    auction.call(0, "collect")
    auction.call(1, "collect")
    assert auction.held() == (0, 0)
    changes = [(4, -400), (-4, 400), (0, 0)]
    assert [auction.wallet(owner) for owner in range(3)] == [
        (shares + more, cash + money) for (shares, cash), (more, money) in zip(wallets, changes, strict=True)
    ]
    for owner in range(3):
        auction.refuses("NothingToCollect", owner, "collect")


@pytest.mark.thorough
def test_what_may_not_be_is_refused_by_its_own_error_and_moves_nothing(chain_rig: Rig) -> None:
    auction = Auction(chain_rig)
    auction.place(*BALANCED, ("buy", 1, 1))
    auction.call(2, "cancel", 3)
    before = auction.held(), [auction.has(owner) for owner in range(3)]
    alice = auction.address(auction.owners[1])
    for side in ("buy", "sell"):
        auction.refuses("NothingToTrade", 0, side, 0, 1)
        auction.refuses("NothingToTrade", 0, side, 1, 0)
    auction.refuses(r"UnknownOrder\(order=0\)", 0, "cancel", 0)
    auction.refuses(r"UnknownOrder\(order=4\)", 0, "cancel", 4)
    auction.refuses(rf"NotYourOrder\(order=2, owner={alice}\)", 0, "cancel", 2)
    auction.refuses(r"CancelledBefore\(order=3\)", 2, "cancel", 3)
    auction.refuses(r"StillOpen\(closes=1, settled=0\)", 0, "hold")
    auction.refuses("NotHeld", 0, "collect")
    chain_rig.settle(chain_rig.batch())
    for function, arguments in (("buy", (1, 1)), ("sell", (1, 1)), ("cancel", (1,))):
        auction.refuses(r"Closed\(closes=1, settled=1\)", 0, function, *arguments)
    auction.refuses("NothingToTrade", 0, "buy", 0, 0)
    auction.refuses(r"CancelledBefore\(order=3\)", 2, "cancel", 3)
    auction.refuses("NotHeld", 0, "collect")
    assert (auction.held(), [auction.has(owner) for owner in range(3)]) == before
    auction.call(0, "hold")
    auction.refuses("HeldBefore", 0, "hold")
    tokens = auction.works.shares.written, auction.works.cash.written, auction.clock
    for reference, closes in ((0, 1), (1, 0)):
        with pytest.raises(ChainReverted, match=rf"BadAuction\(referencePrice={reference}, closes={closes}\)"):
            auction.works.deploy("CallAuction", *tokens, reference, closes)


@pytest.mark.thorough
def test_a_full_auction_takes_no_more_and_is_held_with_bounded_gas(chain_rig: Rig) -> None:
    """The dearest case: every order has its own owner and trades. README says the gas."""
    bank = Bank(chain_rig)
    token, _ = bank.hostile()
    closes = chain_rig.settlement.head().epoch + 1
    auction = bank.chain.deploy(bank.me, "CallAuction", token.written, token.written, bank.vault.written, 100, closes)
    for number in range(MOST):
        owner = wallet(f"owner/{number}")
        bank.chain.fund(owner)
        bank.does(bank.me, "mint", "0x" + owner.address.hex(), PLENTY, to=token)
        bank.does(owner, "sell" if number % 2 else "buy", 90 if number % 2 else 110, 10, to=auction)
    with pytest.raises(ChainReverted, match=rf"Full\(most={MOST}\)"):
        bank.does(bank.me, "sell", 1, 1, to=auction)
    assert bank.chain.call(auction, "MOST") == bank.chain.call(auction, "count") == MOST
    chain_rig.settle(chain_rig.batch())
    gas = f"{bank.chain.transact(bank.me, auction, 'hold').gas:,} gas"
    assert bank.chain.call(auction, "volume") == 10 * MOST // 2
    assert gas in " ".join((ROOT / "contracts" / "README.md").read_text().split())


class Hostile:
    """An auction whose tokens are one hostile token: the relayer has an order to buy, the token itself one to sell."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.bank = rig, Bank(rig)
        bank = self.bank
        self.token, _ = bank.hostile(1_000)
        closes = rig.settlement.head().epoch + 1
        places = self.token.written, self.token.written, bank.vault.written
        self.auction = bank.chain.deploy(bank.me, "CallAuction", *places, 10, closes)
        self.calls = {name: entry.call for name, entry in artifact("CallAuction").functions.items()}
        bank.does(bank.me, "transfer", self.token.written, 20, to=self.token)
        bank.does(bank.me, "buy", 10, 5, to=self.auction)
        self.token_calls("sell", 10, 5)

    def token_calls(self, function: str, *arguments: int) -> None:
        data = self.calls[function](*arguments)
        self.bank.does(self.bank.me, "call", self.auction.written, data, to=self.token)

    def behave(self, manner: int, inside: bytes = b"") -> None:
        self.bank.does(self.bank.me, "behave", manner, self.auction.written, inside, to=self.token)

    def held(self) -> tuple[int, int]:
        """What the auction says that it owes in all, and what it has."""
        said = (self.bank.chain.call(self.auction, name) for name in ("baseHeld", "quoteHeld"))
        return sum(said), self.bank.chain.call(self.token, "balanceOf", self.auction.written)


@pytest.mark.parametrize("manner", [SAYS_NO, KEEPS_FEE])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_token_that_lies_is_refused(chain_rig: Rig, side: str, manner: int) -> None:
    hostile = Hostile(chain_rig)
    hostile.behave(manner)
    with pytest.raises(ChainReverted, match=LIES[manner]):
        hostile.bank.does(hostile.bank.me, side, 1, 1, to=hostile.auction)
    assert (hostile.bank.chain.call(hostile.auction, "count"), hostile.held()) == (2, (55, 55))


def test_a_token_that_pays_nobody_stops_no_auction(chain_rig: Rig) -> None:
    hostile = Hostile(chain_rig)
    chain_rig.settle(chain_rig.batch())
    hostile.behave(SAYS_NO)
    hostile.bank.does(hostile.bank.me, "hold", to=hostile.auction)
    with pytest.raises(ChainReverted, match="SafeERC20FailedOperation"):
        hostile.bank.does(hostile.bank.me, "collect", to=hostile.auction)
    assert (hostile.bank.chain.call(hostile.auction, "volume"), hostile.held()) == (5, (55, 55))


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [("cancel", (2,), "CancelledBefore"), ("collect", (), "NothingToCollect")],
    ids=["cancel", "collect"],
)
def test_a_token_that_calls_back_while_it_is_paid_finds_nothing_left(
    chain_rig: Rig, function: str, arguments: tuple[int, ...], error: str
) -> None:
    hostile = Hostile(chain_rig)
    if function == "collect":
        chain_rig.settle(chain_rig.batch())
        hostile.bank.does(hostile.bank.me, "hold", to=hostile.auction)
    hostile.behave(CALLS_BACK, hostile.calls[function](*arguments))
    hostile.token_calls(function, *arguments)
    selector = next(one.selector for one in artifact("CallAuction").errors.values() if one.name == error)
    assert hostile.bank.chain.call(hostile.token, "answer")[:4] == selector
    left = 5 if function == "collect" else 50
    assert hostile.held() == (left, left)
