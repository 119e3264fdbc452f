"""Rules files: a profile in TOML that starts from a shipped one and changes some of its rules.

    base = "classroom"
    symbol_halt = { move = 300 }
    position_limit = false

>>> chosen = rules_of('base = "classroom"\\nposition_limit = false\\nsymbol_halt = { move = 300 }')
>>> chosen.symbol_halt.move, chosen.position_limit
(300, None)
>>> rules_of("literal").day.pace
1
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from market_sim.core.errors import InputError
from market_sim.market.compliance.market_clock import seconds_of
from market_sim.market.compliance.number import TIME, UNIT, Unit
from market_sim.market.compliance.profile import SECTIONS, Profile
from market_sim.market.compliance.profiles import CLASSROOM, PROFILES
from market_sim.market.compliance.rule import Rule

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

A_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?")
LARGEST = 100_000
ALWAYS = ("day", "surveillance")
"""The sections that no market is without."""


def rules_of(text: str) -> Profile:
    """The profile of this name, or of this text of a rules file; InputError in one sentence if it is neither."""
    if "\n" not in text and "=" not in text:
        if text not in PROFILES:
            raise InputError(f"there is no rules profile {text!r}; {_nearest(text, (*PROFILES, 'none'))}")
        return PROFILES[text]
    if len(text) > LARGEST:
        raise InputError(f"a rules file has at most {LARGEST:,} characters, found {len(text):,}")
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the rules file is not TOML: {error}") from None
    except RecursionError:
        raise InputError("the rules file is nested too deeply") from None
    base = told.pop("base", CLASSROOM.name)
    if base not in PROFILES:
        raise InputError(f"the rules file builds on one of {', '.join(PROFILES)}, found base = {base!r}")
    profile = PROFILES[base]
    name, about = told.pop("name", f"{base}, changed"), told.pop("about", "Rules of a file.")
    if not all(isinstance(one, str) and one.isprintable() for one in (name, about)):
        raise InputError("the name and the text about a rules profile are printable text")
    sections: dict[str, Any] = {key: _section(key, value, getattr(profile, key, None)) for key, value in told.items()}
    return dataclasses.replace(profile, name=name, about=about, **sections)


def _section(name: str, told: Any, base: Any) -> Any:
    """One rule with the numbers of the file; false switches it off, true takes its usual numbers."""
    if name not in SECTIONS:
        raise InputError(f"there is no rule {name!r}; {_nearest(name, SECTIONS)}")
    kind: type[Rule] = SECTIONS[name]
    if told is False and name in ALWAYS:
        raise InputError(f"every market has the rule {name}, so that it is not false; change its numbers instead")
    if told is False:
        return None
    if told is True:
        return base or kind()
    if not isinstance(told, Mapping):
        raise InputError(f"the rule {name} is false, true or a table of its numbers, found {told!r}")
    fields = {one.name: one.metadata[UNIT] for one in dataclasses.fields(kind)}
    for key, value in told.items():
        if key not in fields:
            raise InputError(f"the rule {name} has no number {key!r}; {_nearest(key, fields)}")
        _check(f"{name}.{key}", value, fields[key])
    return checked(name, dataclasses.replace(base or kind(), **told))


def _check(name: str, value: Any, unit: Unit) -> None:
    if unit.unit == TIME:
        if not isinstance(value, str) or not A_TIME.fullmatch(value):
            raise InputError(f'{name} is a time of day such as "15:25", found {value!r}')
    elif type(value) is not int or not unit.least <= value <= unit.most:
        raise InputError(
            f"{name} is a whole number from {unit.least:,} to {unit.most:,} ({unit.unit}), found {value!r}"
        )


def checked(name: str, rule: Any) -> Any:
    """The rule, if its numbers go together; InputError otherwise."""
    if name == "day" and not seconds_of(rule.opens) <= seconds_of(rule.starts) < seconds_of(rule.closes):
        raise InputError(
            f"a day opens, starts and closes in this order, found {rule.opens}, {rule.starts}, {rule.closes}"
        )
    if name == "market_wide" and not rule.level_1 < rule.level_2 < rule.level_3:
        raise InputError(
            f"the levels of market_wide rise from 1 to 3, found {rule.level_1}, {rule.level_2}, {rule.level_3}"
        )
    if hasattr(rule, "call") and rule.call > rule.halt:
        raise InputError(f"{name}.call is a part of the halt of {rule.halt} s, found {rule.call}")
    return rule


def _nearest(name: str, names: Iterable[str]) -> str:
    known = [*names]
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
