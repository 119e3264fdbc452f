"""The fences around the suite bite: the network is out of reach, and a demanded program may not be missing."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import urllib.request

import pytest

from tests import conftest
from tests.conftest import PATIENCE

ELSEWHERE = "192.0.2.1"  # reserved for documentation (RFC 5737): nothing answers there


@pytest.fixture
def leaving(network_guard):
    """A block that must be refused; the attempts it leaves behind are counted here and forgotten."""

    def refused(action, *arguments):
        with pytest.raises(conftest.NetworkRefused):
            action(*arguments)
        assert network_guard.attempts, "a refusal must be remembered, in case the code under test swallows it"
        network_guard.attempts.clear()

    return refused


def test_connections_to_other_machines_are_refused(leaving):
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET6) as six:
        leaving(tcp.connect, (ELSEWHERE, 80))
        leaving(tcp.connect_ex, (ELSEWHERE, 80))
        leaving(udp.sendto, b"hello", (ELSEWHERE, 80))
        leaving(six.connect, ("2001:db8::1", 80))


def test_names_of_other_machines_are_not_looked_up(leaving):
    leaving(socket.getaddrinfo, "example.org", 80)
    leaving(socket.gethostbyname, "example.org")
    leaving(socket.gethostbyname_ex, "example.org")
    leaving(urllib.request.urlopen, "http://example.org")


def test_asyncio_is_fenced_in_too(leaving):
    leaving(lambda: asyncio.run(asyncio.open_connection(ELSEWHERE, 80)))
    leaving(lambda: asyncio.run(asyncio.open_connection("example.org", 80)))


def test_this_machine_can_be_reached():
    with socket.create_server(("localhost", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=PATIENCE) as client:
            assert client.recv(1) == b""
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", b"localhost", "", None, "0.0.0.0"])
def test_loopback_has_many_names(host):
    assert conftest.is_this_machine(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "localhost.example.org", "fe80::1%eth0", b"example.org"])
def test_neighbours_are_not_this_machine(host):
    assert not conftest.is_this_machine(host)


def test_no_proxy_is_remembered():
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]


def test_a_missing_program_is_a_skip_with_its_reason(monkeypatch):
    monkeypatch.delenv("REQUIRE_NOTHING", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program, which is not on this machine"):
        conftest.path_of(conftest.Program("REQUIRE_NOTHING", ("no-such-program",)))


def test_a_missing_program_that_is_demanded_is_a_failure(monkeypatch):
    monkeypatch.setenv("REQUIRE_NOTHING", "1")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE_NOTHING demands it"):
        conftest.path_of(conftest.Program("REQUIRE_NOTHING", ("no-such-program",)))


def test_a_program_is_found_by_its_variable_and_where_its_package_puts_it(monkeypatch):
    folder, name = os.path.split(sys.executable)
    in_place = conftest.Program("REQUIRE_NOTHING", ("no-such-program",), f"{folder}/{name}")
    assert conftest.path_of(in_place) == sys.executable
    monkeypatch.setenv("NOWHERE", "/opt/nowhere")
    assert conftest.path_of(conftest.Program("REQUIRE_NOTHING", ("nowhere",))) == "/opt/nowhere"
