"""`simulate.py escape`: the page has what it prints, no step makes money, and the days are those of the contract."""

from __future__ import annotations

import re

from market_sim.blockchain.ethereum.ways_out import ANN, ASKED, BOB, START, TRADE, Vault
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
SHOWN = re.search(r"## Money in and out.*?```text\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_page_has_what_the_command_prints(capsys):
    assert main(["escape"]) == 0
    assert capsys.readouterr().out == SHOWN
    assert main(["escape", "now"]) == 2
    assert "unrecognized arguments: now" in capsys.readouterr().err


def test_no_step_makes_or_loses_money_and_each_day_is_that_of_the_contract():
    vault = Vault()
    steps, paid = [], dict.fromkeys(START, 0)
    for step in vault.play():
        held, before = vault.held(), paid
        paid = {account: vault.in_wallet(account) for account in START}
        assert held + sum(paid.values()) == sum(START.values())
        moves = step.does in ("claim", "escapeWithdraw") and not step.answer.startswith("refused")
        assert (paid != before) == moves, step
        steps.append(step)
    deadline, notice, pause = (
        vault._ask(name) // 86_400 for name in ("WITHDRAWAL_DEADLINE", "ESCAPE_NOTICE", "LONGEST_PAUSE")
    )
    asked, planned, opened = (
        next(one.day for one in steps if one.does.startswith(what) and not one.answer.startswith("refused"))
        for what in ("requestWithdrawal", "planEscape", "escape (")
    )
    assert (planned - asked, opened - planned) == (deadline, notice) == (7, 2)
    stopped, again = (one.day for one in steps if one.does.endswith(("during the pause", "after the pause")))
    assert again - stopped == pause < notice, "what is final can be settled in the notice"
    assert [one.answer for one in steps if one.does == "planEscape (silence)"] == ["refused: TooEarlyToEscape"]
    settled = sum(one.answer.endswith(" settled") for one in steps)
    assert paid == {ANN: START[ANN] - settled * TRADE, BOB: START[BOB] + settled * TRADE}
    assert ASKED[ANN] < paid[ANN], "the escape gives the whole balance, and not the request alone"
