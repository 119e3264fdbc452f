"""`simulate.py doctor`: checks of this machine, with the command that fixes each problem."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from market_sim.core import invocation
from market_sim.ui.cli.arguments import Parser

OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)  # as in simulate.py, which refuses any other

NEEDED = {
    "msgspec": "events and orders",
    "cryptography": "the validators' signatures",
    "sortedcontainers": "the calibration of the benchmarks",
    "web3": "settlement on a node of your own (--chain)",
    "eth-tester": "settlement on a chain",
    "py-evm": "settlement on a chain",
    "coincurve": "a chain that is five times faster",
    "safe-pysha3": "the hashes of Ethereum",
    "plotly": "the timeline",
    "flask": "the site",
    "pytest": "the tests",
    "hypothesis": "the tests",
}
OPTIONAL = {
    "chromium": "looking at pages in the browser tests",
    "node": "compiling the contracts again",
}


class Finding(NamedTuple):
    """The result of one check; `cure` is empty when it is good."""

    good: bool
    what: str
    cure: str


def doctor(arguments: Sequence[str]) -> int:
    """Print all findings; 0 when a run with settlement and timeline works, 1 when something needed is missing."""
    Parser(prog="simulate.py doctor", description="What is missing here, and how to mend it.").parse_args([*arguments])
    healthy = True
    for finding in findings():
        sign = "ok     " if finding.good else "missing"
        print(f"{sign} {finding.what}" + (f"\n        {finding.cure}" if finding.cure else ""))
        healthy = healthy and (finding.good or not finding.cure.startswith("fix:"))
    print("everything a run needs is here" if healthy else "a run needs what is marked with fix:")
    return 0 if healthy else 1


def findings() -> Iterator[Finding]:
    """Check Python, the packages, optional programs, and the display."""
    version = ".".join(map(str, sys.version_info[:3]))
    supported = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    oldest, newest = (".".join(map(str, limit)) for limit in (OLDEST_PYTHON, NEWEST_PYTHON))
    yield Finding(supported, f"Python {version}", "" if supported else f"fix: use Python {oldest} to {newest}")
    for package, use in NEEDED.items():
        try:
            found = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(False, f"{package} ({use})", f"fix: {invocation.install()}")
        else:
            yield Finding(True, f"{package} {found} ({use})", "")
    for program, use in OPTIONAL.items():
        path = shutil.which(program)
        without = f"optional: without it there is no {use}"
        yield Finding(path is not None, f"{program} ({use})", "" if path else without)
    seen = not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    hint = "optional: without a display the timeline's path is printed instead of opened"
    yield Finding(seen, "a display", "" if seen else hint)
