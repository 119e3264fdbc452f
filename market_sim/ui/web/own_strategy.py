"""A strategy that a person types into the form of a scenario: kept in the site's folder, and run apart.

The site never imports it. Beside the code a file of ours is written, whose class of the same name asks a process of its
own for each decision; the run takes that file as a guest, so it can be played again, forked and stepped like any other.
"""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

from market_sim.core.errors import InputError, StrategyError
from market_sim.course.isolation.problems import LOADING
from market_sim.course.kept_apart import tried
from market_sim.simulation.scenarios.guests import SEPARATOR

FIELD, KEPT = "own_strategy", "own"
"""The inputs of a form: code, or the digest of code that is kept."""
MOST_BYTES = 32 * 1024
CODE, GUEST = "code.py", "guest.py"
DIGEST = re.compile(r"[0-9a-f]{16}")
WRAPPER = '''"""Written by the site: the strategy of {code}, in a process of its own."""

from pathlib import Path

from market_sim.course.kept_apart import KeptApart


class {name}(KeptApart):
    file = Path(__file__).with_name("{code}")
'''


def saved(text: str, folder: Path) -> str:
    """Keep this code below the folder; returns the guest that takes part, or a sentence with the line of a mistake."""
    code = text.replace("\r\n", "\n").strip("\n") + "\n"
    if len(code.encode(errors="replace")) > MOST_BYTES:
        raise InputError(f"a strategy has at most {MOST_BYTES // 1024} KiB, found {len(code.encode()) // 1024} KiB")
    name = class_in(code)
    place = folder / hashlib.sha256(code.encode(errors="replace")).hexdigest()[:16]
    if set(str(place)) & set(",:\n"):
        raise InputError("the folder of this site has a comma or a colon in its name; start it in another one")
    place.mkdir(parents=True, exist_ok=True)
    (place / CODE).write_text(code, encoding="utf-8", errors="replace")
    (place / GUEST).write_text(WRAPPER.format(name=name, code=CODE), encoding="utf-8")
    try:
        tried((place / CODE).absolute(), name)
    except StrategyError as problem:
        raise InputError(str(problem).replace(LOADING, "loading it")) from None
    return f"{(place / GUEST).absolute()}:{name}"


def class_in(code: str) -> str:
    """The name of the one class in this code that is derived from Strategy; the code is read and not run."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InputError(f"line {line}: this is not Python: {getattr(error, 'msg', error)}") from None
    names = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Strategy") for base in node.bases)
    ]
    if len(names) != 1 or not names[0].isascii():
        raise InputError(f"expected one class derived from Strategy, found {', '.join(names) or 'none'}")
    return names[0]


def kept(digest: str, folder: Path) -> str:
    """The code that was kept under this digest; empty if there is none."""
    file = folder / digest / CODE
    return file.read_text(encoding="utf-8") if DIGEST.fullmatch(digest) and file.is_file() else ""


def chosen_again(guests: str, folder: Path) -> tuple[str, dict[str, str]]:
    """The guests of a run without the one that was typed into a form, and the field that brings that one back."""
    others, own = [], dict[str, str]()
    for line in guests.split(SEPARATOR):
        place = Path(line.split(",")[0].partition(":")[0]).parent
        if DIGEST.fullmatch(place.name) and place.parent == folder.absolute():
            own = {KEPT: place.name}
        else:
            others.append(line)
    return SEPARATOR.join(others), own
