"""The gas of a trade by three designs of settlement, measured on a chain inside the program.

    transfers   both sides of each trade are transfers of tokens, two transactions for each trade
    orders      `OrderSettlement.sol`: each trade from two signed orders, many trades in one transaction
    batch       `BatchSettlement.sol`: the net changes of all trades, certified by validators, in one transaction

The trades are random, between a hundred accounts in one instrument, the same for each design. Every account has money
and shares before, as in a market that goes on: a place that is written for the first time costs more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from market_sim.blockchain.certificate import Batch, Domain, Header, Wallet, certificate, quorum
from market_sim.blockchain.ethereum.settlement import fastest_settlement
from market_sim.blockchain.execution import Row, packed_rows
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import Genesis
from market_sim.blockchain.signed_orders import Fill, SignedOrder
from market_sim.core.errors import InvariantBroken
from market_sim.core.randomness import Randomness

ACCOUNTS: Final = 100
VALIDATORS: Final = 4
AT_ONCE: Final = 100
"""The most trades of signed orders in one transaction: more would come near the cap of its gas (EIP-7825)."""
CASH, SHARES = 0, 1
UNLIMITED: Final = 2**256 - 1


class Deal(NamedTuple):
    """A trade: two accounts by number, from 0, price and quantity."""

    buyer: int
    seller: int
    price: int
    quantity: int


class Design(NamedTuple):
    """One way to settle, and how its gas is measured."""

    name: str
    says: str
    gas: Callable[[Market, Sequence[Deal]], int]


class Market:
    """A settlement with a hundred accounts, whose owners have as much in their wallets as in the vault."""

    def __init__(self) -> None:
        randomness = Randomness(1)
        self.luck = randomness.stream("designs")
        self.settlement = fastest_settlement()
        self.validators = [Wallet.of(randomness, f"validator/{number}") for number in range(VALIDATORS)]
        self.owners = [Wallet.of(randomness, f"account/{number + 1}") for number in range(ACCOUNTS)]
        self.run = bytes([1]) * 32
        tokens = Token(CASH, "USD", 2), Token(SHARES, "ACME", 0)
        amounts = {CASH: 10**12, SHARES: 10**6}
        balances = tuple(
            Balance(number + 1, token, amount) for token, amount in amounts.items() for number in range(ACCOUNTS)
        )
        members, owners = ([wallet.address for wallet in each] for each in (self.validators, self.owners))
        self.settlement.open(Genesis(bytes(32), tuple(members), tokens, tuple(owners), balances, self.run))
        host = self.settlement.host()
        for owner in owners:
            for token, amount in amounts.items():
                host.give(owner, token, amount)
        self.orders = self.settlement.chain.deploy(
            self.settlement.operator, "OrderSettlement", *(token.written for token in reversed(self.settlement.tokens)),
            self.settlement.contract.written, self.run,
        )  # fmt: skip
        self.nonce = 0
        for wallet in self.owners:
            self.settlement.chain.fund(wallet)
            for contract in self.settlement.tokens:
                self.settlement.chain.transact(wallet, contract, "approve", self.orders.written, UNLIMITED)

    @property
    def orders_domain(self) -> Domain:
        """The domain of signed orders."""
        return Domain(self.settlement.chain.chain_id, self.orders.address, self.run)

    def deals(self, number: int) -> list[Deal]:
        """Random trades; each pair of accounts is as likely as any other."""
        luck, found = self.luck, []
        for _ in range(number):
            buyer, seller = luck.sample(range(ACCOUNTS), 2)
            found.append(Deal(buyer, seller, luck.randint(9_000, 11_000), luck.randint(1, 100)))
        return found

    def fill(self, deal: Deal) -> Fill:
        """A trade of two new orders, which are filled whole; the seller's waited."""
        sides = []
        for account, is_buy in ((deal.seller, False), (deal.buyer, True)):
            wallet, self.nonce = self.owners[account], self.nonce + 1
            order = SignedOrder("0x" + wallet.address.hex(), is_buy, deal.price, deal.quantity, 2**63, self.nonce)
            sides.append((order, order.signed(wallet, self.orders_domain)))
        return Fill(*sides[0], *sides[1], deal.quantity)

    def batch(self, deals: Sequence[Deal]) -> tuple[Batch, bytes]:
        """The net changes of trades, and a certificate by a quorum of the validators."""
        sums: dict[tuple[int, int], int] = {}
        for buyer, seller, price, quantity in deals:
            for account, token, change in (
                (buyer, CASH, -price * quantity), (buyer, SHARES, quantity),
                (seller, CASH, price * quantity), (seller, SHARES, -quantity),
            ):  # fmt: skip
                sums[account + 1, token] = sums.get((account + 1, token), 0) + change
        rows = packed_rows(Row(*place, change) for place, change in sorted(sums.items()) if change)
        head = self.settlement.head()
        block = bytes([head.height + 1]) * 32
        header = Header(1, head.height + 1, head.height + 1, head.epoch + 1, head.block, block, block, len(deals))
        batch = Batch(header, rows, b"")
        digest = batch.digest(self.settlement.domain)
        signing = self.validators[: quorum(VALIDATORS)]
        return batch, certificate({number: wallet.sign(digest) for number, wallet in enumerate(signing)})


def by_transfers(market: Market, deals: Sequence[Deal]) -> int:
    """The gas of two transfers for each trade, each a transaction of the wallet that pays."""
    chain, (cash, shares) = market.settlement.chain, market.settlement.tokens
    gas = 0
    for buyer, seller, price, quantity in deals:
        payer, giver = market.owners[buyer], market.owners[seller]
        gas += chain.transact(payer, cash, "transfer", "0x" + giver.address.hex(), price * quantity).gas
        gas += chain.transact(giver, shares, "transfer", "0x" + payer.address.hex(), quantity).gas
    return gas


def by_orders(market: Market, deals: Sequence[Deal]) -> int:
    """The gas of trades that are settled from two signed orders each."""
    chain, gas = market.settlement.chain, 0
    for place in range(0, len(deals), AT_ONCE):
        fills = [tuple(market.fill(deal)) for deal in deals[place : place + AT_ONCE]]
        gas += chain.transact(market.settlement.operator, market.orders, "settle", fills).gas
    return gas


def by_batch(market: Market, deals: Sequence[Deal]) -> int:
    """The gas of one certified batch of net changes."""
    settlement = market.settlement
    prepared = settlement.prepare(*market.batch(deals), settlement.next_nonce(), 0)
    settlement.send(prepared.raw)
    receipt = settlement.receipt(prepared.transaction)
    if receipt is None or not receipt.succeeded:
        raise InvariantBroken(f"a batch of {len(deals)} trades was not settled: {receipt}")
    return receipt.gas


DESIGNS: Final = (
    Design("transfers", "two transfers of tokens", by_transfers),
    Design("orders", "two signed orders", by_orders),
    Design("batch", "a certified net batch", by_batch),
)


def gas_of_designs(sizes: Sequence[int]) -> dict[str, list[int]]:
    """The gas of a trade, rounded, by design and by the number of trades that are settled together."""
    market = Market()
    for design in DESIGNS:
        design.gas(market, market.deals(1))  # a contract's own numbers are written for the first time here
    found: dict[str, list[int]] = {design.name: [] for design in DESIGNS}
    for size in sizes:
        deals = market.deals(size)
        for design in DESIGNS:
            found[design.name].append(round(design.gas(market, deals) / size))
    return found
