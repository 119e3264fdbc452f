"""The lock files pin every extra that a pinned package asks for, so that no pip looks for a newer release."""

from __future__ import annotations

import importlib.metadata

import pytest
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tests.unit.lock_files import missing_extras, pins

LOCKS = ["requirements.txt", "requirements-dev.txt"]
STUDENT = (ROOT / "requirements.txt").read_text()
BUILDER = (ROOT / "requirements-dev.txt").read_text()


@pytest.fixture(scope="module")
def installed() -> dict[str, list[str]]:
    """What the installed packages require, by canonical name."""
    found = importlib.metadata.distributions()
    return {canonicalize_name(package.metadata["Name"]): package.requires or [] for package in found}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_every_extra_that_its_packages_need(name, installed):
    lock = (ROOT / name).read_text()
    assert not list(missing_extras(f"{STUDENT}\n{lock}", installed))


def test_the_lock_of_a_run_and_the_installed_packages_are_about_the_same_packages(installed):
    assert {"coverage", "eth-hash", "pytest-cov", "web3"} <= pins(STUDENT).keys() & installed.keys()


@pytest.mark.parametrize(
    ("package", "extra"), [("coverage", "toml"), ("eth-hash", "pycryptodome")], ids=["coverage", "eth-hash"]
)
def test_a_lock_that_lost_an_extra_is_found(package, extra, installed):
    stripped = STUDENT.replace(f"{package}[{extra}]==", f"{package}==")
    assert stripped != STUDENT
    findings = list(missing_extras(stripped, installed))
    assert any(f"needs {package}[{extra}]" in finding for finding in findings), findings


def test_an_extra_of_an_extra_counts_only_when_the_first_is_pinned():
    requirements = {"a": ["b[fast]; extra == 'speed'"]}
    assert not list(missing_extras("a==1\nb==1\n", requirements))
    assert list(missing_extras("a[speed]==1\nb==1\n", requirements)) == ["a needs b[fast], which the lock does not pin"]


def test_the_compiler_driver_is_pinned_for_builders_only():
    assert "py-solc-x" not in pins(STUDENT)
    assert "py-solc-x" in pins(BUILDER)
