"""The operator's own key, for a run on a node: from a file or from the environment, never printed and never stored.

Without it the operator's key comes from the seed and the identity of the run, so anybody who knows the seed can use it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from market_sim.core.errors import InputError

if TYPE_CHECKING:  # a run without a node needs no curve
    from market_sim.blockchain.certificate import Wallet

VARIABLE: Final = "MARKET_SIM_OPERATOR_KEY"
DIGITS: Final = 64


def operator_of_own(file: str | None, on_a_node: bool) -> Wallet | None:
    """The wallet of the key in this file, otherwise of that in the environment; None where there is neither.

    The variable is removed from the environment, so that no strategy and no other program finds it there.
    """
    if file is not None and not on_a_node:
        raise InputError("--operator-key is for a run on a node (--chain URL)")
    kept = os.environ.pop(VARIABLE, None) if on_a_node else None
    if file is not None:
        return _wallet(_content(file), f"--operator-key {file}")
    return None if kept is None else _wallet(kept, VARIABLE)


def _content(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii")
    except UnicodeDecodeError:
        raise InputError(f"--operator-key {file}: expected {DIGITS} hexadecimal digits, found other bytes") from None
    except OSError as error:
        raise InputError(f"--operator-key {file}: cannot be read ({error.strerror})") from None


def _wallet(text: str, where: str) -> Wallet:
    """The wallet of a key; what was typed is in no message."""
    from market_sim.blockchain.certificate import Wallet

    digits = text.strip().removeprefix("0x")
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    if len(digits) != DIGITS or 2 * len(secret) != DIGITS:
        raise InputError(f"{where}: expected {DIGITS} hexadecimal digits, found {len(digits)} characters")
    try:
        return Wallet(secret)
    except ValueError:
        raise InputError(f"{where}: this number is no key of the curve secp256k1") from None
