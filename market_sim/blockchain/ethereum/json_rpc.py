"""The chain of a JSON-RPC node such as anvil, which outlives this program.

Every answer of the node goes through the settlement log, so that a resumed run gets the answers that it got before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from web3 import Web3
from web3.exceptions import Web3RPCError

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.chain import ChainBlock, DeployedContract
from market_sim.blockchain.ethereum.node import Node, NodeSilent, NoNode, is_busy, refusal_of, shown
from market_sim.blockchain.ethereum.transactions import Signed, read, signed
from market_sim.blockchain.ethereum.web3_chain import Web3Chain
from market_sim.blockchain.gas import LARGEST_BATCH_GAS
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import Answer, ChainReverted, Log, Moment, Receipt
from market_sim.blockchain.settlement_log import SettlementLog
from market_sim.core.errors import InputError, NonceTaken, OtherCourse, SettlementError, Unsettled
from market_sim.core.models.event import Numbers

T = TypeVar("T")

ANVIL: Final = "anvil"
RICH: Final = 10**30
"""What a wallet gets on anvil, in wei."""
GIFT: Final = 10**22
"""What the operator gives to a wallet on another node: enough for a hundred transactions at the highest fee."""
SENDINGS: Final = 6
"""How often a transaction of the operator or an owner is sent before the run stops, to be resumed later."""


class Called(msgspec.Struct, array_like=True, frozen=True):
    """The answer of a contract: bytes, or its error."""

    data: bytes
    error: str = ""
    arguments: Numbers = {}


class JsonRpcChain(Web3Chain):
    """A node behind a URL; methods beyond standard JSON-RPC are those of anvil."""

    name = "json-rpc"
    nonces_at = "pending"
    patience_s = 10.0
    """How long to wait for a receipt before the outbox asks again, and for a block."""

    def __init__(self, url: str | None, rich: Wallet, chain_id: int | None = None, is_own: bool = False) -> None:
        """The chain behind a URL, which must have this id, if one is given; without a URL all answers are in a log.

        `is_own` says that the operator's key is the user's, and does not come from the seed.
        """
        super().__init__(Web3(NoNode() if url is None else Node(url), middleware=[]), chain_id or 0)
        self._url = None if url is None else shown(url)
        self._rich = rich
        self._is_own = is_own
        self._log = SettlementLog()
        self._is_asking = False
        self._first_known = ""
        self._silences = 0
        if url is not None:
            self._meet(chain_id)

    def _meet(self, chain_id: int | None) -> None:
        """Ask the node what it is; InputError for one that a run cannot settle on."""
        try:
            self.chain_id = self.w3.eth.chain_id
            client = str(self.w3.client_version)
            room = int(self.w3.eth.get_block("latest")["gasLimit"])
        except (NodeSilent, Web3RPCError) as met:
            said = f"{self._url}: {refusal_of(met)}" if isinstance(met, Web3RPCError) else met
            raise InputError(f"--chain: {said}; expected a JSON-RPC node, such as anvil on 127.0.0.1:8545") from None
        if chain_id not in (None, self.chain_id):
            raise SettlementError(f"expected the chain with the id {chain_id}, found {self.chain_id}")
        if room < LARGEST_BATCH_GAS:
            raise InputError(
                f"--chain: a block of {self._url} holds {room:,} gas, and a batch may need {LARGEST_BATCH_GAS:,}"
            )
        if ANVIL in client.lower():
            self.name = ANVIL
            self.capabilities = frozenset({"snapshot", "travel", "reorg", "drop"})

    # ---- the log --------------------------------------------------------------------------------------------------

    def remember(self, log: SettlementLog) -> None:
        """Ask this log before the node; a node of another chain or kind, and another operator, are refused."""
        self._log = log
        mine = "0x" + self._rich.address.hex() if self._is_own else ""
        chain_id, name, operator = log.ask("chain", tuple[int, str, str], lambda: (self.chain_id, self.name, mine))
        if self._url is None:
            self.chain_id, self.name = chain_id, name
        elif (chain_id, name) != (self.chain_id, self.name):
            raise OtherCourse(
                f"the run is on the chain with the id {chain_id} of a node of the kind {name}, and {self._url} has "
                f"{self.chain_id} and is {self.name}"
            )
        if operator != mine:
            begun = f"by the operator {operator}" if operator else "without a key of the operator's own"
            found = f"found that of {mine}" if mine else "found none"
            raise OtherCourse(f"the run was begun {begun}: expected the same --operator-key, {found}")
        log.resumed = self._recognise

    def _recognise(self) -> None:
        """Before a resumed run goes on, and where a run must stop: the node must know its first transaction."""
        asked = super().receipt
        try:
            known = not self._first_known or self._apart(lambda: asked(self._first_known)) is not None
        except Web3RPCError as refused:
            raise Unsettled(f"{self._url} refused a question: {refusal_of(refused)}") from None
        if not known:
            raise OtherCourse(
                f"{self._url} does not know the transaction 0x{self._first_known} of this run: it is another chain, or "
                "it was started anew"
            )

    def _stopped(self, why: str) -> Unsettled:
        """The error of a run that can go no further here; a node that forgot the run ends it in another one."""
        self._recognise()
        return Unsettled(why)

    def _remembered(self, question: Any, kind: Any, ask: Callable[[], T]) -> T:
        """The answer from the log, otherwise from the node; what is asked on the way to one answer is a part of it."""
        if self._is_asking:
            return ask()
        answer: T = self._log.ask(question, kind, lambda: self._answered(ask))
        return answer

    def _answered(self, ask: Callable[[], T]) -> T:
        try:
            return self._apart(ask)
        except Web3RPCError as refused:
            raise self._stopped(f"{self._url} refused a question: {refusal_of(refused)}") from None

    def _apart(self, ask: Callable[[], T]) -> T:
        """Ask the node only, not the log."""
        before, self._is_asking = self._is_asking, True
        try:
            return ask()
        finally:
            self._is_asking = before

    # ---- questions ------------------------------------------------------------------------------------------------

    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""
        asked = super().next_nonce
        return self._remembered(("nonce", wallet.address.hex()), int, lambda: asked(wallet))

    def block(self, number: Moment = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""
        asked = super().block
        return self._remembered(("block", number), ChainBlock, lambda: asked(number))

    def next_time(self) -> int:
        """The earliest time of the next block: a node that waits for transactions follows the clock meanwhile."""
        asked = super().next_time
        return self._remembered("time", int, lambda: max(asked(), int(time.time())))

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction; waits while the transaction is pending."""
        found = self._remembered(("receipt", transaction), Receipt | None, lambda: self._awaited(transaction))
        if found is not None:
            self._first_known = self._first_known or transaction
        return found

    def logs(self, contract: DeployedContract, event: str, number: int, until: Moment = "latest") -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number, up to a block."""
        asked = super().logs
        question = "logs", contract.written, event, number, until
        return self._remembered(question, list[Log], lambda: asked(contract, event, number, until))

    def grow(self) -> bool:
        """Mine an empty block on anvil, otherwise await one; Unsettled when none comes."""
        return self._remembered("grown", bool, self._grown)

    def _holds(self, contract: DeployedContract) -> bool:
        asked = super()._holds
        return self._remembered(("code", contract.written), bool, lambda: asked(contract))

    def _call(self, asked: dict[str, Any], block: Moment) -> bytes:
        call = super()._call

        def called() -> Called:
            try:
                data = call(asked, block)
                if not data:  # as of an address without a contract
                    self._recognise()
                return Called(data)
            except ChainReverted as why:
                return Called(b"", why.error, why.arguments)

        question = "call", asked.get("to", ""), keccak(bytes(asked["data"])).hex(), block
        found = self._remembered(question, Called, called)
        if found.error:
            raise ChainReverted(found.error, found.arguments)
        return found.data

    def _awaited(self, transaction: str) -> Receipt | None:
        until = time.monotonic() + self.patience_s
        while (found := super().receipt(transaction)) is None and self._is_waiting(transaction):
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        return found

    def _is_waiting(self, transaction: str) -> bool:
        return bool(self.request("eth_getTransactionByHash", "0x" + transaction))

    def _grown(self) -> bool:
        if self.name == ANVIL:
            self.mine()
            return True
        before, until = super().block().number, time.monotonic() + self.patience_s
        while super().block().number == before:
            if time.monotonic() > until:
                # Not an answer that is kept: a resumed run waits anew.
                raise Unsettled(f"{self._url} made no block for {self.patience_s:g} seconds")
            time.sleep(0.05)
        return True

    # ---- transactions ---------------------------------------------------------------------------------------------

    def send_raw(self, raw: bytes) -> Answer:
        """Send signed bytes; if the connection breaks, they may still have arrived."""
        unknown: Answer = "unknown"
        return self._log.send(keccak(raw).hex(), lambda: self._sent(raw), unknown)

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether: anvil makes it, on another node the operator has it and must be funded by its owner."""
        if self.name == ANVIL:
            self._remembered(("fund", wallet.address.hex()), bool, lambda: self._made_rich(wallet))
        elif wallet.address != self._rich.address and self._ether(wallet) < GIFT // 2:
            nonce = self.next_nonce(self._rich)
            self._delivered(signed(self._rich, self.chain_id, nonce, wallet.address, b"", 21_000, value=GIFT))

    def _sent(self, raw: bytes) -> Answer:
        try:
            self.w3.eth.send_raw_transaction(raw)
        except Web3RPCError as refused:
            answer = self._meaning(refusal_of(refused))
        except NodeSilent:
            answer = "unknown"
        else:
            answer = "sent"
        self._silences = self._silences + 1 if answer == "unknown" else 0
        if self._silences:
            time.sleep(min(0.05 * 2**self._silences, 2.0))
        return answer

    def _delivered(self, transaction: Signed) -> Receipt:
        """Send a transaction, again where it may be lost, and await the block that holds it."""
        tries = 0
        while tries < SENDINGS:
            # What an earlier program tried in vain does not count: a resumed run tries anew.
            tries += not self._log.is_past
            answer = self.send_raw(transaction.raw)
            receipt = self.receipt(transaction.hash)
            if receipt is not None:
                return receipt
            if answer == "nonce too low":
                raise NonceTaken(read(transaction.raw).nonce, str(self._url))
        raise self._stopped(f"{self._url} did not put the transaction 0x{transaction.hash} into a block")

    def _meaning(self, said: str) -> Answer:
        """The meaning of a node's refusal for the outbox."""
        lowered = said.lower()
        for words, meaning in MEANINGS:
            if words in lowered:
                return meaning
        if is_busy(said):
            return "unknown"
        if "insufficient funds" in lowered:
            written = "0x" + self._rich.address.hex()
            raise self._stopped(f"a wallet has too little ether for gas at {self._url}: fund the operator {written}")
        raise self._stopped(f"{self._url} refused a transaction: {said}")

    def _ether(self, wallet: Wallet) -> int:
        address = Web3.to_checksum_address(wallet.address)
        return self._remembered(("ether", wallet.address.hex()), int, lambda: int(self.w3.eth.get_balance(address)))

    def _made_rich(self, wallet: Wallet) -> bool:
        if int(self.w3.eth.get_balance(Web3.to_checksum_address(wallet.address))) >= RICH // 2:
            return False
        self.request("anvil_setBalance", "0x" + wallet.address.hex(), hex(RICH))
        return True

    # ---- what only anvil can do -----------------------------------------------------------------------------------

    def mine(self) -> None:
        """Mine an empty block."""
        self.request("evm_mine")

    def travel(self, seconds: int) -> None:
        """Advance the time."""
        self.request("evm_increaseTime", seconds)
        self.request("evm_mine")

    def snapshot(self) -> Any:
        """A snapshot for `revert`."""
        return self.request("evm_snapshot")

    def revert(self, mark: Any) -> None:
        """Go back to a snapshot."""
        self.request("evm_revert", mark)

    def request(self, method: str, *arguments: Any) -> Any:
        """Call a method beyond what web3 has."""
        answer = self.w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
        if "error" in answer:
            raise self._stopped(f"{self._url} refused {method}: {answer['error']['message']}")
        return answer["result"]


MEANINGS: Final[tuple[tuple[str, Answer], ...]] = (
    ("already known", "already known"),
    ("already imported", "already known"),
    ("nonce too low", "nonce too low"),
    ("underpriced", "underpriced"),
    ("fee too low", "underpriced"),
    ("max fee per gas less than block base fee", "underpriced"),
    ("txpool is full", "unknown"),
    ("txpool full", "unknown"),
)
