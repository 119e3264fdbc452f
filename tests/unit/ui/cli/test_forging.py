"""`simulate.py forgeries`: the page has what it prints, each answer is a named error, and no balance changes."""

from __future__ import annotations

import re

from market_sim.blockchain.ethereum.forgeries import Forger
from market_sim.blockchain.ethereum.ways_out import ANN, BOB, START, TRADE
from market_sim.core.models.reasons import REASONS
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
SHOWN = re.search(r"## What the contract refuses.*?```text\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_page_has_what_the_command_prints(capsys):
    assert main(["forgeries"]) == 0
    assert capsys.readouterr().out == SHOWN
    assert main(["forgeries", "all"]) == 2
    assert "unrecognized arguments: all" in capsys.readouterr().err


def test_only_the_two_honest_batches_move_money_and_each_refusal_has_its_error():
    forger = Forger()
    before, settled, refused = dict(START), [], {}
    assert forger.balances() == before
    for one in forger.play():
        now = forger.balances()
        moved = {account: now[account] - before[account] for account in START}
        assert moved == ({ANN: -TRADE, BOB: TRADE} if not one.error else dict.fromkeys(START, 0)), one
        before = now
        if one.error:
            refused[one.what] = one
        else:
            settled.append(one.what)
    assert settled == ["block 1, signed by three of four", "block 2, unchanged"]
    again = refused["the same batch again"]
    assert (again.error, again.numbers) == ("HeightGap", {"expected": 2, "found": 1})
    few = refused["signed by two of four"]
    assert (few.error, few.numbers) == ("TooFewSignatures", {"found": 2, "validators": 4})
    assert {one.error for one in refused.values()} <= set(REASONS)
    # All errors of the place, the certificate and the rows that a batch of one range without exits can meet.
    assert {one.error for one in refused.values()} == {
        "HeightGap", "TooFewSignatures", "SignersNotAscending", "BadCertificateLength", "WrongSigner", "UnknownSigner",
        "ZeroSignature", "HighS", "WrongParent", "EpochNotGrowing", "WrongValidatorSet", "NotZeroSum", "Insolvent",
        "UnknownAccount", "RowsNotAscending",
    }  # fmt: skip
