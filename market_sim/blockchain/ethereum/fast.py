"""The fast chain inside this process: blocks, fees and receipts around a compiled EVM.

It makes the same blocks as eth-tester: each transaction is executed at once, in a block of its own, one second after
the one before. Gas, logs, receipts, balances and the roots of state and receipts are the same (decision 0050).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import refusal
from market_sim.blockchain.ethereum.chain import ANY_SENDER, Chain, ChainBlock, DeployedContract
from market_sim.blockchain.ethereum.compiled import NOBODY, Account, Before, CompiledEvm, Executed, Surroundings
from market_sim.blockchain.ethereum.in_process import FIRST_CHAIN_ID, GENESIS_TIME, WEALTH, gift
from market_sim.blockchain.ethereum.patricia import Trie, listed, number, string
from market_sim.blockchain.ethereum.transactions import Transaction, read
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import Answer, ChainReverted, Log, Moment, Receipt
from market_sim.core.errors import SettlementError

BLOCK_GAS: Final = 30_029_122
"""The gas limit of a block: that of eth-tester."""
FIRST_BASE_FEE: Final = 10**9


class MinedBlock(NamedTuple):
    """A block, and what was there before it."""

    shown: ChainBlock
    base_fee: int
    gas: int
    transaction: str
    before: Before


class FastChain(Chain):
    """A chain on a compiled EVM; a block can be undone, so it has snapshots and a past that can be asked."""

    name = "revm"
    capabilities = frozenset({"snapshot", "travel", "reorg", "drop", "alone"})

    def __init__(self, rich: Wallet, chain_id: int = FIRST_CHAIN_ID, also_rich: Sequence[Wallet] = ()) -> None:
        super().__init__(chain_id)
        self._rich = rich
        wealthy = (rich.address, ANY_SENDER, *(wallet.address for wallet in also_rich))
        self._evm = CompiledEvm(chain_id, {address: Account(WEALTH) for address in wealthy})
        genesis = ChainBlock(0, GENESIS_TIME, self._evm.root.hex(), Trie().root.hex())
        self._blocks = [MinedBlock(genesis, FIRST_BASE_FEE, 0, "", Before({}, {}))]
        self._receipts: dict[str, Receipt] = {}
        self._logs: dict[tuple[bytes, ...], list[tuple[int, Log]]] = {}
        """By contract, event and first indexed parameter: the number of the block and the log entry."""

    # ---- questions ------------------------------------------------------------------------------------------------

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, if a block holds it."""
        return self._receipts.get(transaction)

    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""
        return self._evm.account(wallet.address).nonce

    def block(self, number: Moment = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""
        return self._blocks[-1 if number == "latest" else number].shown

    def logs(self, contract: DeployedContract, event: str, number: int, until: Moment = "latest") -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number, up to a block."""
        (topic,) = (each.topic for each in contract.artifact.events.values() if each.name == event)
        found = self._logs.get((contract.address, topic, number.to_bytes(32, "big")), ())
        return [log for block, log in found if until == "latest" or block <= until]

    def _code(self, address: bytes) -> bytes:
        return self._evm.account(address).code

    def _ask(self, sender: bytes, to: bytes, data: bytes, block: Moment) -> bytes:
        latest = self.block().number
        asked = latest if block == "latest" else block
        undone = [self._evm.undo(each.before) for each in reversed(self._blocks[asked + 1 :])]
        at = self.block(asked)
        answered, output = self._evm.ask(Surroundings(at.number, at.timestamp, BLOCK_GAS), sender, to, data)
        for each in reversed(undone):
            self._evm.undo(each)
        if not answered:
            raise refusal(output)
        return output

    # ---- transactions ---------------------------------------------------------------------------------------------

    def send_raw(self, raw: bytes) -> Answer:
        """Execute a transaction at once, in a block of its own."""
        sent = read(raw)
        account, base_fee = self._evm.account(sent.sender), self._next_base_fee()
        if sent.chain_id != self.chain_id:
            raise SettlementError(f"a transaction for the chain {sent.chain_id} came to the chain {self.chain_id}")
        if sent.nonce < account.nonce:
            return "nonce too low"
        if sent.fee < base_fee:
            return "underpriced"
        cost = sent.gas * sent.fee + sent.value
        if sent.nonce > account.nonce or sent.gas > BLOCK_GAS or cost > account.balance:
            raise SettlementError(
                f"expected the nonce {account.nonce}, at most {BLOCK_GAS:,} gas and {account.balance} wei of cost; "
                f"found {sent.nonce}, {sent.gas:,} and {cost}"
            )
        around = Surroundings(self.block().number + 1, self.next_time(), BLOCK_GAS)
        done = self._evm.execute(around, sent.sender, sent.to, sent.data, sent.gas, sent.value)
        gas = max(done.gas, _least_gas(sent.data))
        self._charge(sent, gas, base_fee, done.before)
        self._seal(around, base_fee, gas, sent, done)
        return "sent"

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether for gas when it has little."""
        gift(self, self._rich, wallet, self._evm.account(wallet.address).balance)

    def _charge(self, sent: Transaction, gas: int, base_fee: int, before: Before) -> None:
        """The sender pays for the gas: the base fee is burnt, the tip goes to the block's maker (EIP-1559)."""
        tip = min(sent.tip, sent.fee - base_fee)
        for address, paid, nonce in ((sent.sender, -gas * (base_fee + tip), sent.nonce + 1), (NOBODY, gas * tip, 0)):
            account = self._evm.account(address)
            before.accounts.setdefault(address, account)
            self._evm.put(address, account._replace(balance=account.balance + paid, nonce=nonce))

    def _seal(self, around: Surroundings, base_fee: int, gas: int, sent: Transaction, done: Executed) -> None:
        state, receipts = self._evm.root.hex(), _receipts_root(done, gas).hex()
        self._blocks.append(
            MinedBlock(
                ChainBlock(around.number, around.timestamp, state, receipts), base_fee, gas, sent.hash, done.before
            )
        )
        for log in done.logs:
            self._logs.setdefault((log.contract, *log.topics[:2]), []).append((around.number, log))
        why, spent = ChainReverted("", {}), False
        if not done.succeeded:
            spent = gas >= sent.gas
            why = ChainReverted("OutOfGas") if spent else refusal(done.output)
        self._receipts[sent.hash] = Receipt(
            sent.hash, done.succeeded, gas, around.number, why.error, why.arguments, spent, state, receipts, done.logs
        )

    # ---- time -----------------------------------------------------------------------------------------------------

    def mine(self) -> None:
        """Mine an empty block."""
        self._mine_at(self.next_time())

    def grow(self) -> bool:
        """Mine an empty block; returns that there is one."""
        self.mine()
        return True

    def travel(self, seconds: int) -> None:
        """Advance the time, with an empty block at its end."""
        self._mine_at(self.block().timestamp + seconds)

    def snapshot(self) -> int:
        """A snapshot for `revert`: the height of the chain."""
        return self.block().number

    def revert(self, mark: int) -> None:
        """Go back to a snapshot."""
        while self.block().number > mark:
            block = self._blocks.pop()
            self._evm.undo(block.before)
            self._receipts.pop(block.transaction, None)
        for place, found in self._logs.items():
            self._logs[place] = [(height, log) for height, log in found if height <= mark]

    def _mine_at(self, timestamp: int) -> None:
        shown = ChainBlock(self.block().number + 1, timestamp, self._evm.root.hex(), Trie().root.hex())
        self._blocks.append(MinedBlock(shown, self._next_base_fee(), 0, "", Before({}, {})))

    def _next_base_fee(self) -> int:
        """The price of gas follows how full the block before was (EIP-1559)."""
        parent, target = self._blocks[-1], BLOCK_GAS // 2
        if parent.gas > target:
            return parent.base_fee + max(parent.base_fee * (parent.gas - target) // target // 8, 1)
        return parent.base_fee - parent.base_fee * (target - parent.gas) // target // 8


def _least_gas(data: bytes) -> int:
    """The floor that the data of a transaction sets, whatever it executes (EIP-7623)."""
    return 21_000 + 10 * (4 * len(data) - 3 * data.count(0))


def _receipts_root(done: Executed, gas: int) -> bytes:
    """The root of the receipts of a block with one transaction."""
    bloom, entries = 0, []
    for log in done.logs:
        for each in (log.contract, *log.topics):
            digest = keccak(each)
            for place in (0, 2, 4):
                bloom |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
        topics = listed(b"".join(map(string, log.topics)))
        entries.append(listed(string(log.contract) + topics + string(log.data)))
    fields = number(int(done.succeeded)), number(gas), string(bloom.to_bytes(256, "big")), listed(b"".join(entries))
    trie = Trie()
    trie.put(number(0).hex(), b"\x02" + listed(b"".join(fields)))
    return trie.root
