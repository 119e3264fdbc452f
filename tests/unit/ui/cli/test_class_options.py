"""The options of `serve` for a class: what belongs together, new codes each time, the network only where asked for."""

from __future__ import annotations

import argparse

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.session import Session
from market_sim.ui.cli.class_options import (
    CODE_LENGTH,
    INSTRUCTOR_LENGTH,
    LETTERS,
    class_settings,
    code,
    holdings_of,
    trusted,
)
from market_sim.ui.cli.main import main

HERE = ("--scenario", "first-market", "--stream-port", "0", "--no-settle")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "it needs --class NAME"),
        (["--host", "everywhere"], "--host is an address such as 127.0.0.1 or 0.0.0.0, found 'everywhere'"),
        (["--host", "::1"], "--host is an address of version 4"),
        (["--class", "9b"], "a class trades in a live market: add --scenario NAME"),
        (["--class", "9b" * 40, "--scenario", "first-market"], "the name of a class has at most 60"),
        (["--epochs", "5"], "--epochs is for a live market: add --scenario NAME, such as first-market"),
        (["--holdings", "ACME=5"], "--holdings is for a live market: add --scenario NAME"),
        (["--no-settle"], "--settlement is for a live market: add --scenario NAME"),
        (["--compat", "kraken"], "there is no exchange 'kraken'; there is binance"),
        (["--lessons", "nowhere"], "--lessons: there is no folder nowhere"),
        (["--out", "/proc/nowhere"], "--out: /proc/nowhere: cannot write there ("),
        (["--purse", "-1"], "expected a whole number from 0"),
        (["--site-name", "a:80"], "a name of the site has letters, digits, dots and hyphens and no port, found 'a:80'"),
        (["--holdings", "GOLD=5", *HERE], "--holdings is SYMBOL=N for a share or coin (ACME), found 'GOLD=5'"),
        (["--holdings", "ACME=1.5", *HERE], "--holdings ACME=1.5: "),
        (["--holdings", "ACME", *HERE], "found 'ACME'"),
    ],
)
def test_what_does_not_belong_together_is_one_sentence(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--port", "0", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_class_has_a_code_for_students_and_a_longer_one_for_the_instructor():
    settings = class_settings(argparse.Namespace(class_name="9b", purse=250))
    student, instructor = settings.codes["student"], settings.codes["instructor"]
    assert settings.codes["observer"] == student
    assert (len(student), len(instructor)) == (CODE_LENGTH, INSTRUCTOR_LENGTH)
    assert set(student + instructor) <= set(LETTERS)
    assert settings.cash == 25_000
    assert code(CODE_LENGTH) != student


def test_holdings_are_in_the_smallest_unit_of_what_can_be_brought_in():
    journal = Session(Arena(), Options(epochs=1, settlement="none")).journal
    listed = list(journal.of(InstrumentListed))
    assert holdings_of(["BTC/USD=0.5", "CREDITS/USD=7"], listed) == {"BTC/USD": 50, "CREDITS/USD": 7}
    for contract in (one.symbol for one in listed if one.kind not in ("stock", "spot")):
        with pytest.raises(InputError, match="for a share or coin"):
            holdings_of([f"{contract}=1"], listed)
    settings = class_settings(argparse.Namespace(class_name="", purse=1), {"BTC/USD": 50})
    assert settings.holdings == {"BTC/USD": 50}


def test_without_a_class_nobody_becomes_an_instructor_by_a_code():
    settings = class_settings(argparse.Namespace(class_name="", purse=100))
    assert settings.codes == {"student": "", "observer": ""}


def test_the_site_answers_to_its_own_addresses_only():
    assert trusted("127.0.0.1") == ["127.0.0.1", "localhost"]
    assert trusted("192.168.1.20") == ["127.0.0.1", "localhost", "192.168.1.20"]
