# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""What an account made of a run is one definition: the document, the page, the file and Python say the same."""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from html import unescape

from market_sim import open_run
from market_sim.analysis.results.performance_table import HEAD, performance_tables
from market_sim.analysis.summary import summarize
from market_sim.analysis.words import Words
from market_sim.ui.cli.main import main
from market_sim.ui.cli.report import tell
from market_sim.ui.cli.screen import Screen
from tests.unit.ui.web.conftest import folders, small_run, visitor


def rows_below(page: str, title: str) -> list[tuple[str, ...]]:
    """The cells of the first table after a heading."""
    table = page.partition(title)[2].partition("<tbody>")[2].partition("</tbody>")[0]
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    return [tuple(unescape(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)) for row in found]


def test_the_board_is_the_same_by_every_door(visitor, tmp_path, capsys):
    results = tmp_path / "results"
    typed = ["--epochs", "4", "--headless", "--no-settle", "--json", "--out", str(results)]
    assert main(typed) == 0
    told = json.loads(capsys.readouterr().out)
    name = told["run"].rpartition("/")[2]
    result = open_run(results / name)
    board = [dict(row) for row in result.leaderboard]
    assert len(board) > 5 and told["leaderboard"] == board
    assert visitor.get(f"/runs/{name}/summary.json").get_json()["leaderboard"] == board
    gained = [{key: row[key] for key in ("account", "gain", "from_trading")} for row in result.gains]
    assert [{key: row[key] for key in ("account", "gain", "from_trading")} for row in told["gains"]] == gained
    assert {row["account"]: row["gain"] for row in board} == {row["account"]: row["gain"] for row in gained}

    tell(summarize(result), None, None, Screen(sys.stdout))
    printed = capsys.readouterr().out.partition("gains in USD")[2].partition("\n\n")[0].splitlines()
    traders = [one for one in result.performances if one.gain.strategy]
    assert printed[0].split() == ["by", "trading", "by", "prices", "gain", "trades", "fees", "trading", "drawdown"]
    assert printed[4] == f"{'...':<19} {len(traders) - 6} accounts more (simulate.py results RUN has them all)"
    for line, one in zip(printed[1:4] + printed[5:], traders[:3] + traders[-3:], strict=True):
        figures = (one.gain.from_trading, one.gain.from_prices, one.gain.gain, one.fees, one.drawdown)
        trading, prices, gain, fees, drawdown = (f"{Decimal(figure) / 100:,.2f}" for figure in figures)
        signs = ["+" * (figure > 0) for figure in figures]
        assert line.split() == [
            one.gain.account, signs[0] + trading, signs[1] + prices, signs[2] + gain, str(one.trades), fees, drawdown
        ]  # fmt: skip

    [shown] = performance_tables(result.performances, Words(result.journal)).values()
    page = visitor.get(f"/runs/{name}").text
    assert rows_below(page, "What each account made of it") == shown
    assert all(f">{cell}</th>" in page for cell in HEAD)
    file = (results / name / "timeline.html").read_text(encoding="utf-8")
    assert rows_below(file, "What each account made of it") == shown
    assert [(one["reason"], one["count"]) for one in told["refusals"]] == [
        (row["reason"], row["count"]) for row in result.refusals
    ]
