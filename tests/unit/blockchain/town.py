"""A town: a market of two traders whose trades the test writes by hand, and the service that settles them."""

from __future__ import annotations

from typing import Any

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.in_memory import InMemorySettlement
from market_sim.blockchain.payload import encoded
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement_service import SettlementService
from market_sim.core.consensus.behaviours import Behaviour
from market_sim.core.consensus.blocks import FinalBlock, make_block
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import RuleViolation
from market_sim.core.models.market_events import AccountOpened, Deposited, Entry, InstrumentListed, Trade, Withdrawn
from market_sim.core.randomness import Randomness
from tests.unit.blockchain.rig import GENESIS


class TownLedger:
    """The exchange's side of direct movements: it writes entries, and the test announces them."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.reserved: dict[tuple[str, str], int] = {}

    def deposit(self, name: str, asset: str, amount: int) -> int:
        return self._add(Deposited(1, name, asset, amount, len(self._town.entries) + 1))

    def withdraw(self, name: str, asset: str, amount: int) -> int:
        balances = Fold()
        for one in (*self._town.opening, *self._town.entries.values()):
            balances.add(one)
        free = balances.balances[name].get(asset, 0) - self.reserved.get((name, asset), 0)
        if free < amount:
            raise RuleViolation("WITHDRAWAL_TOO_LARGE", asset=asset, needed=amount, available=free, reserved=0)
        return self._add(Withdrawn(1, name, asset, amount, len(self._town.entries) + 1))

    def _add(self, entry: Deposited | Withdrawn) -> int:
        self._town.entries[entry.trade] = entry
        return entry.trade


class Town:
    """Alice has 10.00 dollars, Bob has 10 shares; the test says what they trade and which blocks are final."""

    randomness = Randomness(1)

    def __init__(
        self, validators: int = 4, independent: bool = False, settlement: Any = None, opening: Any = None,
        byzantine: tuple[Behaviour, ...] = (), paranoid: bool = False, log: Any = None,
    ) -> None:  # fmt: skip
        self.journal = Journal()
        self.from_wallets: set[int] = set()
        self.opening = opening or (
            InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
            AccountOpened(0, "fees", 1, "house"),
            AccountOpened(0, "alice", 2, "alice"),
            AccountOpened(0, "bob", 3, "bob"),
            Deposited(0, "alice", "USD", 1_000),
            Deposited(0, "bob", "ACME", 10),
        )
        for event in self.opening:
            self.journal.record(event)
        self.register = Register.of(self.journal)
        self.entries: dict[int, Entry] = {}
        self.blocks: list[FinalBlock] = []
        self.service = SettlementService(
            settlement or InMemorySettlement(),
            validators=validators,
            randomness=self.randomness,
            record=self.journal.record,
            now=lambda: 5,
            trade=self.entries.__getitem__,
            independent=independent,
            byzantine=byzantine,
            paranoid=paranoid,
            log=log,
        )
        self.service.open(self.register, self.journal, GENESIS)
        self.ledger = TownLedger(self)
        self.service.vault.direct.accounts = self.ledger

    def trade(self, price: int, quantity: int, maker_fee: int = 0, taker_fee: int = 0) -> Trade:
        """Alice buys from Bob, who was resting."""
        return self.deal(price, quantity, "alice", "bob", maker_fee, taker_fee)

    def deal(self, price: int, quantity: int, buyer: str, seller: str, maker_fee: int = 0, taker_fee: int = 0) -> Trade:
        """Anybody buys from anybody."""
        number = len(self.entries) + 1
        trade = Trade(1, number, "ACME", price, quantity, 1, 1, 2, seller, buyer, maker_fee, taker_fee)
        self.entries[number] = trade
        return trade

    def deposit(self, account: str, asset: str, amount: int) -> Deposited:
        """The operator brings something in for an account."""
        entry = Deposited(1, account, asset, amount, len(self.entries) + 1)
        self.entries[entry.trade] = entry
        self.service.vault.prepare(entry)
        return entry

    def withdraw(self, account: str, asset: str, amount: int) -> Withdrawn:
        """The owner of an account takes something out."""
        entry = Withdrawn(1, account, asset, amount, len(self.entries) + 1)
        self.entries[entry.trade] = entry
        self.service.vault.prepare(entry)
        return entry

    def deposit_from_wallet(self, account: str, asset: str, amount: int) -> Deposited:
        """The owner of an account pays something in from the wallet."""

        def credit(account: str, asset: str, amount: int) -> int:
            entry = Deposited(1, account, asset, amount, len(self.entries) + 1)
            self.entries[entry.trade] = entry
            self.from_wallets.add(entry.trade)
            return entry.trade

        self.service.vault.deposit(account, asset, amount, credit)
        entry = self.entries[len(self.entries)]
        self.service.vault.prepare(entry)
        return entry

    def announced(self, number: int) -> Entry:
        """An entry that came from the vault, announced to the validators."""
        entry = self.entries[number]
        self.service.vault.prepare(entry)
        return entry

    def owner(self, account: str) -> bytes:
        """The address of the wallet of the owner of an account."""
        return Wallet.of(self.randomness, f"account/{self.register.accounts[account]}").address

    def block(self, *trades: Entry) -> FinalBlock:
        """The next block of the chain."""
        parent = self.blocks[-1].hash if self.blocks else GENESIS
        height = len(self.blocks) + 1
        payload = b"".join(encoded(trade, self.register) for trade in trades)
        block = make_block(parent, height, payload)
        self.blocks.append(FinalBlock(height, height, block.hash, parent, payload))
        return self.blocks[-1]

    def finalize(self, *blocks: FinalBlock, validators: range = range(4)) -> None:
        for validator in validators:
            self.service.finalized(validator, blocks)

    def of(self, kind: type) -> list[Any]:
        return list(self.journal.of(kind))
