"""`simulate.py serve`: starts, answers, says in one sentence why it cannot, ends with Ctrl-C and SIGTERM."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from contextlib import contextmanager

import pytest

from market_sim.core.data import archive
from market_sim.core.models.run_events import RunEnded
from market_sim.ui.cli.main import main
from tests.conftest import PATIENCE, ROOT


@contextmanager
def served(folder, *more):
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0", "--lessons", str(ROOT / "lessons")]
    process = subprocess.Popen([*command, *more], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.thorough
@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.thorough), signal.SIGTERM])
def test_it_answers_at_the_address_it_prints_ends_in_order_and_keeps_the_run_that_is_played(tmp_path, number):
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with served(tmp_path) as (process, address):
        assert "The course" in visitor.open(address, timeout=PATIENCE).read().decode()
        page = visitor.open(f"{address}/scenarios/first-market", timeout=PATIENCE).read().decode()
        form = {"csrf_token": re.search(r'name="csrf-token" content="([^"]+)"', page)[1], "seed": "1", "epochs": "500"}
        form |= {"p-traders": "40", "p-makers": "2", "p-shock_percent": "0", "p-volatility_bps": "3"}
        form |= {"settlement": "memory"}
        sent = urllib.request.Request(
            f"{address}/scenarios/first-market", urllib.parse.urlencode(form).encode(), {"Origin": address}
        )
        assert visitor.open(sent, timeout=PATIENCE).url == f"{address}/live/1"
        with visitor.open(f"{address}/live/1/events", timeout=PATIENCE) as stream:
            while not stream.readline().startswith(b"event: epoch"):
                pass
            process.send_signal(number)
            said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 0
        assert said.splitlines() == ["Ctrl-C ends the site.", "The site has ended."]
    [kept] = (tmp_path / "results").iterdir()
    last = archive.load(kept).journal[-1]
    assert isinstance(last, RunEnded)
    assert not last.complete
    assert (tmp_path / "instance" / "secret_key").exists()


@pytest.mark.thorough
def test_a_scenario_file_is_shown_its_market_opens_and_its_own_mistakes_are_told(tmp_path, capsys):
    file = tmp_path / "quiet_room.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from market_sim import *\n\n\n"
        "@dataclass(frozen=True)\nclass QuietRoom(Scenario):\n"
        '    """Nobody says anything."""\n\n    name = "quiet-room"\n    chairs: int = 3\n\n'
        '    def build(self, world):\n        world.list(Stock("ACME", tick=cents(1)), value=10_000)\n'
    )
    flags = ("--speed", "10", "--no-settle", "--stream-port", "0", "--compat", "binance")
    with served(tmp_path, "--scenario", str(file), *flags) as (process, address):
        with urllib.request.urlopen(f"{address}/scenarios/quiet-room", timeout=PATIENCE) as answer:
            page = answer.read().decode()
        assert "Nobody says anything." in page
        assert 'name="p-chairs"' in page
        with urllib.request.urlopen(f"{address}/compat/binance/api/v3/exchangeInfo", timeout=PATIENCE) as answer:
            assert '"symbol":"ACMEUSD"' in answer.read().decode()
        with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE) as answer:
            assert '{"name":"stream","ok":true,"sentence":"has 0 clients"}' in answer.read().decode()
        with urllib.request.urlopen(f"{address}/metrics", timeout=PATIENCE) as answer:
            assert "market_stream_clients 0.0" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE)[1].splitlines()
        assert process.returncode == 0
    assert said[0] == "A live market of quiet-room, 10 times as fast as its clock."
    assert said[1] == f"Programs for Binance trade at {address}/compat/binance (docs/bots.md)."
    assert re.fullmatch(r"Programs can follow it at ws://localhost:\d+\.", said[2])
    [kept] = (tmp_path / "results").iterdir()
    assert said[-2] == f"The market has ended and is kept in results/{kept.name}."
    assert archive.load(kept).manifest.scenario == "quiet-room"
    assert main(["serve", "--scenario", str(tmp_path / "missing.py")]) == 2
    assert "cannot read the scenario file" in capsys.readouterr().err


def test_a_port_in_use_is_told_with_the_flag_that_chooses_another(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"port {port} cannot be used" in said
    assert f"simulate.py serve --port {port + 1}" in said
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port", "70000"], ["--prot", "1"], ["extra"]])
def test_a_mistyped_option_is_bad_input(arguments, capsys):
    assert main(["serve", *arguments]) == 2
    assert capsys.readouterr().err.startswith("simulate.py: ")


def test_other_programs_trade_in_a_live_market_only(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--compat", "binance"]) == 2
    assert "add --scenario NAME, such as marksim" in capsys.readouterr().err
    assert main(["serve", "--compat", "kraken"]) == 2
    assert "binance" in capsys.readouterr().err
