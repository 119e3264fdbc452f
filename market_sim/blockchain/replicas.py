"""Replicated state: each validator's own copy of the balances, computed from the blocks that are final in its view.

This makes a chain a shared computer: no balances are sent. Each validator starts from the initial deposits and executes
final blocks in order, and all reach the same state, because execution depends on the finalized chain alone (invariant
C10). With `independent`, every validator executes for itself, and the journal holds the digest of its state after each
block; without it, an execution is computed once for all, which saves time and changes no balance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from market_sim.blockchain.execution import Execution, ExecutionState, RefusedTrade, execute
from market_sim.blockchain.items import calls_of, entries_of, packed
from market_sim.blockchain.merkle import merkle_root
from market_sim.blockchain.payload import RECORD, decoded, last_trade
from market_sim.blockchain.register import Balance, Register
from market_sim.core.consensus.behaviours import MISEXECUTE, Behaviour
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.settlement_events import StateReached

ROOTS = 16
"""The number of roots kept in the cache; validators execute a block at nearly the same time."""


class Replica:
    """One validator's copy: its state, and the empty blocks since its last range."""

    def __init__(self, state: ExecutionState) -> None:
        self.state = state
        self.digest = state.digest
        self.waiting: list[FinalBlock] = []


class Replicas:
    """The copies of all validators of one run."""

    def __init__(
        self,
        validators: int,
        register: Register,
        genesis: bytes,
        deposits: Sequence[Balance],
        record: Callable[[Event], None],
        now: Callable[[], int],
        *,
        independent: bool = False,
        byzantine: Iterable[Behaviour] = (),
        has_vault: bool = True,
        paranoid: bool = False,
    ) -> None:
        self.copies = [Replica(ExecutionState(genesis, deposits)) for _ in range(validators)]
        self._register = register
        self._record = record
        self._now = now
        self._independent = independent
        self._byzantine = [one for one in byzantine if one.name == MISEXECUTE]
        self._has_vault = has_vault
        # The root depends on the records alone and is by far the most expensive part of an execution: validators that
        # accept the same records share it. Without settlement it is not signed.
        self._root = lru_cache(ROOTS)(merkle_root if has_vault else _no_root)
        self._paranoid = paranoid
        self._executed: dict[bytes, Execution] = {}
        self._reached: dict[bytes, tuple[int, bytes]] = {}
        """By block: the first honest validator that executed it, and the state it reached."""

    def execute(self, validator: int, blocks: Iterable[FinalBlock]) -> None:
        """Execute final blocks in a run without settlement."""
        for _ in self.finalized(validator, blocks):
            pass

    def finalized(self, validator: int, blocks: Iterable[FinalBlock]) -> Iterator[Execution]:
        """These blocks became final in this validator's view, in the order of their heights: it executes them.

        A range ends with each block that has a payload, with the empty blocks before it. The cuts depend on the chain
        alone, not on the time at which a validator learns of finality; otherwise honest validators would sign
        ranges that overlap.
        """
        copy = self.copies[validator]
        for block in blocks:
            copy.waiting.append(block)
            execution = None
            if block.payload:
                execution = self._execution(validator, copy.state, copy.waiting)
                copy.state.apply(execution)
                copy.waiting = []
            if self._independent:
                if execution is not None:
                    copy.digest = copy.state.digest
                self._tell(validator, block, copy.digest)
            if execution is not None:
                yield execution

    def _execution(self, validator: int, state: ExecutionState, blocks: Sequence[FinalBlock]) -> Execution:
        if self._misexecutes(validator, blocks[-1].epoch):
            return self._without_last_entry(state, blocks)
        # The hash of the last block commits to the whole chain up to it, so equal keys mean equal results: sharing
        # changes time, not behaviour, as with the verdicts on signatures. Who once executed wrongly shares nothing.
        if self._independent or any(one.validator == validator for one in self._byzantine):
            return self._execute(state, blocks)
        key = blocks[-1].hash
        known = self._executed.get(key)
        if known is None:
            known = self._executed[key] = self._execute(state, blocks)
        return known

    def _execute(self, state: ExecutionState, blocks: Sequence[FinalBlock]) -> Execution:
        return execute(state, blocks, self._register, self._has_vault, self._root)

    def _without_last_entry(self, state: ExecutionState, blocks: Sequence[FinalBlock]) -> Execution:
        """The range as it is executed wrongly: its last entry is refused, although it can be paid."""
        right = self._execute(state, blocks)
        block = blocks[-1]
        entries = entries_of(block.payload)
        last = last_trade(entries) if entries else 0
        if last not in right.accepted[-1:]:
            return right
        payload = packed(entries[: -RECORD.size], calls_of(block.payload))
        shorter = FinalBlock(block.height, block.epoch, block.hash, block.parent, payload)
        wrong = self._execute(state, [*blocks[:-1], shorter])
        record = next(decoded(entries[-RECORD.size :]))
        refusal = RefusedTrade(last, record.buyer or record.seller, "SETTLEMENT_LEFT_OUT", {"trade": last})
        return wrong._replace(refused=(*wrong.refused, refusal))

    def _misexecutes(self, validator: int, epoch: int) -> bool:
        return any(one.validator == validator and one.is_active(epoch) for one in self._byzantine)

    def _tell(self, validator: int, block: FinalBlock, digest: bytes) -> None:
        self._record(StateReached(self._now(), validator, block.height, block.epoch, block.hash.hex(), digest.hex()))
        if not self._paranoid or any(one.validator == validator for one in self._byzantine):
            return
        first, reached = self._reached.setdefault(block.hash, (validator, digest))
        if reached != digest:
            raise InvariantBroken(
                f"C10: after block {block.height}, n{validator} has the state {digest.hex()[:12]} and "
                f"n{first} the state {reached.hex()[:12]}"
            )


def _no_root(_: tuple[bytes, ...]) -> bytes:
    return b""
