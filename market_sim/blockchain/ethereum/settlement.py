"""Settlement on Ethereum: the port of `market_sim.blockchain.settlement`, over contracts on a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Final, TypeVar

from market_sim.blockchain.certificate import SIGNATURE_SIZE, Batch, Domain, Wallet
from market_sim.blockchain.ethereum.chain import ChainBackend, DeployedContract
from market_sim.blockchain.ethereum.host import EthereumHost
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.blockchain.execution import ROW, BalanceKey
from market_sim.blockchain.gas import LARGEST_BATCH_GAS, batch_gas
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import (
    Answer,
    Genesis,
    Head,
    Moment,
    Movement,
    Opened,
    Prepared,
    Receipt,
    Request,
    Statement,
)
from market_sim.blockchain.settlement_log import SettlementLog
from market_sim.core.errors import InputError, SettlementError
from market_sim.core.randomness import Randomness

T = TypeVar("T")

CHUNK: Final = 400
"""The most accounts or deposits in one transaction of the opening."""
CONFIRMATIONS: Final = 2
"""The blocks that must follow a batch on a node outside this program."""
PAGE: Final = 2_000
"""The most storage slots that one call reads: nodes bound the gas of a call, too."""
NEEDS_EXTRA: Final = "the fast chain needs the extra [fast]: pip install '.[fast]' in the folder of this program"


class EthereumSettlement:
    """The settlement contracts of one run on one chain, with the wallets of the relayer and of the operator.

    These are two wallets, so that a deposit never takes the nonce of a batch that is on its way.
    """

    def __init__(
        self,
        chain: ChainBackend,
        randomness: Randomness,
        confirmations: int = 0,
        run: bytes = bytes(32),
        another: Callable[[Wallet, int], ChainBackend] | None = None,
        operator: Wallet | None = None,
    ) -> None:
        self.chain = chain
        self.name = chain.name
        self.confirmations = confirmations
        self.relayer = relayer_of(randomness, run)
        self.operator = operator or operator_of(randomness, run)
        self.guardian = Wallet.of(randomness, f"guardian/{run.hex()}")
        self._contract: DeployedContract | None = None
        self._another = another
        """Opens another chain of the same kind; by default it is one of eth-tester."""
        self._run = run
        self._accounts = 0
        self._listed: tuple[Token, ...] = ()
        self.tokens: tuple[DeployedContract, ...] = ()

    @property
    def contract(self) -> DeployedContract:
        """The settlement contract."""
        if self._contract is None:
            raise SettlementError("the settlement is not open yet")
        return self._contract

    @property
    def domain(self) -> Domain:
        """The domain that certificates must name: contract, chain and run."""
        return Domain(self.chain.chain_id, self.contract.address, self._run)

    def remember(self, log: SettlementLog) -> None:
        """Ask this log before the chain."""
        self.chain.remember(log)
        self.name = self.chain.name

    def open(self, genesis: Genesis) -> Opened:
        """Deploy the tokens and the settlement, open the accounts, and pay their deposits into the vault."""
        chain, me = self.chain, self.operator
        chain.fund(me)
        chain.fund(self.relayer)
        self._listed = genesis.tokens
        self.tokens = self._deploy_tokens(chain)
        self._contract = chain.deploy(
            me,
            "BatchSettlement",
            [token.written for token in self.tokens],
            ["0x" + address.hex() for address in genesis.validators],
            "0x" + self.guardian.address.hex(),
            genesis.block,
            genesis.run,
        )
        self._run = genesis.run
        self._accounts = len(genesis.owners)
        for part in _parts(genesis.owners):
            chain.transact(me, self.contract, "openAccounts", ["0x" + owner.hex() for owner in part])
        for number in range(len(self.tokens)):
            self._fund(number, [each for each in genesis.balances if each.token == number])
        return Opened(tuple(token.written for token in self.tokens), chain.transactions, chain.gas)

    def _deploy_tokens(self, chain: ChainBackend) -> tuple[DeployedContract, ...]:
        return tuple(
            chain.deploy(self.operator, "Token", token.symbol, token.symbol, token.decimals) for token in self._listed
        )

    def open_account(self, owner: bytes) -> None:
        """Open one more account."""
        self.chain.transact(self.operator, self.contract, "openAccounts", ["0x" + owner.hex()])
        self._accounts += 1

    def _fund(self, number: int, deposits: Sequence[Balance]) -> None:
        """Mint the initial deposits of one token and pay them in, many accounts in one transaction."""
        if not deposits:
            return
        chain, me, token = self.chain, self.operator, self.tokens[number]
        total = sum(each.amount for each in deposits)
        chain.transact(me, token, "mint", "0x" + me.address.hex(), total)
        chain.transact(me, token, "approve", self.contract.written, total)
        for part in _parts(deposits):
            packed = b"".join(each.account.to_bytes(4, "big") + each.amount.to_bytes(16, "big") for each in part)
            chain.transact(me, self.contract, "depositMany", number, packed)

    def moment(self) -> Moment:
        """The latest block of a node, where others act, too; a chain of our own stands still meanwhile."""
        return "latest" if "alone" in self.chain.capabilities else self.chain.block().number

    def head(self, at: Moment = "latest") -> Head:
        """The last settled block."""
        return Head(*self.chain.call(self.contract, "progress", block=at))

    def statement(self, at: Moment = "latest") -> Statement:
        """All balances, and the vault's holdings, as of one block."""
        page = max(1, 2 * PAGE // (len(self.tokens) + 1))
        if at == "latest" and self._accounts > page:
            at = self.chain.block().number  # a block could come between two pages
        slots: list[int] = []
        for first in range(1, self._accounts + 1, page):
            last = min(first + page - 1, self._accounts)
            more, held, owed = self.chain.call(self.contract, "statement", first, last, block=at)
            slots += more
        each = (len(held) + 1) // 2  # the operator may have listed tokens beside those of the run
        balances: dict[BalanceKey, int] = {}
        for place, slot in enumerate(slots):
            if slot:
                account, token = place // each + 1, 2 * (place % each)
                for amount in (slot & _LOW, slot >> 128):
                    if amount:
                        balances[account, token] = amount
                    token += 1
        return Statement(balances, held, owed)

    def deposit(self, account: int, token: int, amount: int) -> Movement:
        """Mint, approve and deposit."""
        me, money = self.operator, self.tokens[token]
        minted = self.chain.transact(me, money, "mint", "0x" + me.address.hex(), amount)
        return self._pay_in(me, account, token, amount, minted.gas)

    def deposit_from(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner approves and deposits."""
        self.chain.fund(owner)
        return self._pay_in(owner, account, token, amount, 0)

    def _pay_in(self, payer: Wallet, account: int, token: int, amount: int, gas: int) -> Movement:
        vault = self.contract
        allowed = self.chain.transact(payer, self.tokens[token], "approve", vault.written, amount)
        paid = self.chain.transact(payer, vault, "deposit", account, token, amount)
        taken = vault.artifact.happened("Deposited", paid.logs)
        if (taken["account"], taken["token"], taken["amount"]) != (account, token, amount):
            raise SettlementError(f"the vault credited {taken} for a deposit of {amount} of token {token}")
        return Movement(taken["number"], amount, paid.transaction, gas + allowed.gas + paid.gas)

    def request(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner requests a withdrawal; the contract numbers the request."""
        self.chain.fund(owner)
        asked = self.chain.transact(owner, self.contract, "requestWithdrawal", account, token, amount)
        number = self.contract.artifact.happened("WithdrawalRequested", asked.logs)["number"]
        return Movement(number, amount, asked.transaction, asked.gas)

    def claim(self, owner: Wallet, account: int, token: int) -> Movement:
        """The owner claims; the vault pays."""
        self.chain.fund(owner)
        paid = self.chain.transact(owner, self.contract, "claim", account, token)
        amount = self.contract.artifact.happened("Claimed", paid.logs)["amount"]
        return Movement(0, amount, paid.transaction, paid.gas)

    def deposit_at(self, number: int) -> Balance:
        """The deposit with this number, from its event."""
        (log,) = self.chain.logs(self.contract, "Deposited", number)
        taken = self.contract.artifact.happened("Deposited", [log])
        return Balance(taken["account"], taken["token"], taken["amount"])

    def request_at(self, number: int) -> Request:
        """The withdrawal request with this number."""
        return Request(*self.chain.call(self.contract, "requests", number))

    def refuse(self, number: int, certificate: bytes) -> Movement:
        """End a request that its account cannot pay; any wallet may relay that."""
        ended = self.chain.transact(self.operator, self.contract, "refuseWithdrawal", number, certificate)
        return Movement(number, 0, ended.transaction, ended.gas)

    def beats(self) -> int:
        """The number of heartbeats so far."""
        return int(self.chain.call(self.contract, "beats"))

    def heartbeat(self, beat: int, certificate: bytes) -> Movement:
        """The validators are alive and have nothing to settle; any wallet may relay that."""
        alive = self.chain.transact(self.operator, self.contract, "heartbeat", beat, certificate)
        return Movement(beat, 0, alive.transaction, alive.gas)

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of a wallet."""
        return int(self.chain.call(self.tokens[token], "balanceOf", "0x" + owner.hex()))

    def claimable(self, account: int, token: int) -> int:
        """The amount of a token that the owner of an account can claim."""
        return int(self.chain.call(self.contract, "claimable", account, token))

    def paid_out(self, account: int, token: int, at: Moment = "latest") -> int:
        """The sum of a token that the owner of an account has claimed so far, from the events."""
        logs = self.chain.logs(self.contract, "Claimed", account, at)
        claims = (self.contract.artifact.happened("Claimed", [log]) for log in logs)
        return sum(claim["amount"] for claim in claims if claim["token"] == token)

    def host(self) -> EthereumHost:
        """The host of further contracts, on the same chain."""
        return EthereumHost(self.chain, self.operator, self.tokens, self.contract)

    def beside(self, number: int) -> EthereumHost:
        """The host of another chain, always inside this process, with tokens of its own."""
        from market_sim.blockchain.ethereum.backends import EthTesterChain

        chain = (self._another or EthTesterChain)(self.operator, self.chain.chain_id + number)
        return EthereumHost(chain, self.operator, self._deploy_tokens(chain))

    def next_nonce(self) -> int:
        """The nonce of the relayer's next transaction."""
        return self.chain.next_nonce(self.relayer)

    def prepare(self, batch: Batch, certificate: bytes, nonce: int, attempt: int) -> Prepared:
        """A signed transaction for this batch; a later attempt offers a higher fee and more gas."""
        data = self.contract.artifact.functions["settle"].call(batch.header, batch.rows, batch.exits, certificate)
        signatures, tokens = len(certificate) // SIGNATURE_SIZE, len(self.tokens)
        gas = min(gas_of(batch, signatures, tokens) << attempt, LARGEST_BATCH_GAS)
        transaction = signed(self.relayer, self.chain.chain_id, nonce, self.contract.address, data, gas, attempt)
        return Prepared(nonce, transaction.raw, transaction.hash)

    def send(self, raw: bytes) -> Answer:
        """Send a transaction to the chain."""
        return self.chain.send_raw(raw)

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction; None when no block holds it."""
        return self.chain.receipt(transaction)

    def block_number(self) -> int:
        """The height of the chain."""
        return self.chain.block().number

    def is_paused(self) -> bool:
        """Whether the guardian's pause would stop a batch in the next block."""
        return self._pause() > 0

    def _pause(self) -> int:
        """The seconds from the next block to the end of the pause."""
        until = int(self.chain.call(self.contract, "pausedUntil"))
        return max(until - self.chain.next_time(), 0) if until else 0

    def confirm(self) -> bool:
        """Let the chain grow by a block, where that is possible; on a chain of our own a pause passes, too."""
        pause = self._pause() if "alone" in self.chain.capabilities else 0
        if pause:
            self.chain.travel(pause)
            return True
        return self.chain.grow()


def eth_tester_settlement(
    randomness: Randomness | None = None, chain_id: int = 31337, run: bytes = bytes(32)
) -> EthereumSettlement:
    """A settlement on a new eth-tester chain; seed and run give the wallets of relayer, operator and guardian only."""
    from market_sim.blockchain.ethereum.backends import EthTesterChain

    randomness = randomness or Randomness(0)
    chain = EthTesterChain(operator_of(randomness, run), chain_id, also_rich=[relayer_of(randomness, run)])
    return EthereumSettlement(chain, randomness, run=run)


def fast_settlement(
    randomness: Randomness | None = None, chain_id: int = 31337, run: bytes = bytes(32)
) -> EthereumSettlement:
    """A settlement on a new fast chain, with the same wallets as on eth-tester."""
    if find_spec("pyrevm") is None:
        raise InputError(NEEDS_EXTRA)
    from market_sim.blockchain.ethereum.fast import FastChain

    randomness = randomness or Randomness(0)
    chain = FastChain(operator_of(randomness, run), chain_id, also_rich=[relayer_of(randomness, run)])
    return EthereumSettlement(chain, randomness, run=run, another=FastChain)


def fastest_settlement(randomness: Randomness | None = None) -> EthereumSettlement:
    """A settlement on the fast chain where it is installed, otherwise on eth-tester; the gas is the same on both."""
    return fast_settlement(randomness) if find_spec("pyrevm") else eth_tester_settlement(randomness)


def json_rpc_settlement(
    url: str | None,
    chain_id: int | None = None,
    randomness: Randomness | None = None,
    confirmations: int = CONFIRMATIONS,
    run: bytes = bytes(32),
    operator: Wallet | None = None,
) -> EthereumSettlement:
    """A settlement on a JSON-RPC node, which must have this chain id, if one is given; without a URL, on a log."""
    from market_sim.blockchain.ethereum.json_rpc import JsonRpcChain

    randomness = randomness or Randomness(0)
    chain = JsonRpcChain(url, operator or operator_of(randomness, run), chain_id, operator is not None)
    return EthereumSettlement(chain, randomness, confirmations, run, operator=operator)


def relayer_of(randomness: Randomness, run: bytes = bytes(32)) -> Wallet:
    """The wallet that sends batches to the contract; any other wallet could do so.

    Each run has a relayer of its own, so that two runs on one node do not use the same nonces.
    """
    return Wallet.of(randomness, f"relayer/{run.hex()}")


def operator_of(randomness: Randomness, run: bytes = bytes(32)) -> Wallet:
    """The wallet that deploys the contracts, runs the vault, and mints the tokens of deposits."""
    return Wallet.of(randomness, f"operator/{run.hex()}")


def gas_of(batch: Batch, signatures: int, tokens: int = 2) -> int:
    """The gas bound of this batch, with each slot written for the first time; a handover takes a second attempt."""
    whole = len(batch.rows) - len(batch.rows) % ROW.size
    places = [(account, token) for account, token, _ in ROW.iter_unpack(batch.rows[:whole])]
    slots = len({(account, token // 2) for account, token in places})
    return batch_gas(signatures, slots, slots, len(places), len(batch.exits) // 4, tokens)


def _parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[begin : begin + CHUNK] for begin in range(0, len(things), CHUNK))


_LOW: Final = 2**128 - 1
