"""The compiled EVM: revm, through the package pyrevm, with the state that its transactions leave.

pyrevm 0.3.7 keeps one transaction open for ever: what was touched once stays warm, and later gas would be too small. So
each transaction runs between a snapshot and its reversal, and what it changed is then written below the snapshot, as
the state from which the next one starts. Accounts are read from the journal of pyrevm, storage slots from its printed
form, which is the only place where pyrevm shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from market_sim.blockchain.ethereum.patricia import Trie, listed, number, string
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import Log
from market_sim.core.errors import InvariantBroken, SettlementError

FORK: Final = "PRAGUE"
"""The rules of the EVM: the fork of eth-tester."""
NOBODY: Final = bytes(20)
"""The address that fees go to."""


class Account(NamedTuple):
    """An account of the chain, without its storage."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""


class Surroundings(NamedTuple):
    """What a contract can see of its block."""

    number: int
    timestamp: int
    gas_limit: int


class Before(NamedTuple):
    """What accounts and storage slots held before a change, to take it back."""

    accounts: dict[bytes, Account]
    slots: dict[tuple[bytes, int], int]


class Executed(NamedTuple):
    """What a transaction did."""

    succeeded: bool
    gas: int
    output: bytes
    """The revert data, if it failed."""
    logs: tuple[Log, ...]
    before: Before


class CompiledEvm:
    """The state of a chain, and the machine that changes it."""

    def __init__(self, chain_id: int, accounts: Mapping[bytes, Account]) -> None:
        # Imported late, because it is an extra; its own types name fewer arguments than it takes.
        self._pyrevm: Any = import_module("pyrevm")
        self._evm: Any = self._pyrevm.EVM(self._pyrevm.Env(self._pyrevm.CfgEnv(chain_id)), spec_id=FORK)
        self._accounts: dict[bytes, Account] = {}
        self._storage: dict[bytes, Trie] = {}
        self._tops: Trie = Trie()
        self._paths: dict[int, str] = {}
        for address, account in accounts.items():
            self.put(address, account)

    def account(self, address: bytes) -> Account:
        """The account at an address."""
        return self._accounts.get(address, _EMPTY)

    @property
    def root(self) -> bytes:
        """The root of the trie of all accounts."""
        return self._tops.root

    def execute(
        self, around: Surroundings, sender: bytes, to: bytes, data: bytes, gas: int, value: int = 0
    ) -> Executed:
        """Run a transaction, without its fee; `to` is empty for a deployment."""
        evm = self._evm
        self._surround(around)
        mark = evm.snapshot()
        output = b""
        try:
            if to:
                evm.message_call(_written(sender), _written(to), data, value, gas)
            else:
                evm.deploy(_written(sender), data, value, gas)
        except RuntimeError as refused:
            output = _revert_data(str(refused))
        done = evm.result
        if done is None:
            evm.revert(mark)
            raise SettlementError("the EVM refused a transaction before it began")
        infos, printed = evm.journal_state, evm.journal_str
        evm.revert(mark)
        accounts = dict(self._changed(infos, printed))
        slots = {(address, slot): (old, new) for address, slot, old, new in _slots(printed)}
        before = Before(
            {address: self.account(address) for address in accounts}, {place: old for place, (old, _) in slots.items()}
        )
        self._write(accounts, {place: new for place, (_, new) in slots.items()})
        return Executed(done.is_success, done.gas_used, output, tuple(map(_log, done.logs)), before)

    def ask(self, around: Surroundings, sender: bytes, to: bytes, data: bytes) -> tuple[bool, bytes]:
        """The answer to a call that changes nothing, and whether it is one; otherwise the revert data."""
        evm = self._evm
        self._surround(around)
        mark = evm.snapshot()
        try:
            return True, evm.message_call(_written(sender), _written(to), data, 0, around.gas_limit, 0, True)
        except RuntimeError as refused:
            return False, _revert_data(str(refused))
        finally:
            evm.revert(mark)

    def undo(self, before: Before) -> Before:
        """Take a change back, the last one first; returns what takes this back."""
        held = Before(
            {address: self.account(address) for address in before.accounts},
            {(address, slot): self._evm_storage(address, slot) for address, slot in before.slots},
        )
        self._write(before.accounts, before.slots)
        return held

    def put(self, address: bytes, account: Account) -> None:
        """Set the balance, the nonce and the code of an account."""
        self._accounts[address] = account
        info = self._pyrevm.AccountInfo(balance=account.balance, nonce=account.nonce, code=account.code or None)
        self._evm.insert_account_info(_written(address), info)
        self._count(address)

    def _evm_storage(self, address: bytes, slot: int) -> int:
        mark = self._evm.snapshot()
        try:
            return int(self._evm.storage(_written(address), slot))
        finally:
            self._evm.revert(mark)

    def _surround(self, around: Surroundings) -> None:
        self._evm.set_block_env(
            self._pyrevm.BlockEnv(
                number=around.number,
                timestamp=around.timestamp,
                coinbase=_written(NOBODY),
                gas_limit=around.gas_limit,
                prevrandao=bytes(32),
                basefee=0,
            )
        )

    def _changed(self, infos: Mapping[str, Any], printed: str) -> Iterator[tuple[bytes, Account]]:
        """The accounts whose balance, nonce or code differ from those that are known."""
        for written, info in infos.items():
            address = bytes.fromhex(written[2:])
            known = self.account(address)
            if (info.balance, info.nonce) != known[:2]:
                code = known.code or _code(address, info, printed)
                yield address, Account(info.balance, info.nonce, code)

    def _write(self, accounts: Mapping[bytes, Account], slots: Mapping[tuple[bytes, int], int]) -> None:
        for (address, slot), value in slots.items():
            # Only an account that no journal holds is written below it, and writing loads the account: so undo that.
            mark = self._evm.snapshot()
            self._evm.insert_account_storage(_written(address), slot, value)
            self._evm.revert(mark)
            trie = self._storage.setdefault(address, Trie())
            path = self._paths.get(slot)
            if path is None:
                path = self._paths[slot] = keccak(slot.to_bytes(32, "big")).hex()
            if value:
                trie.put(path, number(value))
            else:
                trie.remove(path)
        for address, account in accounts.items():
            self.put(address, account)
        for address in sorted({address for address, _ in slots} - accounts.keys()):
            self._count(address)

    def _count(self, address: bytes) -> None:
        """Put an account into the trie of all accounts; empty ones are not in it (EIP-161)."""
        account, path = self.account(address), keccak(address).hex()
        if account == _EMPTY:
            self._tops.remove(path)
            return
        stored = self._storage.get(address)
        root = _EMPTY_ROOT if stored is None else stored.root
        fields = number(account.nonce), number(account.balance), string(root), string(keccak(account.code))
        self._tops.put(path, listed(b"".join(fields)))


def _code(address: bytes, info: Any, printed: str) -> bytes:
    """The code of a new account; pyrevm pads it with zeros, and prints its true length."""
    if info.code_hash == _NO_CODE:
        return b""
    length = re.search(rf"0x{address.hex()}: Account {{ [^{{]*?{{[^{{]*?{{[^{{]*?{{ len: (\d+)", printed)
    code = bytes(info.code)[: int(length[1])] if length else b""
    if keccak(code) != info.code_hash:
        raise InvariantBroken(f"pyrevm shows another code at {_written(address)} than it runs")
    return code


def _slots(printed: str) -> Iterable[tuple[bytes, int, int, int]]:
    """The storage slots that a transaction changed: address, slot, value before and after."""
    seen = 0
    for address, stored in _STORAGE.findall(printed):
        for slot, old, new in _SLOT.findall(stored):
            seen += 1
            if old != new:
                yield bytes.fromhex(address), int(slot), int(old), int(new)
    if seen != printed.count("StorageSlot"):
        raise InvariantBroken("pyrevm prints its journal otherwise than version 0.3.7 does")


def _log(found: Any) -> Log:
    topics, data = found.data
    return Log(bytes.fromhex(found.address[2:]), tuple(map(bytes, topics)), bytes(data))


def _revert_data(refused: str) -> bytes:
    found = _OUTPUT.search(refused)
    return bytes.fromhex(found[1]) if found else b""


def _written(address: bytes) -> str:
    return "0x" + address.hex()


_EMPTY: Final = Account()
_EMPTY_ROOT: Final = Trie().root
_NO_CODE: Final = keccak(b"")
_STORAGE: Final = re.compile(r"0x([0-9a-f]{40}): Account \{ .*?storage: \{(.*?)\}, status: ")
_SLOT: Final = re.compile(r"(\d+): StorageSlot \{ previous_or_original_value: (\d+), present_value: (\d+) \}")
_OUTPUT: Final = re.compile(r"^Revert \{ .*output: 0x([0-9a-f]*) \}$")
