"""The options of `simulate.py serve` for a class: its name, what a student begins with, who on the network may come.

The site answers on this computer alone unless another address is asked for, and then for a class only: the pages run
programs and show the orders of all, and only a class keeps its members apart.
"""

from __future__ import annotations

import argparse
import re
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from market_sim.api.access import LiveSettings
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Spot, Stock
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.money import dollars, units
from market_sim.ui.cli.arguments import Parser, whole

LOOPBACK: Final = "127.0.0.1"
ALIAS_PORT: Final = 8050
LONGEST_NAME: Final = 60
MOST_PURSE: Final = 1_000_000_000
MOST_HELD: Final = 10**12
PURSE: Final = 100_000
LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""The letters and digits of a code: none that looks like another one on a blackboard."""
LONGEST_HOST: Final = 253
NAME_OF_A_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
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
        "--holdings",
        action="append",
        default=[],
        metavar="SYMBOL=N",
        help="what somebody who joins has of a share or coin, such as ACME=50; may be given for each",
    )
    made.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="ADDRESS",
        help="where the site answers, default 127.0.0.1; with --class 0.0.0.0 lets the local network in",
    )
    made.add_argument(
        "--site-name",
        type=site_name,
        action="append",
        default=[],
        metavar="NAME",
        help="a further name under which the site is reached, such as that of a container's host; may be given again",
    )
    made.add_argument("--alias-8050", action="store_true", help="answer on port 8050, too, with the live market first")


def site_name(text: str) -> str:
    """The name of a computer in a network, as browsers send it.

    >>> site_name("Market.School.example")
    'market.school.example'
    """
    if len(text) > LONGEST_HOST or not NAME_OF_A_HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"a name of the site has letters, digits, dots and hyphens and no port, found {text[:60]!r}"
        )
    return text.lower()


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


def class_settings(typed: argparse.Namespace, holdings: Mapping[str, int] = MappingProxyType({})) -> LiveSettings:
    """How the market is open to others: with a class by codes, which are new each time."""
    cash = dollars(typed.purse)
    if not typed.class_name:
        return LiveSettings(cash=cash, holdings=dict(holdings))
    student, instructor = code(CODE_LENGTH), code(INSTRUCTOR_LENGTH)
    codes: dict[str, str] = {"student": student, "observer": student, "instructor": instructor}
    return LiveSettings(typed.class_name, cash, dict(holdings), codes)


def holdings_of(typed: Sequence[str], listed: Iterable[InstrumentListed]) -> dict[str, int]:
    """What a new account gets of each instrument, in its smallest unit; InputError for what nobody can bring in."""
    known = {one.symbol: one for one in listed if one.kind in (Stock.kind, Spot.kind)}
    found: dict[str, int] = {}
    for text in typed:
        symbol, is_said, quantity = text.rpartition("=")
        if not is_said or symbol not in known:
            choice = ", ".join(known) or "none here"
            raise InputError(f"--holdings is SYMBOL=N for a share or coin ({choice}), found {text[:60]!r}")
        try:
            amount = units(quantity, known[symbol].quantity_decimals)
        except InputError as refused:
            raise InputError(f"--holdings {text[:60]}: {refused}") from None
        if not 0 <= amount <= MOST_HELD:
            raise InputError(f"--holdings {text[:60]}: expected 0 to {MOST_HELD:,} of the smallest unit")
        found[symbol] = amount
    return found


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


def addresses_of(host: str, names: Sequence[str] = ()) -> list[str]:
    """The addresses under which this computer is reached by those for whom `host` is open: its names, if it has any.

    >>> addresses_of("127.0.0.1"), addresses_of("0.0.0.0", ["market.example"])
    (['127.0.0.1'], ['market.example'])
    """
    if names:
        return list(names)
    if not ip_address(host).is_unspecified:
        return [host]
    found = [*_named(), *_towards_others()]
    return list(dict.fromkeys(one for one in found if not ip_address(one).is_loopback)) or [LOOPBACK]


def trusted(host: str, names: Sequence[str] = ()) -> list[str]:
    """The names under which the site answers: its own addresses, those of loopback, and what it is called besides.

    >>> trusted("127.0.0.1", ["market.example"])
    ['127.0.0.1', 'localhost', 'market.example']
    """
    return list(dict.fromkeys([LOOPBACK, "localhost", *addresses_of(host), *names]))


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
