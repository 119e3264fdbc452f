"""The process of the stream: it is fed, it ends with the market, and the market does not depend on it."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from market_sim.api.live.market import LiveMarket
from market_sim.api.rest.watch_routes import of_stream
from market_sim.api.stream.opening import OpenStream, bound
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.session import Session
from tests.conftest import PATIENCE
from tests.unit.api.stream.raw_client import reset, stopped_reader

EPOCHS = 30


def market_of(speed: float | None) -> LiveMarket:
    market = LiveMarket(Session(Marksim(), Options(epochs=EPOCHS, settlement="none")), speed)
    market.stop_clock()
    market.start()
    return market


def until(condition) -> None:
    """Wait for a condition; the test fails if it takes too long."""
    latest = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < latest, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def alone() -> str:
    """The fingerprint of the run that nobody watches."""
    return Session(Marksim(), Options(epochs=EPOCHS, settlement="none")).run().fingerprint


@pytest.mark.thorough
def test_with_half_of_its_clients_killed_the_others_miss_nothing_and_the_run_is_the_same(alone):
    market = market_of(speed=20)
    stream = OpenStream(market, bound("localhost", 0))
    stream.start()
    try:
        with ExitStack() as stack:
            killed = [stopped_reader(stream.port, "/journal") for _ in range(3)]
            others = [stack.enter_context(connect(f"{stream.address}/journal", max_queue=None)) for _ in range(3)]
            market.start_clock()
            for client in killed:
                client.recv(1)
                reset(client)
            counts = [sum(1 for _ in client) for client in others]
            assert [client.close_code for client in others] == [1000] * 3
        result = market.end()
        assert counts == [len(result.journal)] * 3
        assert result.fingerprint == alone
        until(lambda: stream.counted.connected == 6 and stream.counted.clients == 0)
        assert stream.behind == 0
        told = {
            sample.name + str(sample.labels): sample.value for family in of_stream(stream) for sample in family.samples
        }
        assert told["market_stream_clients{}"] == told["market_stream_behind{}"] == 0
        assert told["market_stream_messages_total{'fate': 'sent'}"] == stream.counted.sent >= sum(counts)
        assert told["market_stream_connections_total{'fate': 'connected'}"] == 6
    finally:
        market.end()
        stream.close()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are stopped by signals of POSIX")
def test_the_market_goes_on_when_the_process_of_the_stream_stops_or_dies(alone, caplog):
    market = market_of(speed=None)
    stopped, killed = OpenStream(market, bound("localhost", 0)), OpenStream(market, bound("localhost", 0))
    for stream in (stopped, killed):
        stream.start()
    for stream in (stopped, killed):
        with connect(stream.address):  # from here on it has started
            pass
    os.kill(stopped.process_id, signal.SIGSTOP)
    os.kill(killed.process_id, signal.SIGKILL)
    market.start_clock()
    until(lambda: market.is_over and killed.is_broken)
    assert market.end().fingerprint == alone
    [told] = [record.getMessage() for record in caplog.records]
    assert told.startswith("the stream's process has ended, and ")
    assert told.endswith(" events of the journal were not streamed; the market goes on")
    killed.close()
    stopped.close(seconds=0.2)


def test_an_interrupt_is_for_the_program_not_for_its_stream():
    market = market_of(speed=1)
    stream = OpenStream(market, bound("localhost", 0))
    stream.start()
    try:
        with connect(stream.address) as client:
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(stream.process_id, number)
            market.start_clock()
            assert '"BTC/USD"' in client.recv(timeout=PATIENCE)
            market.end()
            stream.close()
            with suppress(ConnectionClosed):
                while True:
                    client.recv(timeout=PATIENCE)
            assert (client.close_code, client.close_reason) == (1000, "the market has ended")
    finally:
        market.end()
        stream.close()


def test_a_port_in_use_is_told_with_the_flag_that_chooses_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as refused:
            bound("localhost", port)
    said = str(refused.value)
    assert said.startswith(f"the stream cannot use port {port} of localhost (")
    assert said.endswith(f"choose another one: simulate.py serve --scenario NAME --stream-port {port + 1}")


def test_localhost_is_every_address_that_the_name_stands_for():
    sockets = bound("localhost", 0)
    named = {address[4][0] for address in socket.getaddrinfo("localhost", 1, type=socket.SOCK_STREAM)}
    found = {one.getsockname()[0] for one in sockets}
    assert len({one.getsockname()[1] for one in sockets}) == 1
    assert "127.0.0.1" in found
    assert found <= named
    for one in sockets:
        one.close()


def test_a_port_that_is_free_at_one_address_only_is_not_taken_for_free_at_both(monkeypatch):
    """Where the system chooses the port, it does so for the first address; at the second it may be in use."""
    named = {"::1": socket.AF_INET6, "127.0.0.1": socket.AF_INET}
    both = [(family, socket.SOCK_STREAM, 6, "", (host, 0)) for host, family in named.items()]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    chosen = iter([7001, 7002])
    open_ports: list[int] = []

    class Pretended:
        """A socket of a system on which the port 7001 is in use at the second address."""

        def __init__(self, family, *_):
            self.port = 0

        def setsockopt(self, *_):
            pass

        def bind(self, address):
            self.port = address[1] or next(chosen)
            if self.port == 7001 and address[1]:
                raise OSError(errno.EADDRINUSE, "Address already in use")
            open_ports.append(self.port)

        def getsockname(self):
            return "", self.port

        def listen(self, _):
            pass

        def close(self):
            if self.port in open_ports:
                open_ports.remove(self.port)

    monkeypatch.setattr(socket, "socket", Pretended)
    assert {one.port for one in bound("localhost", 0)} == {7002}
    assert open_ports == [7002, 7002]
