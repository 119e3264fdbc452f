"""The settlement service: it turns final blocks into certified batches, and brings these to the chain.

Each validator executes a range of blocks on its own state and signs the result once the range is final in its view.
When two thirds have signed the same digest, the batch is relayed, and the chain is reconciled with the journal.
Settlement cannot run ahead of finality, since this service receives only final blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from market_sim.blockchain.attestations import Attestations
from market_sim.blockchain.certificate import Batch, Signer, Wallet, certificate, quorum
from market_sim.blockchain.chain_plan import ChainPlan
from market_sim.blockchain.contract_calls import ContractCalls
from market_sim.blockchain.contracts import ChainContext
from market_sim.blockchain.direct_movements import DirectMovements, VaultBooks
from market_sim.blockchain.double_signing import SignedResult, SignedResults, rival_of
from market_sim.blockchain.execution import Execution, net_hash
from market_sim.blockchain.oracle_price import last_price
from market_sim.blockchain.outbox import PATIENCE, Outbox, OutboxRow
from market_sim.blockchain.reconciliation import Reconciliation, ReservesMissing
from market_sim.blockchain.register import Register
from market_sim.blockchain.replicas import Replicas
from market_sim.blockchain.run_identity import run_id
from market_sim.blockchain.settlement import ChainReverted, Genesis, Receipt, Settlement
from market_sim.blockchain.settlement_log import LoggedRows, SettlementLog
from market_sim.blockchain.vault_transfers import VaultTransfers
from market_sim.core.consensus.behaviours import DOUBLE_SIGN, Behaviour
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.english import counted
from market_sim.core.errors import InvariantBroken, Unsettled
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Entry
from market_sim.core.models.settlement_events import (
    BatchCertified,
    BatchDelayed,
    BlockSettled,
    DoubleSigned,
    HeartbeatGiven,
    Reconciled,
    ReorgSeen,
    SettlementOpened,
    SettlementReverted,
    TradeRefused,
    VaultShort,
)
from market_sim.core.randomness import Randomness

SET_ID = 1
"""The number of the first set of validators."""
HEARTBEAT_NS = 24 * 3600 * 1_000_000_000
"""After this time without a batch validators that still finalize blocks give a heartbeat."""


class SettlementSummary(NamedTuple):
    """The totals of the settlement of a run."""

    backend: str
    blocks: int
    batches: int
    trades: int
    refused: int
    transactions: int
    gas: int
    reconciled: bool


class _Pending:
    """A batch and the signatures on it, until they are a quorum."""

    def __init__(self, execution: Execution, batch: Batch) -> None:
        self.execution = execution
        self.batch = batch
        self.signatures: dict[int, bytes] = {}
        self.certificate: dict[int, bytes] = {}
        """The signatures that were a quorum first."""


class SettlementService:
    """The settlement of one run."""

    def __init__(
        self,
        settlement: Settlement,
        *,
        validators: int,
        randomness: Randomness,
        record: Callable[[Event], None],
        now: Callable[[], int],
        trade: Callable[[int], Entry],
        log: SettlementLog | None = None,
        independent: bool = False,
        byzantine: Iterable[Behaviour] = (),
        paranoid: bool = False,
    ) -> None:
        self.settlement = settlement
        self._wallets = [Wallet.of(randomness, f"validator/{number}") for number in range(validators)]
        self._randomness = randomness
        self._quorum = quorum(validators)
        self._convicted: set[int] = set()
        self._record = record
        self._now = now
        self._trade = trade
        self._log = log or SettlementLog()
        self._independent = independent
        self._byzantine = tuple(byzantine)
        self._paranoid = paranoid
        self._owners: dict[int, Wallet] = {}
        self._pending: dict[bytes, _Pending] = {}
        self._signed: dict[int, tuple[_Pending, bytes]] = {}
        """By first block: batches with a quorum that wait for the batch before them."""
        self._next = 1
        """The block with which the next batch begins."""
        self._certified: list[Execution] = []
        self._gas = self._transactions = self._settled_blocks = self._settled_trades = self._batches = 0
        self._reconciled = False
        self._alive_at = now()
        """The time of the last batch or heartbeat."""

    def open(
        self, register: Register, opening: Iterable[Event], genesis: bytes, chain: ChainPlan | None = None
    ) -> None:
        """Deploy the contracts and pay in the initial deposits; `genesis` is the genesis hash of the consensus chain.

        The further contracts of a scenario are deployed afterwards.
        """
        opening = list(opening)
        deposits = register.balances(opening)
        if not register.collector:
            raise InvariantBroken("the account for fees must be open before settlement begins")
        self._register = register
        signed = self._log.signed
        self._signers = [
            Signer(wallet, signed.setdefault(number, {}), partial(self._log.keep, number))
            for number, wallet in enumerate(self._wallets)
        ]
        self.replicas = Replicas(
            len(self._wallets), register, genesis, deposits, self._record, self._now,
            independent=self._independent, byzantine=self._byzantine, paranoid=self._paranoid,
        )  # fmt: skip
        self._reconciliation = Reconciliation(register, opening, self._trade)
        addresses = tuple(wallet.address for wallet in self._wallets)
        self._results = SignedResults(addresses)
        owners = tuple(self._owner(number).address for number in range(1, max(register.names) + 1))
        opened = self.settlement.open(
            Genesis(genesis, addresses, tuple(register.tokens), owners, deposits, run_id(opening))
        )
        domain = self.settlement.domain
        self._domain = domain
        self._outbox = Outbox(self.settlement, LoggedRows(self._log), self._settled, self._reorganised, self._delayed)
        self._record(
            SettlementOpened(
                self._now(),
                self.settlement.name,
                domain.chain_id,
                "0x" + domain.contract.hex(),
                tuple(token.symbol for token in register.tokens),
                opened.token_contracts,
                tuple("0x" + address.hex() for address in addresses),
                len(register.accounts),
                opened.transactions,
                opened.gas,
                domain.run.hex(),
            )
        )
        context = ChainContext(
            self.settlement.host(), register, self._owner, self._now, self._wallets, domain.run,
            partial(last_price, self._certified, self._trade), self._settled_epoch,
            self._results, domain.separator,
        )  # fmt: skip
        self.calls = ContractCalls(context, self._record, self._now)
        self._attestations = Attestations(self.settlement, self._wallets, SET_ID)
        books = VaultBooks(self.settlement, register, self._reconciliation, self._record, self._now)
        direct = DirectMovements(books, self._attestations)
        self.vault = VaultTransfers(books, direct, self.calls.submit, self._owner)
        self.reconcile()
        if chain is not None:
            self.calls.open(chain, self.settlement.beside)

    def _owner(self, account: int) -> Wallet:
        """The wallet of the owner of an account."""
        wallet = self._owners.get(account)
        if wallet is None:
            wallet = self._owners[account] = Wallet.of(self._randomness, f"account/{account}")
        return wallet

    def _settled_epoch(self) -> int:
        return self._certified[self._batches - 1].epoch if self._batches else 0

    def open_account(self, number: int) -> None:
        """Open an account that was opened on the exchange during the run."""
        self.settlement.open_account(self._owner(number).address)

    def finalized(self, validator: int, blocks: Iterable[FinalBlock]) -> None:
        """These blocks became final in this validator's view, in the order of their heights."""
        for execution in self.replicas.finalized(validator, blocks):
            self._sign(validator, execution)
        if self._now() - self._alive_at >= HEARTBEAT_NS:
            self._alive_at = self._now()
            alive = self._attestations.heartbeat()
            self._record(HeartbeatGiven(self._now(), alive.number, alive.transaction, alive.gas))

    def finish(self) -> None:
        """Settle all batches that are on their way; ask the chain for the blocks that confirm them."""
        if not self._outbox.waiting:
            return
        self._relay()
        idle = 0
        while self._outbox.waiting and idle < PATIENCE + self.settlement.confirmations and self.settlement.confirm():
            before, was_past = self._outbox.settled, self._log.is_past
            self._relay()
            # What an earlier program waited in vain does not count: a resumed run waits anew.
            idle = 0 if was_past or self._outbox.settled > before else idle + 1
        if self._outbox.waiting:
            batches = counted(self._outbox.waiting, "certified batch", "certified batches")
            raise Unsettled(f"{batches} could not be settled: {self._why()}")

    def reconcile(self) -> None:
        """Take what reached the vault directly, then compare every balance on the chain with the journal.

        A difference raises `InvariantBroken`.
        """
        self._reconciled = False
        at = self.settlement.moment()
        head = self.settlement.head(at)
        self.vault.direct.look(head)
        try:
            found = self._reconciliation.compare(self.settlement, head, at, self.vault.claimed_directly)
        except ReservesMissing as short:
            self._record(VaultShort(self._now(), short.last, short.asset, short.held, short.owed))
            raise
        self._reconciled = True
        self._record(Reconciled(self._now(), *found))

    def summary(self) -> SettlementSummary:
        """The totals so far."""
        return SettlementSummary(
            self.settlement.name,
            self._settled_blocks,
            self._batches,
            self._settled_trades,
            sum(len(execution.refused) for execution in self._certified),
            self._transactions,
            self._gas,
            self._reconciled,
        )

    def _sign(self, validator: int, execution: Execution) -> None:
        """Let one validator sign the result of its execution; a byzantine one may sign another result, too."""
        batch = Batch.of(execution, SET_ID)
        self._collect(validator, execution, batch, self._signers[validator].sign(batch, self._domain))
        if any(
            one.name == DOUBLE_SIGN and one.validator == validator and one.is_active(execution.epoch)
            for one in self._byzantine
        ):
            rival = rival_of(batch)
            # With the bare key: the signer of an honest validator would refuse.
            self._collect(validator, execution, rival, self._wallets[validator].sign(rival.digest(self._domain)))

    def _collect(self, validator: int, execution: Execution, batch: Batch, signature: bytes) -> None:
        """Keep a signature; certify the batch when it completes a quorum."""
        digest = batch.digest(self._domain)
        earlier = self._results.add(validator, SignedResult(batch, digest, signature))
        pending = self._pending.setdefault(digest, _Pending(execution, batch))
        pending.signatures[validator] = signature
        if earlier is not None:
            self._convicted.add(validator)
            self._record(
                DoubleSigned(
                    self._now(),
                    validator,
                    batch.header.first,
                    batch.header.last,
                    batch.header.epoch,
                    (earlier.digest.hex(), digest.hex()),
                    (earlier.signature.hex(), signature.hex()),
                )
            )
        # A conviction changes which signatures count, so every batch is looked at again.
        for found, one in [*self._pending.items()] if earlier is not None else [(digest, pending)]:
            if not one.certificate and len(counting := self._counting(one)) >= self._quorum:
                one.certificate = counting
                # Beyond the bound a second result may get a quorum as well; only the first one is relayed.
                self._signed.setdefault(one.execution.first, (one, found))
        # A validator that misexecuted one range may sign the next like the others, which then has its quorum first.
        while (ready := self._signed.pop(self._next, None)) is not None:
            self._next = ready[0].execution.last + 1
            self._certify(*ready)

    def _counting(self, pending: _Pending) -> dict[int, bytes]:
        """The signatures that count: those of convicted validators only where the others cannot be a quorum.

        The contract takes any two thirds of its set (decision 0089).
        """
        if len(self._wallets) - len(self._convicted) < self._quorum:
            return dict(pending.signatures)
        return {who: signature for who, signature in pending.signatures.items() if who not in self._convicted}

    def _certify(self, pending: _Pending, digest: bytes) -> None:
        execution, header, signed = pending.execution, pending.batch.header, pending.certificate
        self._certified.append(execution)
        self._reconciliation.expect(execution)
        now = self._now()
        for trade, account, reason, numbers in execution.refused:
            self._record(TradeRefused(now, trade, self._register.account_name(account), reason, numbers))
        self._record(
            BatchCertified(
                now,
                header.first,
                header.last,
                header.epoch,
                header.block.hex(),
                header.trades,
                header.trades_root.hex(),
                net_hash(pending.batch.rows, pending.batch.exits).hex(),
                digest.hex(),
                tuple(sorted(signed)),
            )
        )
        self._outbox.add(pending.batch, certificate(signed))
        self._relay()
        self.calls.carry_out(execution.calls)

    def _relay(self) -> None:
        try:
            self._outbox.advance()
        except ChainReverted as reverted:
            header = self._certified[self._outbox.settled]
            why = reverted.error, reverted.arguments, reverted.transaction, reverted.gas
            self._record(SettlementReverted(self._now(), header.first, header.last, *why))
            raise

    def _settled(self, row: OutboxRow) -> None:
        """Record that the contract has applied this batch, then reconcile."""
        execution = self._certified[self._batches]
        self._alive_at = self._now()
        self._batches += 1
        receipt = row.receipt
        self._transactions += len(row.prepared)
        self._settled_blocks += execution.last - execution.first + 1
        self._settled_trades += len(execution.accepted)
        self._gas += receipt.gas if receipt else 0
        self._record(
            BlockSettled(
                self._now(),
                execution.first,
                execution.last,
                execution.epoch,
                receipt.transaction if receipt else "",
                receipt.gas if receipt else 0,
                len(execution.accepted),
                len(execution.refused),
                len(execution.rows),
                self.settlement.confirmations,
                receipt.state_root if receipt else "",
                receipt.receipts_root if receipt else "",
            )
        )
        if self._outbox.settled != self._batches:
            raise InvariantBroken(f"{self._batches} batches are told as settled, {self._outbox.settled} are")
        self.reconcile()

    def _why(self) -> str:
        paused = self.settlement.is_paused()
        return "the guardian paused the contract" if paused else "the chain did not take them in time"

    def _delayed(self, row: OutboxRow, receipt: Receipt) -> None:
        header, why = row.batch.header, (receipt.error or "OutOfGas", receipt.arguments or {})
        self._gas += receipt.gas
        self._record(BatchDelayed(self._now(), header.first, header.last, *why, receipt.transaction, receipt.gas))

    def _reorganised(self, row: OutboxRow, depth: int) -> None:
        header = row.batch.header
        self._record(ReorgSeen(self._now(), header.first, header.last, row.prepared[-1].transaction, depth))
