"""docs/api.md tells the truth: each curl line runs against a live market and is answered as the page shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from market_sim.api.live.market import LiveMarket
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app
from tests.conftest import PATIENCE, ROOT
from tests.served_market import answering

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of a live market without a class, and the token of its operator."""
    session = Session(FirstMarket(), Options(epochs=1_000, settlement="memory"))
    session.step(epoch=3)
    market = LiveMarket(session, speed=1)
    market.stop_clock()
    market.start()
    folder = tmp_path_factory.mktemp("site")
    app = create_app({"MARKET": market, "INSTANCE": str(folder / "instance"), "RESULTS": str(folder / "results")})
    with answering(app, threads=4) as port:
        yield f"http://127.0.0.1:{port}", app.extensions["live"].operator()
        market.end()


def shape(value: object) -> object:
    """The fields of an answer and the types of their values; of a list the first element stands for all."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def test_each_curl_line_is_answered_as_the_page_says(served, needs) -> None:
    needs("curl")
    address, operator = served
    known = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    known |= {"OPERATOR": operator}
    blocks = re.findall(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", PAGE, re.DOTALL)
    lines = 0
    for commands, told in blocks:
        for command in commands.splitlines():
            lines += 1
            done = subprocess.run(
                ["sh", "-c", command.replace(ADDRESS, address)],
                env=known,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            assert done.returncode == 0, command
            if "/metrics" in command:
                assert "market_events_total" in done.stdout
                continue
            answer = json.loads(done.stdout)
            if "/api/members" in command:
                known["TOKEN"] = answer["token"]
            if isinstance(answer, dict) and "order" in answer and "ORDER" not in known:
                known["ORDER"] = str(answer["order"])
            if told:
                expected = json.loads(told)
                assert shape(answer) == shape(expected), command
                if isinstance(answer, dict) and answer.get("code"):
                    assert answer == expected, "a refusal is the same in every market"
            else:
                assert not (isinstance(answer, dict) and "code" in answer), (command, answer)
    assert lines == PAGE.count("\ncurl ") >= 20


def test_the_python_lines_print_what_the_page_says(served, capsys: pytest.CaptureFixture[str]) -> None:
    address, _ = served
    [(code, told)] = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    # The page is ours, and what it shows is what is run here.
    exec(compile(code.replace(ADDRESS, address), "docs/api.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == told
