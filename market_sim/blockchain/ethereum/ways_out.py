"""The two ways out of the vault, played on a chain inside the program: by a withdrawal, and without the exchange.

Four validators settle batches. They pay bob, who withdraws, and leave out the request of ann. So after its deadline eve
plans the escape, which anybody may, and it opens after its notice, although batches go on and the guardian pauses the
vault meanwhile. The deadlines are those of the contracts (contracts/vault/Escape.sol, contracts/SettlementHalt.sol).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from market_sim.blockchain.certificate import Batch, Header, Wallet, certificate, quorum
from market_sim.blockchain.ethereum.settlement import fastest_settlement
from market_sim.blockchain.execution import Row, packed_exits, packed_rows
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import ChainReverted, Genesis
from market_sim.core.errors import InvariantBroken
from market_sim.core.money import dollars, written
from market_sim.core.randomness import Randomness

VALIDATORS: Final = 4
ANN, BOB, CASH = 1, 2, 0
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
START = {ANN: dollars(300), BOB: dollars(100)}
ASKED = {ANN: dollars(200), BOB: dollars(40)}
TRADE: Final = dollars(10)
"""What ann pays bob in each batch."""


class Step(NamedTuple):
    """What somebody did, and what the contract answered."""

    day: int
    who: str
    does: str
    answer: str


class Vault:
    """A settlement with ann and bob, the keys of all, and the steps so far."""

    def __init__(self) -> None:
        randomness = Randomness(1)
        self.settlement = fastest_settlement(randomness)
        self.validators = [Wallet.of(randomness, f"validator/{number}") for number in range(VALIDATORS)]
        self.owners = {ANN: Wallet.of(randomness, "account/1"), BOB: Wallet.of(randomness, "account/2")}
        self._eve = Wallet.of(randomness, "eve")
        members, owners = ([one.address for one in each] for each in (self.validators, self.owners.values()))
        balances = tuple(Balance(account, CASH, amount) for account, amount in START.items())
        run = bytes([1]) * 32
        self.settlement.open(Genesis(bytes(32), tuple(members), (Token(CASH, "USD", 2),), tuple(owners), balances, run))
        self._chain, self._contract = self.settlement.chain, self.settlement.contract
        for wallet in (*self.owners.values(), self._eve, self.settlement.guardian):
            self._chain.fund(wallet)
        self._silence = self._ask("SILENCE")
        self._began = self._chain.next_time()

    def play(self) -> Iterator[Step]:
        """All steps, in their order."""
        ann, bob, eve, guardian = self.owners[ANN], self.owners[BOB], self._eve, self.settlement.guardian
        yield self._calls("bob", bob, "requestWithdrawal", BOB, CASH, ASKED[BOB])
        yield self._batch("with bob's exit", exits=(0,))
        yield self._calls("bob", bob, "claim", BOB, CASH)
        yield self._calls("ann", ann, "requestWithdrawal", ANN, CASH, ASKED[ANN])
        yield self._calls("eve", eve, "planEscape", 1)
        self._pass(6)
        yield self._batch("without ann's exit")
        self._pass(7)
        yield self._calls("eve", eve, "planEscape", self._silence)
        yield self._calls("eve", eve, "planEscape", 1)
        yield self._calls("guardian", guardian, "pause")
        yield self._batch("during the pause")
        yield self._calls("eve", eve, "escape", 1)
        self._pass(8)
        yield self._batch("after the pause")
        self._pass(9)
        yield self._calls("eve", eve, "escape", 1)
        yield self._batch("after the escape")
        yield self._calls("ann", ann, "escapeWithdraw", ANN, CASH)
        yield self._calls("ann", ann, "escapeWithdraw", ANN, CASH)
        yield self._calls("bob", bob, "escapeWithdraw", BOB, CASH)

    def in_wallet(self, account: int) -> int:
        """What the owner of an account has in the wallet."""
        return self.settlement.in_wallet(self.owners[account].address, CASH)

    def held(self) -> int:
        """What the vault itself has."""
        return self.settlement.statement().held[CASH]

    def relay(self, batch: Batch, signed: bytes) -> None:
        """Bring a batch with its certificate to the contract; ChainReverted with what it answers."""
        prepared = self.settlement.prepare(batch, signed, self.settlement.next_nonce(), 0)
        self.settlement.send(prepared.raw)
        receipt = self.settlement.receipt(prepared.transaction)
        if receipt is None:
            raise InvariantBroken(f"the chain has no receipt of the batch of block {batch.header.first}")
        if not receipt.succeeded:
            raise ChainReverted(receipt.error, receipt.arguments)

    def _pass(self, day: int) -> None:
        """Let the chain come to this day, an hour later than on the day before, so that what was to pass has passed."""
        self._chain.travel(self._began + day * (DAY + HOUR) - self._chain.next_time())

    def _calls(self, name: str, who: Wallet, function: str, *arguments: int) -> Step:
        def call() -> str:
            self._chain.transact(who, self._contract, function, *arguments)
            return self._answer(function, arguments)

        cause = f" (request {arguments[0]})" if function in ("planEscape", "escape") else ""
        return self._step(name, function + (" (silence)" if arguments == (self._silence,) else cause), call)

    def _answer(self, function: str, arguments: tuple[int, ...]) -> str:
        """What follows from a call that was executed."""
        if function == "requestWithdrawal":
            return f"request {self.settlement.head().requests - 1}: {written(arguments[2])}"
        if function == "planEscape":
            opens = self._ask("escapePlannedAt", *arguments) + self._ask("ESCAPE_NOTICE")
            return f"opens on day {self._day(opens)}"
        if function == "pause":
            return f"until day {self._day(self._ask('pausedUntil'))}"
        if function == "escape":
            return "settlement ends for good"
        return f"{written(self.in_wallet(arguments[0]))} in the wallet"

    def _batch(self, which: str, exits: tuple[int, ...] = ()) -> Step:
        def settle() -> str:
            head = self.settlement.head()
            place = head.height + 1
            header = Header(1, place, place, head.epoch + 1, head.block, bytes([place]) * 32, bytes(32), 1)
            rows = packed_rows((Row(ANN, CASH, -TRADE), Row(BOB, CASH, TRADE)))
            batch = Batch(header, rows, packed_exits(exits))
            digest = batch.digest(self.settlement.domain)
            signed = certificate({number: self.validators[number].sign(digest) for number in range(quorum(VALIDATORS))})
            self.relay(batch, signed)
            return f"block {place} settled"

        return self._step("relayer", f"batch {which}", settle)

    def _step(self, who: str, does: str, act: Callable[[], str]) -> Step:
        day = self._day(self._chain.next_time())
        try:
            answer = act()
        except ChainReverted as refused:
            answer = f"refused: {refused.error}"
        return Step(day, who, does, answer)

    def _day(self, moment: int) -> int:
        return (moment - self._began) // DAY

    def _ask(self, function: str, *arguments: int) -> int:
        return int(self._chain.call(self._contract, function, *arguments))
