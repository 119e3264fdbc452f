"""The options of `simulate.py serve` for a class: its name, what a student begins with, who on the network may come.

The site answers on this computer alone unless another address is asked for, and then for a class only: the pages run
programs and show the orders of all, and only a class keeps its members apart.
"""

from __future__ import annotations

import argparse
import secrets
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from market_sim.api.access import LiveSettings
from market_sim.core.errors import InputError
from market_sim.core.money import dollars
from market_sim.ui.cli.arguments import Parser, whole

LOOPBACK: Final = "127.0.0.1"
ALIAS_PORT: Final = 8050
LONGEST_NAME: Final = 60
MOST_PURSE: Final = 1_000_000_000
PURSE: Final = 100_000
LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""The letters and digits of a code: none that looks like another one on a blackboard."""
CODE_LENGTH, INSTRUCTOR_LENGTH = 6, 12


def add_class_options(made: Parser) -> None:
    """Add the options."""
    made.add_argument(
        "--class", dest="class_name", default="", metavar="NAME", help="a class trades in the live market, by a code"
    )
    made.add_argument(
        "--purse",
        type=whole(0, MOST_PURSE),
        default=PURSE,
        metavar="N",
        help="what somebody who joins has of each currency, default 100000",
    )
    made.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="ADDRESS",
        help="where the site answers, default 127.0.0.1; with --class 0.0.0.0 lets the local network in",
    )
    made.add_argument("--alias-8050", action="store_true", help="answer on port 8050, too, with the live market first")


def check_class(typed: argparse.Namespace) -> None:
    """Raise InputError for options that do not belong together."""
    try:
        is_loopback = ip_address(typed.host).is_loopback
    except ValueError:
        raise InputError(f"--host is an address such as 127.0.0.1 or 0.0.0.0, found {typed.host[:60]!r}") from None
    if ip_address(typed.host).version != 4:
        raise InputError(f"--host is an address of version 4 such as 0.0.0.0, found {typed.host}")
    if not is_loopback and not typed.class_name:
        raise InputError(
            f"--host {typed.host} would let others run programs on this computer: it needs --class NAME, which "
            "lets them into the market alone"
        )
    name = typed.class_name
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"the name of a class has at most {LONGEST_NAME} printable characters, found {name[:80]!r}")


def class_settings(typed: argparse.Namespace) -> LiveSettings:
    """How the market is open to others: with a class by codes, which are new each time."""
    cash = dollars(typed.purse)
    if not typed.class_name:
        return LiveSettings(cash=cash)
    student, instructor = code(CODE_LENGTH), code(INSTRUCTOR_LENGTH)
    return LiveSettings(
        typed.class_name, cash, codes={"student": student, "observer": student, "instructor": instructor}
    )


def code(length: int) -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def invitation(settings: LiveSettings, addresses: list[str]) -> Iterator[str]:
    """What the terminal shows of a class.

    >>> settings = LiveSettings("9b", codes={"student": "K7XQ2M", "observer": "K7XQ2M", "instructor": "W3"})
    >>> for line in invitation(settings, ["http://192.168.1.20:5000"]):
    ...     print(line)
    The class 9b joins at http://192.168.1.20:5000/market/join
    Code for students: K7XQ2M
    Code for the instructor: W3
    """
    if settings.class_name:
        yield f"The class {settings.class_name} joins at {' or '.join(f'{one}/market/join' for one in addresses)}"
        yield f"Code for students: {settings.codes['student']}"
        yield f"Code for the instructor: {settings.codes['instructor']}"


def addresses_of(host: str) -> list[str]:
    """The addresses under which this computer is reached by those for whom `host` is open.

    >>> addresses_of("127.0.0.1")
    ['127.0.0.1']
    """
    if not ip_address(host).is_unspecified:
        return [host]
    found = [*_named(), *_towards_others()]
    return list(dict.fromkeys(one for one in found if not ip_address(one).is_loopback)) or [LOOPBACK]


def trusted(host: str) -> list[str]:
    """The names under which the site answers: its own addresses, and those of loopback."""
    return list(dict.fromkeys([LOOPBACK, "localhost", *addresses_of(host)]))


def _named() -> list[str]:
    """The addresses that the name of this computer stands for."""
    try:
        return socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        return []


def _towards_others() -> list[str]:
    """The address from which this computer would send to others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))  # an address of no computer, kept for examples
        except OSError:
            return []
        return [one.getsockname()[0]]
