"""`serve --window` opens the site as an application; without a browser that can, it says how to get one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from market_sim.ui.cli import window
from tests.conftest import PATIENCE, ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the browser of this test is a shell script")


def site(folder: Path, browser: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0", "--window", *more]
    environment = {**os.environ, "BROWSER_PATH": str(browser)}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def script(place: Path, text: str) -> Path:
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


@pytest.mark.thorough
def test_the_window_shows_the_site_and_its_end_is_that_of_the_site(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = script(
        tmp_path / "browser", f'echo "$@" > {seen}.part; mv {seen}.part {seen}; read line < {tmp_path}/gate'
    )
    os.mkfifo(tmp_path / "gate")
    process = site(tmp_path, browser)
    try:
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            assert answer.status == 200
        with (tmp_path / "gate").open("w") as gate:  # waits until the browser waits; then somebody closes the window
            assert seen.read_text().split()[0] == f"--app={address}"
            gate.write("closed\n")
        said = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()
    assert process.returncode == 0
    assert said.splitlines()[-2:] == ["The window was closed.", "The site has ended."]
    assert f"--user-data-dir={tmp_path}/instance/window" in seen.read_text()


def test_the_end_of_the_site_closes_the_window(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    browser = script(tmp_path / "browser", f"echo $$ > {tmp_path}/gate; exec tail -f /dev/null")
    process = site(tmp_path, browser)
    try:
        process.stdout.readline()
        number = int((tmp_path / "gate").read_text())
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()
    assert (process.returncode, said.splitlines()[-1]) == (0, "The site has ended.")
    assert "The window was closed." not in said
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_without_a_browser_one_sentence_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(window, "PLACES", ())
    assert window.opened("http://127.0.0.1:5000", tmp_path) is None
    said = capsys.readouterr().err
    assert re.fullmatch(r"No browser .* install Chromium.* http://127\.0\.0\.1:5000 in any browser\.\n", said)
    script(tmp_path / "chromium", "exit 0")
    assert window.browser() == str(tmp_path / "chromium")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "missing"))
    assert window.browser() is None, "a browser that is named and missing is not replaced by another"


def test_a_browser_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = script(tmp_path / "broken", "exit 0")
    broken.chmod(0o644)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    assert window.opened("http://127.0.0.1:5000", tmp_path) is None
    assert "could not be started (Permission denied)" in capsys.readouterr().err
