"""`simulate.py rules [NAME|FILE]`: the rules profiles, or one of them with every number and its source."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.rules_table import RuleRow, rule_rows
from market_sim.core.errors import InputError
from market_sim.market.compliance.profiles import PROFILES
from market_sim.market.compliance.rules_file import LARGEST, rules_of
from market_sim.ui.cli.arguments import Parser

WIDTH = 100


def rules(arguments: Sequence[str]) -> int:
    """Print the names of the profiles, or the rules of one."""
    made = Parser(prog="simulate.py rules", description="The rules that --rules NAME|FILE puts on a market.")
    made.add_argument("profile", metavar="NAME|FILE", nargs="?", help="a shipped profile or a .toml file")
    made.add_argument("--json", action="store_true", help="one JSON document")
    typed = made.parse_args(list(arguments))
    if typed.profile is None:
        if typed.json:
            print(json.dumps({profile.name: profile.about for profile in PROFILES.values()}, indent=2))
            return 0
        for profile in PROFILES.values():
            print(f"{profile.name:<10} {profile.about}")
        print("every rule of one, with its numbers: rules NAME")
        return 0
    profile = rules_of(rules_text(typed.profile))
    rows = rule_rows(profile)
    if typed.json:
        told = [row._asdict() | {"figures": [figure._asdict() for figure in row.figures]} for row in rows]
        print(json.dumps({"name": profile.name, "about": profile.about, "rules": told}, indent=2))
        return 0
    print(f"{profile.name}: {profile.about}")
    for row in rows:
        print(*_lines(row), sep="\n")
    return 0


def rules_text(typed: str) -> str:
    """What a person typed after --rules: the name of a profile as it is, or the text of the file with this name."""
    if typed in PROFILES or not (typed.endswith(".toml") or Path(typed).is_file()):
        return typed
    try:
        text = Path(typed).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"the rules file {typed} cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"the rules file {typed} cannot be read: it is not text in UTF-8") from None
    if len(text) > LARGEST:
        raise InputError(f"the rules file {typed} is longer than {LARGEST:,} characters")
    return text if "\n" in text else f"{text}\n"


def _lines(row: RuleRow) -> list[str]:
    if not row.holds:
        return ["", f"{row.title} ({row.name}): no such rule here"]
    lines = ["", f"{row.title} ({row.name})", *_wrapped("", row.says)]
    wide = max((len(figure.name) for figure in row.figures), default=0)
    lines += [f"    {figure.name:<{wide}}  {figure.value:<22} {figure.means}".rstrip() for figure in row.figures]
    if row.codes:
        lines += _wrapped("codes: ", ", ".join(row.codes))
    lines += _wrapped("imitates: ", f"{row.imitates}.")
    return lines + _wrapped("differs: ", row.differs)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {head}", subsequent_indent="  ")
