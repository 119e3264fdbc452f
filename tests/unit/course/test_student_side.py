"""What an answer finds in its process is the product's own, or equal to it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from typing import get_args

import msgspec
import pytest

import market_sim
from market_sim.core.models import intents as real
from market_sim.course.isolation.student import FROZEN
from market_sim.course.student_side import child
from market_sim.course.student_side import intents as mirror
from tests.conftest import ROOT

KINDS = ("Conditions", *(kind.__name__ for kind in get_args(real.Intent)))


@pytest.mark.parametrize("name", KINDS)
def test_the_intents_have_the_fields_and_defaults_of_the_real_ones(name):
    theirs = {
        field.name: field.default if field.default is not msgspec.NODEFAULT else dataclasses.MISSING
        for field in msgspec.structs.fields(getattr(real, name))
    }
    ours = {field.name: field.default for field in dataclasses.fields(getattr(mirror, name))}
    assert list(ours) == list(theirs)
    assert ours == theirs


@pytest.mark.parametrize("name", ["Buy", "Sell"])
def test_the_makers_of_orders_take_the_same_arguments(name):
    ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (mirror, real))
    assert [(one.name, one.default, one.kind) for one in ours.values()] == [
        (one.name, one.default, one.kind) for one in theirs.values()
    ]


def test_every_intent_that_may_travel_has_a_mirror():
    assert len(KINDS) == 13
    assert list(FROZEN) == [*KINDS, "WakeAt", "OnReport", "OnTrade", "OnQuote"], "wake-ups are the same class here"
    assert [kind.__name__ for kind in get_args(mirror.Intent)] == list(KINDS[1:])


def test_the_student_side_needs_nothing_but_the_standard_library():
    for file in {*child.OPEN.values(), "course/student_side/child.py"}:
        tree = ast.parse((ROOT / "market_sim" / file).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                known = name.partition(".")[0] in sys.stdlib_module_names
                assert known or name in child.OPEN, f"{file} imports {name}"


def test_short_names_are_those_of_the_package():
    for name in " ".join(child.SHORT_NAMES.values()).split():
        assert hasattr(market_sim, name)
