"""The in-memory vault: balances, deposits, withdrawals in three steps, and the wallets of the owners.

It implements the rules of `Vault.sol` a second time, with the same errors. The in-memory settlement
(market_sim/blockchain/in_memory.py) extends it, as the settlement contract extends the vault.
"""

from __future__ import annotations

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.execution import BalanceKey
from market_sim.blockchain.register import Balance
from market_sim.blockchain.settlement import ChainReverted, Genesis, Moment, Movement, Request, Statement
from market_sim.core.models.event import Numbers

LARGEST_BALANCE = 2**128 - 1
EXIT_SIZE = 4


WITHDRAWAL_DEADLINE = 7 * 24 * 3600
"""The seconds in which a request is to be executed or refused."""


class MemoryVault:
    """Balances by account and token, and the amounts that owners can claim."""

    def __init__(self) -> None:
        self._genesis: Genesis | None = None
        self._balances: dict[BalanceKey, int] = {}
        self._claimable: dict[BalanceKey, int] = {}
        self._paid_out: dict[BalanceKey, int] = {}
        self._wallets: dict[tuple[bytes, int], int] = {}
        self._requests: list[Request] = []
        self._deposits = 0
        self._taken: dict[int, Balance] = {}
        """The deposits of the run by number; the opening made those before."""
        self.time = 0
        """The time of the chain in seconds."""
        self.chain_id = 0
        self.escaped = False

    @property
    def epoch(self) -> int:
        """The epoch of the last settled block; a vault alone settles none."""
        return 0

    def fund(self, genesis: Genesis) -> None:
        """Take the initial balances."""
        self._genesis = genesis
        self._balances = {(account, token): amount for account, token, amount in genesis.balances}
        self._deposits = len(genesis.balances)

    def open_account(self, owner: bytes) -> None:
        """Open one more account."""
        genesis = self._opened()
        self._genesis = genesis._replace(owners=(*genesis.owners, owner))

    def statement(self, at: Moment = "latest") -> Statement:
        """All balances; this vault holds exactly the sum of balances and claimable amounts."""
        claimable = [0] * len(self._opened().tokens)
        for (_, token), amount in self._claimable.items():
            claimable[token] += amount
        held = list(claimable)
        for (_, token), amount in self._balances.items():
            held[token] += amount
        balances = {place: amount for place, amount in self._balances.items() if amount}
        return Statement(balances, tuple(held), tuple(claimable))

    def deposit(self, account: int, token: int, amount: int) -> Movement:
        """The operator mints tokens and deposits them for an account."""
        self._check_not_escaped()
        if token >= len(self._opened().tokens):
            raise ChainReverted("UnknownToken", {"token": token})
        if not 0 < account <= len(self._opened().owners):
            raise ChainReverted("UnknownAccount", {"account": account})
        if amount <= 0:
            raise ChainReverted("NothingToMove")
        held = self._balances.get((account, token), 0)
        if held + amount > LARGEST_BALANCE:
            where: Numbers = {"account": account, "token": token, "held": held, "delta": amount}
            raise ChainReverted("BalanceTooLarge", where)
        self._balances[account, token] = held + amount
        self._deposits += 1
        self._taken[self._deposits] = Balance(account, token, amount)
        return Movement(self._deposits, amount, "", 0)

    def deposit_from(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner of an account deposits tokens from the wallet."""
        held = self.in_wallet(owner.address, token)
        if held < amount:
            raise ChainReverted("ShortOfTokens", {"owner": _written(owner), "held": held, "needed": amount})
        moved = self.deposit(account, token, amount)
        self._wallets[owner.address, token] = held - amount
        return moved

    def request(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner requests a withdrawal; no balance changes yet."""
        self._check_owner(owner, account)
        if token >= len(self._opened().tokens):
            raise ChainReverted("UnknownToken", {"token": token})
        if amount <= 0:
            raise ChainReverted("NothingToMove")
        self._requests.append(Request(account, token, amount, self.time + WITHDRAWAL_DEADLINE))
        return Movement(len(self._requests) - 1, amount, "", 0)

    def deposit_at(self, number: int) -> Balance:
        """The deposit with this number."""
        return self._taken[number]

    def request_at(self, number: int) -> Request:
        """The request with this number."""
        return self._requests[number]

    def claim(self, owner: Wallet, account: int, token: int) -> Movement:
        """Pay the claimable amount into the owner's wallet."""
        self._check_owner(owner, account)
        amount = self._claimable.pop((account, token), 0)
        if not amount:
            raise ChainReverted("NothingToMove")
        self._wallets[owner.address, token] = self.in_wallet(owner.address, token) + amount
        self._paid_out[account, token] = self.paid_out(account, token) + amount
        return Movement(0, amount, "", 0)

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Mint new tokens into a wallet."""
        self._wallets[owner, token] = self.in_wallet(owner, token) + amount

    def move(self, source: str, target: str, token: int, amount: int) -> None:
        """Transfer tokens from one address to another."""
        giver, taker = bytes.fromhex(source[2:]), bytes.fromhex(target[2:])
        held = self.in_wallet(giver, token)
        if held < amount:
            raise ChainReverted("ShortOfTokens", {"owner": source, "held": held, "needed": amount})
        self._wallets[giver, token] = held - amount
        self.give(taker, token, amount)

    def wallets(self) -> dict[tuple[bytes, int], int]:
        """A copy of all wallets, for `restore`."""
        return dict(self._wallets)

    def restore(self, wallets: dict[tuple[bytes, int], int]) -> None:
        """Undo what a transaction moved before it failed."""
        self._wallets = wallets

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of a wallet."""
        return self._wallets.get((owner, token), 0)

    def claimable(self, account: int, token: int) -> int:
        """The amount of a token that the owner of an account can claim."""
        return self._claimable.get((account, token), 0)

    def paid_out(self, account: int, token: int, at: Moment = "latest") -> int:
        """The sum of a token that the owner of an account has claimed so far."""
        return self._paid_out.get((account, token), 0)

    def _opened(self) -> Genesis:
        if self._genesis is None:
            raise ChainReverted("NotOpened")
        return self._genesis

    def _check_owner(self, owner: Wallet, account: int) -> None:
        owners = self._opened().owners
        if not 0 < account <= len(owners) or owners[account - 1] != owner.address:
            raise ChainReverted("NotOwner", {"account": account, "caller": _written(owner)})

    def _check_not_escaped(self) -> None:
        if self.escaped:
            raise ChainReverted("SettlementEscaped")

    def _open_request(self, number: int) -> Request:
        """A request that was neither executed nor refused."""
        if number >= len(self._requests):
            raise ChainReverted("UnknownRequest", {"number": number})
        if self._requests[number].done:
            raise ChainReverted("RequestDone", {"number": number})
        return self._requests[number]

    def _check_payable(self, request: Request) -> None:
        account, token, amount, _, _ = request
        held = self._balances.get((account, token), 0)
        if held < amount:
            where: Numbers = {"account": account, "token": token, "held": held, "delta": -amount}
            raise ChainReverted("Insolvent", where)

    def _exited(self, balances: dict[BalanceKey, int], exits: bytes) -> list[int]:
        """Subtract the amounts of these requests from the balances; returns the numbers of the requests."""
        if len(exits) % EXIT_SIZE:
            raise ChainReverted("BadExitsLength", {"length": len(exits)})
        numbers: list[int] = []
        for place in range(0, len(exits), EXIT_SIZE):
            number = int.from_bytes(exits[place : place + EXIT_SIZE], "big")
            if numbers and number <= numbers[-1]:
                raise ChainReverted("ExitsNotAscending", {"number": number})
            account, token, amount, _, _ = self._open_request(number)
            held = balances.get((account, token), 0)
            if held < amount:
                where: Numbers = {"account": account, "token": token, "held": held, "delta": -amount}
                raise ChainReverted("Insolvent", where)
            balances[account, token] = held - amount
            numbers.append(number)
        return numbers

    def _let_claim(self, numbers: list[int]) -> None:
        """Make the amounts of these requests claimable, and mark the requests as done."""
        for number in numbers:
            account, token, amount, _, _ = self._requests[number]
            self._requests[number] = self._requests[number]._replace(done=True)
            self._claimable[account, token] = self.claimable(account, token) + amount


def _written(wallet: Wallet) -> str:
    return "0x" + wallet.address.hex()
