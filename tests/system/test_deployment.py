"""The container files agree with the program: commands, ports, health check and what is copied; no engine is needed."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from market_sim.api.store.places import address
from market_sim.ui.cli.class_options import check_class
from market_sim.ui.cli.serving import PORT, STREAM_PORT, _parser
from market_sim.ui.web.application import create_app
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


@cache
def composed() -> dict:
    import yaml  # a builder's package: the tests of a student's environment are collected without it

    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def by_default(text: str) -> str:
    """A value of the compose file where no variable is set."""
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", text)


def commands() -> list[list[str]]:
    [command] = instructions("CMD")
    return [json.loads(command), [by_default(part) for part in composed()["market"]["command"]]]


@pytest.mark.parametrize("place", [0, 1], ids=["Dockerfile", "compose.yaml"])
def test_the_container_serves_a_market_that_is_reached_from_outside_it_and_keeps_its_files(place: int) -> None:
    command = commands()[place]
    assert command[0] == "serve"
    typed = _parser().parse_args(command[1:])
    check_class(typed)
    assert typed.scenario == ["first-market"]
    assert (typed.host, typed.stream_host) == ("0.0.0.0", "0.0.0.0")
    [volume] = instructions("VOLUME")
    for folder in (typed.out, typed.instance, typed.answers):
        assert volume in map(str, Path(folder).parents)


def test_the_ports_are_those_of_the_program_on_this_computer_only() -> None:
    assert instructions("EXPOSE") == [f"{PORT} {STREAM_PORT}"]
    market = composed()["market"]
    here_unless_said = "${BIND:-127.0.0.1}"
    assert market["ports"] == [f"{here_unless_said}:{port}:{port}" for port in (PORT, STREAM_PORT)]
    assert [volume.partition(":")[2] for volume in market["volumes"]] == instructions("VOLUME")
    assert "ports" not in composed()["database"]


def test_the_health_check_asks_a_route_that_answers(tmp_path: Path) -> None:
    [check] = [line for line in DOCKERFILE.splitlines() if line.startswith("HEALTHCHECK")]
    command = json.loads(check.partition("CMD ")[2])
    url = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", command[2])
    assert url is not None
    assert int(url[1]) == PORT
    compile(command[2], "health check", "exec")
    app = create_app({"RESULTS": str(tmp_path), "INSTANCE": str(tmp_path), "ANSWERS": str(tmp_path)})
    assert app.test_client().get(url[2]).status_code == 200


def test_the_image_has_two_stages_runs_as_a_user_without_rights_and_installs_what_is_locked() -> None:
    assert len(instructions("FROM")) == 2
    assert instructions("FROM")[0].endswith(" AS build")
    assert instructions("USER") == ["market"]
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    [driver] = re.findall(r"pg8000==([\d.]+)", DOCKERFILE)
    assert f"pg8000=={driver} ;" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert instructions("ENTRYPOINT") == ['["python", "simulate.py"]']


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [part for line in instructions("COPY") if "--from" not in line for part in shlex.split(line)[:-1]]
    assert set(copied) == allowed
    for name in copied:
        assert (ROOT / name).exists()


def test_the_server_is_a_profile_and_needs_a_password_that_is_not_in_the_file() -> None:
    database = composed()["database"]
    assert database["profiles"] == ["postgres"]
    assert by_default(database["environment"]["POSTGRES_PASSWORD"]) == ""
    assert by_default(composed()["market"]["environment"]["DATABASE_URL"]) == ""
    [url] = re.findall(r"`(postgresql://[^`]+)`", PAGE)
    found = address(url)
    assert (found.username, found.host, found.database) == (
        database["environment"]["POSTGRES_USER"],
        "database",
        "market",
    )
    for variable in set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8"))):
        assert f"| `{variable}` |" in PAGE, f"{variable} is explained"
