"""The in-memory settlement: the checks of the settlement contract, in the same order, in Python.

It implements the rules of `BatchSettlement.sol` a second time, and tests compare the two batch by batch. A run can
settle on it without Ethereum; it needs only a hash function and the signatures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from market_sim.blockchain.certificate import (
    HEARTBEAT,
    REFUSED,
    Batch,
    Domain,
    Header,
    attested,
)
from market_sim.blockchain.execution import ROW, BalanceKey
from market_sim.blockchain.in_memory_contracts import MemoryHost
from market_sim.blockchain.in_memory_escape import MemoryEscape
from market_sim.blockchain.in_memory_validators import ValidatorSet, check_certificate
from market_sim.blockchain.in_memory_vault import LARGEST_BALANCE, MemoryVault
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import (
    Answer,
    ChainReverted,
    Genesis,
    Head,
    Moment,
    Movement,
    Opened,
    Prepared,
    Receipt,
)

if TYPE_CHECKING:
    from market_sim.blockchain.settlement_log import SettlementLog

SET_ID = 1


class InMemorySettlement(MemoryEscape):
    """The settlement contract over a dictionary of balances."""

    name = "in memory"
    confirmations = 0

    def __init__(self, chain_id: int = 31337) -> None:
        super().__init__()
        self._domain = Domain(chain_id, keccak(b"market-sim/in-memory-settlement")[12:], bytes(32))
        self._head = Head(0, 0, bytes(32), bytes(32))
        self._set = ValidatorSet(SET_ID, ())
        self._beats = 0
        self._receipts: dict[str, Receipt] = {}
        self._sent = 0

    @property
    def domain(self) -> Domain:
        """The domain that certificates must name: contract, chain and run."""
        return self._domain

    def remember(self, log: SettlementLog) -> None:
        """This chain ends with the program."""

    def open(self, genesis: Genesis) -> Opened:
        """Take the initial balances; there is nothing to deploy."""
        self.fund(genesis)
        self._domain = self._domain._replace(run=genesis.run)
        self._set = ValidatorSet(SET_ID, genesis.validators)
        self.alive_at = self.time
        self._head = Head(0, 0, genesis.block, bytes(32))
        return Opened(tuple("" for _ in genesis.tokens), 0, 0)

    def moment(self) -> Moment:
        """Nothing happens here between two questions."""
        return "latest"

    def head(self, at: Moment = "latest") -> Head:
        """The last applied block."""
        return self._head._replace(deposits=self._deposits, requests=len(self._requests))

    @property
    def epoch(self) -> int:
        """The epoch of the last settled block."""
        return self._head.epoch

    @property
    def validators(self) -> tuple[bytes, ...]:
        """The addresses of the validators of the current set."""
        return self._set.validators

    def host(self) -> MemoryHost:
        """The host of further contracts, over the same wallets."""
        return MemoryHost(self, self._domain.chain_id, len(self._opened().tokens), settles=True)

    def beside(self, number: int) -> MemoryHost:
        """The host of another chain, with the same tokens and empty wallets."""
        return MemoryHost(MemoryVault(), self._domain.chain_id + number, len(self._opened().tokens), settles=False)

    def next_nonce(self) -> int:
        """The number of transactions so far."""
        return self._sent

    def prepare(self, batch: Batch, certificate: bytes, nonce: int, attempt: int) -> Prepared:
        """The batch as bytes; its hash is the hash of the transaction."""
        raw = msgspec.msgpack.encode((nonce, attempt, batch, certificate))
        return Prepared(nonce, raw, keccak(raw).hex())

    def send(self, raw: bytes) -> Answer:
        """Apply the batch at once: every transaction has its own block."""
        transaction = keccak(raw).hex()
        if transaction in self._receipts:
            return "already known"
        nonce, _, (header, rows, exits), certificate = msgspec.msgpack.decode(raw, type=tuple[int, int, Any, bytes])
        if nonce != self._sent:
            return "nonce too low"
        self._sent += 1
        try:
            self.settle(Batch(Header(*header), rows, exits), certificate)
        except ChainReverted as reverted:
            receipt = Receipt(transaction, False, 0, self._sent, reverted.error, reverted.arguments)
        else:
            receipt = Receipt(transaction, True, 0, self._sent)
        self._receipts[transaction] = receipt
        return "sent"

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, if there is one."""
        return self._receipts.get(transaction)

    def is_paused(self) -> bool:
        """It has no guardian who could pause it."""
        return False

    def block_number(self) -> int:
        """One block for each transaction."""
        return self._sent

    def confirm(self) -> bool:
        """No further block can be made."""
        return False

    def settle(self, batch: Batch, certificate: bytes) -> None:
        """Check a batch as the contract does and apply it; if a check fails, raise `ChainReverted`, change nothing."""
        header = batch.header
        self._check_not_escaped()
        self._check_place(header)
        following = self._set.at(header.epoch, self.time)
        if header.set_id != following.number:
            raise ChainReverted("WrongValidatorSet", {"expected": following.number, "found": header.set_id})
        check_certificate(following.validators, batch.digest(self._domain), certificate)
        balances = self._paid(batch)
        exits = self._exited(balances, batch.exits)
        self._balances = balances
        self._let_claim(exits)
        self._head = Head(header.last, header.epoch, header.block, header.trades_root)
        self._set, self.alive_at = following, self.time

    def plan_handover(self, members: tuple[bytes, ...], from_epoch: int, nonce: int, certificate: bytes) -> None:
        """Plan the next set of validators; an earlier plan that was not carried out is dead."""
        self._set = self._set.planned(
            self._domain, members, from_epoch, nonce, certificate, self._head.epoch, self.time
        )

    def beats(self) -> int:
        """The number of heartbeats so far."""
        return self._beats

    def heartbeat(self, beat: int, certificate: bytes) -> Movement:
        """The validators are alive and have nothing to settle."""
        self._check_not_escaped()
        if beat != self._beats:
            raise ChainReverted("HeartbeatOutOfOrder", {"expected": self._beats, "found": beat})
        digest = attested(self._domain, HEARTBEAT, self._set.number, beat, self._head.height)
        check_certificate(self._set.validators, digest, certificate)
        self._beats, self.alive_at = beat + 1, self.time
        return Movement(beat, 0, "", 0)

    def refuse(self, number: int, certificate: bytes) -> Movement:
        """End a request that its account cannot pay."""
        request = self._open_request(number)
        held = self._balances.get((request.account, request.token), 0)
        if held >= request.amount:
            raise ChainReverted("RequestPayable", {"number": number, "held": held})
        digest = attested(self._domain, REFUSED, self._set.number, number)
        check_certificate(self._set.validators, digest, certificate)
        self._requests[number] = request._replace(done=True)
        return Movement(number, request.amount, "", 0)

    def _check_place(self, header: Header) -> None:
        head = self._head
        if header.first != head.height + 1:
            raise ChainReverted("HeightGap", {"expected": head.height + 1, "found": header.first})
        if header.last < header.first:
            raise ChainReverted("RangeBackwards", {"first": header.first, "last": header.last})
        if header.epoch <= head.epoch:
            raise ChainReverted("EpochNotGrowing", {"previous": head.epoch, "found": header.epoch})
        if header.parent != head.block:
            raise ChainReverted("WrongParent", {"expected": head.block.hex(), "found": header.parent.hex()})

    def _paid(self, batch: Batch) -> dict[BalanceKey, int]:
        """The balances after the rows of this batch."""
        genesis = self._opened()
        if len(batch.rows) % ROW.size:
            raise ChainReverted("BadRowsLength", {"length": len(batch.rows)})
        balances = dict(self._balances)
        sums = [0] * len(genesis.tokens)
        previous = (0, 0)
        for account, token, packed in ROW.iter_unpack(batch.rows):
            delta = int.from_bytes(packed, "big", signed=True)
            where = {"account": account, "token": token}
            if (account, token) <= previous:
                raise ChainReverted("RowsNotAscending", where)
            if token >= len(sums):
                raise ChainReverted("UnknownToken", {"token": token})
            if not 0 < account <= len(genesis.owners):
                raise ChainReverted("UnknownAccount", {"account": account})
            held = balances.get((account, token), 0)
            if held + delta < 0:
                raise ChainReverted("Insolvent", {**where, "held": held, "delta": delta})
            if held + delta > LARGEST_BALANCE:
                raise ChainReverted("BalanceTooLarge", {**where, "held": held, "delta": delta})
            balances[account, token] = held + delta
            sums[token] += delta
            previous = account, token
        for token, total in enumerate(sums):
            if total:
                raise ChainReverted("NotZeroSum", {"token": token, "sum": total})
        return balances
