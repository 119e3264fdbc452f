"""`simulate.py designs` prints the gas of three designs, which move the same money; the page has the same table."""

from __future__ import annotations

import re

import pytest

from market_sim.blockchain.ethereum.settlement_designs import DESIGNS, Market, gas_of_designs
from market_sim.ui.cli.designs import SIZES, table
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
SHOWN = re.search(r"## Why a batch.*?```text\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()


@pytest.mark.thorough
def test_the_page_has_the_table_of_the_command_and_what_it_says_of_it_is_so():
    gas = gas_of_designs(SIZES)
    assert table(SIZES, gas) == SHOWN
    transfers, orders, batch = (gas[design.name] for design in DESIGNS)
    assert max(transfers) - min(transfers) < 20, "nothing is shared"
    assert orders[0] - orders[1] < 21_000 * 2 and orders[1] - orders[2] < 21_000, "about what a transaction costs"
    assert 0.75 < batch[0] / orders[0] < 1, "a single trade costs nearly as much"
    assert batch[2] < 0.08 * orders[2]


@pytest.mark.thorough
def test_each_design_moves_what_was_traded():
    market = Market()
    deals = market.deals(3)
    cash, shares = market.settlement.tokens

    def wallets():
        owners = ["0x" + wallet.address.hex() for wallet in market.owners]
        return [market.settlement.chain.call(token, "balanceOf", one) for one in owners for token in (cash, shares)]

    def vault():
        balances = market.settlement.statement().balances
        return [balances[account, token] for account in range(1, len(market.owners) + 1) for token in (0, 1)]

    expected = [0] * 2 * len(market.owners)
    for buyer, seller, price, quantity in deals:
        expected[2 * buyer] -= price * quantity
        expected[2 * buyer + 1] += quantity
        expected[2 * seller] += price * quantity
        expected[2 * seller + 1] -= quantity
    assert any(expected)
    for design, held in zip(DESIGNS, (wallets, wallets, vault), strict=True):
        before = held()
        assert design.gas(market, deals) > 0
        assert [after - was for after, was in zip(held(), before, strict=True)] == expected, design.name


@pytest.mark.parametrize("typed", ["0", "1001", "many"])
def test_a_number_of_trades_that_is_none_is_refused(typed, capsys):
    assert main(["designs", "--trades", typed]) == 2
    assert f"expected a whole number from 1 to 1000, found '{typed}'" in capsys.readouterr().err


@pytest.mark.thorough
def test_the_command_prints_a_column_for_each_number_once(capsys):
    assert main(["designs", "--trades", "2", "2"]) == 0
    head, *rows, sentence = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "2" and len(rows) == 3 and len(rows[0].split()) == 5
    assert sentence.startswith("With 2 at once, a batch needs ")
    assert sentence.endswith("and 3 signatures instead of 4.")
