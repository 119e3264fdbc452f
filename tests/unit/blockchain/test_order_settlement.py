"""Trades from two signed orders: what both signed happens, once, and nothing else, as a naive reference says."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from market_sim.blockchain.certificate import Domain, Wallet
from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.ethereum.chain import DeployedContract
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.signed_orders import Fill, SignedOrder
from tests.unit.blockchain.rig import ALICE, BOB, CASH, RUN, SHARES, Rig
from tests.unit.blockchain.test_vault import CALLS_BACK, LIES, Bank

LATER = 10
UNLIMITED = 2**256 - 1
MONEY, HELD = 100_000, 1_000


class Desk:
    """The contract, with Alice and Bob, who have tokens in their wallets and let the contract move them."""

    def __init__(self, rig: Rig) -> None:
        self.rig, settlement = rig, rig.settlement
        self.chain = settlement.chain
        self.me = settlement.operator
        self.cash, self.shares = settlement.tokens[CASH], settlement.tokens[SHARES]
        self.place = self.chain.deploy(
            self.me, "OrderSettlement", self.shares.written, self.cash.written, settlement.contract.written, RUN
        )
        self.domain = Domain(self.chain.chain_id, self.place.address, RUN)
        self.alice, self.bob = rig.owners[ALICE - 1], rig.owners[BOB - 1]
        self.wallets = {"alice": self.alice, "bob": self.bob}
        host = settlement.host()
        for owner in self.wallets.values():
            host.give(owner.address, CASH, MONEY)
            host.give(owner.address, SHARES, HELD)
            self.chain.fund(owner)
            for token in (self.cash, self.shares):
                self.chain.transact(owner, token, "approve", self.place.written, UNLIMITED)
        self.nonce = 0

    def order(self, who: str, is_buy: bool, price: int, quantity: int, **changes: Any) -> SignedOrder:
        self.nonce += 1
        owner = "0x" + self.wallets[who].address.hex()
        return SignedOrder(owner, is_buy, price, quantity, LATER, self.nonce)._replace(**changes)

    def fill(self, maker: SignedOrder, taker: SignedOrder, quantity: int, domain: Domain | None = None) -> Fill:
        """A trade with both signatures, for this contract or for another domain."""
        signatures = [order.signed(self._owner(order), domain or self.domain) for order in (maker, taker)]
        return Fill(maker, signatures[0], taker, signatures[1], quantity)

    def settle(self, *fills: Fill, by: Wallet | None = None) -> None:
        self.chain.transact(by or self.me, self.place, "settle", list(map(tuple, fills)))

    def filled(self, order: SignedOrder) -> int:
        return int(self.chain.call(self.place, "filled", order.digest(self.domain)))

    def holds(self) -> tuple[int, ...]:
        """Cash and shares of Alice, then of Bob."""
        owners = ["0x" + wallet.address.hex() for wallet in (self.alice, self.bob)]
        return tuple(
            self.chain.call(token, "balanceOf", owner) for owner in owners for token in (self.cash, self.shares)
        )

    def _owner(self, order: SignedOrder) -> Wallet:
        return next(wallet for wallet in self.wallets.values() if "0x" + wallet.address.hex() == order.owner)


@pytest.fixture
def desk(chain_rig: Rig) -> Desk:
    return Desk(chain_rig)


def test_a_trade_happens_at_the_price_of_the_maker_and_moves_both_tokens(desk: Desk) -> None:
    sell, buy = desk.order("bob", False, 95, 30), desk.order("alice", True, 100, 20)
    desk.settle(desk.fill(sell, buy, 20))
    assert desk.holds() == (MONEY - 20 * 95, HELD + 20, MONEY + 20 * 95, HELD - 20)
    assert (desk.filled(sell), desk.filled(buy)) == (20, 20)
    other = desk.order("alice", True, 96, 50)
    desk.settle(desk.fill(other, sell, 10), by=desk.bob)
    assert desk.holds() == (MONEY - 20 * 95 - 10 * 96, HELD + 30, MONEY + 20 * 95 + 10 * 96, HELD - 30)
    assert (desk.filled(sell), desk.filled(other)) == (30, 10), "filled in parts, by any caller"


def test_the_digest_is_the_one_that_wallets_sign_for_these_fields(desk: Desk) -> None:
    """Computed by eth-account from the description of the type, as a wallet would."""
    order = desk.order("alice", True, 100, 20)
    fields = [("owner", "address"), ("isBuy", "bool"), ("price", "uint128"), ("quantity", "uint128"),
              ("expiry", "uint64"), ("nonce", "uint64")]  # fmt: skip
    domain = {"name": "Market Sandbox Orders", "version": "1", "chainId": desk.domain.chain_id,
              "verifyingContract": desk.place.written, "salt": RUN}  # fmt: skip
    values = dict(zip((name for name, _ in fields), order, strict=True))
    message = encode_typed_data(domain, {"Order": [{"name": name, "type": kind} for name, kind in fields]}, values)
    assert bytes(_hash_eip191_message(message)) == order.digest(desk.domain)
    assert desk.chain.call(desk.place, "domain") == message.header


def cases(desk: Desk) -> dict[str, Callable[[], Fill]]:
    """Trades that two owners did not agree on, by what is wrong with them."""
    sell, buy = desk.order("bob", False, 95, 30), desk.order("alice", True, 100, 20)
    good = desk.fill(sell, buy, 20)
    domain = desk.domain
    return {
        "NothingToFill": lambda: good._replace(quantity=0),
        "SameSide": lambda: desk.fill(sell, desk.order("alice", False, 95, 5), 5),
        r"OwnTrade\(owner=0x": lambda: desk.fill(sell, desk.order("bob", True, 95, 5), 5),
        r"PricesDoNotMeet\(bid=94, ask=95\)": lambda: desk.fill(sell, desk.order("alice", True, 94, 5), 5),
        r"PricesDoNotMeet\(bid=90, ask=91\)": lambda: desk.fill(
            desk.order("alice", True, 90, 5), desk.order("bob", False, 91, 5), 5
        ),
        r"Overfilled\(order=[0-9a-f]{64}, left=20, wanted=21\)": lambda: good._replace(quantity=21),
        r"Overfilled\(order=[0-9a-f]{64}, left=30, wanted=31\)": lambda: good._replace(quantity=31),
        r"OrderExpired\(expiry=1, settled=2\)": lambda: desk.fill(sell, buy._replace(expiry=1), 5),
        r"OrderExpired\(expiry=0, settled=2\)": lambda: desk.fill(sell._replace(expiry=0), buy, 5),
        r"NotSigned\(owner=0x[0-9a-f]{40}, recovered=0x[0-9a-f]{40}\)": lambda: good._replace(
            taker=buy._replace(price=101)
        ),
        "NotSigned(?#quantity)": lambda: good._replace(maker=sell._replace(quantity=300)),
        "NotSigned(?#another nonce)": lambda: good._replace(maker=sell._replace(nonce=99)),
        "NotSigned(?#the other's signature)": lambda: good._replace(taker_signature=good.maker_signature),
        "NotSigned(?#no signature)": lambda: good._replace(maker_signature=b""),
        "NotSigned(?#zeros)": lambda: good._replace(maker_signature=bytes(65)),
        "NotSigned(?#another chain)": lambda: desk.fill(sell, buy, 5, domain._replace(chain_id=1)),
        "NotSigned(?#another contract)": lambda: desk.fill(sell, buy, 5, domain._replace(contract=bytes(20))),
        "NotSigned(?#another run)": lambda: desk.fill(sell, buy, 5, domain._replace(run=bytes(32))),
    }


def test_what_two_owners_did_not_sign_is_refused_by_its_own_error_and_moves_nothing(desk: Desk) -> None:
    for _ in range(2):
        desk.rig.settle(desk.rig.batch())
    before = desk.holds()
    for error, fill in cases(desk).items():
        with pytest.raises(ChainReverted, match=f"^{error}"):
            desk.settle(fill())
    assert desk.holds() == before


def test_trades_are_settled_all_or_none_and_each_once(desk: Desk) -> None:
    sell, buy = desk.order("bob", False, 95, 30), desk.order("alice", True, 100, 20)
    good = desk.fill(sell, buy, 15)
    before = desk.holds()
    with pytest.raises(ChainReverted, match=r"Overfilled\(order=[0-9a-f]{64}, left=5, wanted=15\)"):
        desk.settle(good, good)
    assert (desk.holds(), desk.filled(sell)) == (before, 0)
    desk.settle(good)
    with pytest.raises(ChainReverted, match="Overfilled"):
        desk.settle(good)
    poor = desk.fill(desk.order("alice", True, MONEY, 2), desk.order("bob", False, 1, 2), 2)
    with pytest.raises(ChainReverted, match="ShortOfTokens"):
        desk.settle(poor)


def test_a_cancelled_order_is_over_for_good_and_only_its_owner_cancels(desk: Desk) -> None:
    sell, buy = desk.order("bob", False, 95, 30), desk.order("alice", True, 100, 20)
    desk.settle(desk.fill(sell, buy, 5))
    with pytest.raises(ChainReverted, match=r"NotOrderOwner\(owner=0x[0-9a-f]{40}, caller=0x[0-9a-f]{40}\)"):
        desk.chain.transact(desk.bob, desk.place, "cancel", tuple(buy))
    desk.chain.transact(desk.alice, desk.place, "cancel", tuple(buy))
    with pytest.raises(ChainReverted, match=r"CancelledBefore\(order=[0-9a-f]{64}\)"):
        desk.settle(desk.fill(sell, buy, 5))
    old, new = desk.order("alice", True, 100, 5), desk.order("alice", True, 100, 5)
    desk.chain.transact(desk.alice, desk.place, "cancelBelow", new.nonce)
    with pytest.raises(ChainReverted, match=rf"NonceCancelled\(nonce={old.nonce}, least={new.nonce}\)"):
        desk.settle(desk.fill(sell, old, 5))
    for least in (new.nonce, old.nonce):
        with pytest.raises(ChainReverted, match=rf"NonceNotRising\(least={new.nonce}, found={least}\)"):
            desk.chain.transact(desk.alice, desk.place, "cancelBelow", least)
    desk.settle(desk.fill(sell, new, 5))
    assert desk.holds()[1] == HELD + 10


@pytest.mark.thorough
def test_random_trades_are_what_a_naive_reference_says(desk: Desk) -> None:
    """The reference moves one share and its price at a time, and asks each order whether it still wants one."""
    luck = Random(5)
    orders = [
        desk.order(who, is_buy, luck.randint(90, 110), luck.randint(1, 6))
        for who, is_buy in (("alice", True), ("bob", False), ("alice", False), ("bob", True)) for _ in range(4)
    ]  # fmt: skip
    left = {order: order.quantity for order in orders}
    balance = dict(zip(("alice cash", "alice shares", "bob cash", "bob shares"), desk.holds(), strict=True))
    names = {"0x" + wallet.address.hex(): name for name, wallet in desk.wallets.items()}
    settled = 0
    for _ in range(40):
        maker, taker = luck.sample(orders, 2)
        quantity = luck.randint(1, 4)
        buy, sell = (maker, taker) if maker.is_buy else (taker, maker)
        agreed = maker.is_buy != taker.is_buy and maker.owner != taker.owner and buy.price >= sell.price
        possible = agreed and min(left[maker], left[taker]) >= quantity
        try:
            desk.settle(desk.fill(maker, taker, quantity))
        except ChainReverted:
            assert not possible
            continue
        assert possible
        settled += 1
        for _ in range(quantity):
            left[maker] -= 1
            left[taker] -= 1
            balance[f"{names[buy.owner]} cash"] -= maker.price
            balance[f"{names[sell.owner]} cash"] += maker.price
            balance[f"{names[buy.owner]} shares"] += 1
            balance[f"{names[sell.owner]} shares"] -= 1
        assert desk.holds() == tuple(balance.values())
    assert settled >= 3, "the canary: some of them met"
    assert [desk.filled(order) for order in orders] == [order.quantity - left[order] for order in orders]


def a_sale_of_a_hostile_token(rig: Rig) -> tuple[Desk, DeployedContract, Fill]:
    """A desk that trades a hostile token, and a trade in which its owner sells five to Alice for ten each."""
    desk, bank = Desk(rig), Bank(rig)
    token, _ = bank.hostile()
    desk.place = desk.chain.deploy(
        desk.me, "OrderSettlement", token.written, desk.cash.written, rig.settlement.contract.written, RUN
    )
    desk.domain = desk.domain._replace(contract=desk.place.address)
    desk.wallets["me"] = desk.me
    desk.chain.transact(desk.alice, desk.cash, "approve", desk.place.written, UNLIMITED)
    return desk, token, desk.fill(desk.order("me", False, 10, 5), desk.order("alice", True, 10, 5), 5)


@pytest.mark.parametrize(("manner", "error"), LIES.items())
def test_a_token_that_lies_is_refused_and_nothing_is_paid_for_it(chain_rig: Rig, manner: int, error: str) -> None:
    """One that keeps a fee would bring the buyer less than it signed for, at a price beyond its limit."""
    desk, token, fill = a_sale_of_a_hostile_token(chain_rig)
    desk.chain.transact(desk.me, token, "behave", manner, desk.place.written, b"")
    with pytest.raises(ChainReverted, match=error):
        desk.settle(fill)
    assert desk.holds()[0] == MONEY and not desk.filled(fill.maker)


def test_a_token_that_calls_back_while_it_is_moved_cannot_trade_twice(chain_rig: Rig) -> None:
    desk, token, fill = a_sale_of_a_hostile_token(chain_rig)
    again = artifact("OrderSettlement").functions["settle"].call([tuple(fill)])
    desk.chain.transact(desk.me, token, "behave", CALLS_BACK, desk.place.written, again)
    desk.settle(fill)
    over = next(one.selector for one in artifact("OrderSettlement").errors.values() if one.name == "Overfilled")
    assert desk.chain.call(token, "answer")[:4] == over
    assert desk.holds()[0] == MONEY - 50
