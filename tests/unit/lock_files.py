"""What a lock file pins, and the extras that its packages ask for and that it does not pin.

pip before 23.3 treats `coverage[toml]` as another requirement than `coverage`: with only the plain name pinned, it
takes the newest release for the extra, finds no hash for it, and refuses the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[([^\]]*)\])?==([^\s;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, set[str]]:
    """The pinned packages, each with the extras that are pinned for it."""
    found: dict[str, set[str]] = {}
    for name, extras, _ in PIN.findall(lock):
        asked = {canonicalize_name(extra.strip()) for extra in extras.split(",") if extra.strip()}
        found.setdefault(canonicalize_name(name), set()).update(asked)
    return found


def missing_extras(lock: str, requirements: dict[str, Iterable[str]]) -> Iterator[str]:
    """One sentence for each extra that a pinned package requires and the lock leaves out.

    `requirements` are the `Requires-Dist` lines of the pinned packages, by canonical name.
    """
    pinned = pins(lock)
    for name, extras in pinned.items():
        for line in requirements.get(name, ()):
            wanted = Requirement(line)
            environments = [{"extra": extra} for extra in ("", *sorted(extras))]
            if wanted.marker is not None and not any(map(wanted.marker.evaluate, environments)):
                continue
            asked = {canonicalize_name(extra) for extra in wanted.extras}
            if lacking := asked - pinned.get(canonicalize_name(wanted.name), set()):
                yield f"{name} needs {wanted.name}[{','.join(sorted(lacking))}], which the lock does not pin"
