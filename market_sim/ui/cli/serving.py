"""`simulate.py serve`: the site on this computer, at http://127.0.0.1:5000 unless another port is chosen."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.simulation.options import DEFAULT_SEED, MOST_EPOCHS, Options
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.ui.cli.arguments import Parser, add_settlement, speed, whole
from market_sim.ui.cli.class_options import (
    ALIAS_PORT,
    add_class_options,
    addresses_of,
    check_class,
    class_settings,
    holdings_of,
    invitation,
    trusted,
)
from market_sim.ui.cli.places import new_folder
from market_sim.ui.cli.restoring import DATABASE_HELP, past
from market_sim.ui.cli.window import opened

if TYPE_CHECKING:
    from market_sim.api.access import LiveSettings
    from market_sim.api.live.market import LiveMarket
    from market_sim.api.live.opening import OpenMarket
    from market_sim.api.stream.opening import OpenStream

HOST = "127.0.0.1"
PORT = 5000
STREAM_PORT = 8765
CLIENT_BUFFER = 100
DEFAULT_SPEED = 1.0
DEFAULT_EPOCHS = 3_600
"""An hour of simulated time, where nobody says how long the live market stays open."""
THREADS = 32
"""Each open stream of events holds one."""
LIVE_THREADS, LIVE_CONNECTIONS = 112, 800
"""Where a class follows a market: a stream for each of its pages, and several connections of each browser."""

OF_A_MARKET = (
    "speed",
    "epochs",
    "seed",
    "settlement",
    "purse",
    "holdings",
    "stream_port",
    "stream_host",
    "client_buffer",
)
"""The options that only a live market reads."""

DONE = 0


def serve(arguments: Sequence[str]) -> int:
    """Start the site and stay until Ctrl-C or SIGTERM."""
    made = _parser()
    typed = made.parse_args(list(arguments))
    kinds = [find_scenario(name) for name in typed.scenario]
    check_class(typed)
    if not kinds and typed.resume is None:
        _check_no_market(made, typed)
    if not Path(typed.lessons).is_dir() and typed.lessons != made.get_default("lessons"):
        raise InputError(f"--lessons: there is no folder {typed.lessons}")
    listeners = _listeners(typed)
    port = listeners[0].getsockname()[1]
    # All ports are bound before a store is opened: a port in use leaves nothing behind.
    sockets = _stream_sockets(typed) if (kinds or typed.resume) and not typed.reload else []
    holdings: dict[str, int] = {}
    try:
        live = _opened(
            typed, kinds, lambda journal: holdings.update(holdings_of(typed.holdings, journal.of(InstrumentListed)))
        )
    except InputError:
        for one in (*listeners, *sockets):
            one.close()
        raise
    stream = _streamed(typed, live.market, sockets, port) if live is not None and sockets else None
    settings = class_settings(typed, holdings)
    addresses = [f"http://{one}:{port}" for one in addresses_of(typed.host, typed.site_name)]
    config = {
        "MARKET": live and live.market,
        "STREAM": stream,
        "MARKET_FOLDER": live and (lambda: live.folder),
        "LIVE": settings,
        "COMPAT": typed.compat,
        "TRUSTED_HOSTS": trusted(typed.host, typed.site_name),
        "ADDRESSES": addresses,
        "RESULTS": typed.out,
        "INSTANCE": typed.instance,
        "LESSONS": typed.lessons,
        "ANSWERS": typed.answers,
        "SCENARIOS": (*kinds, *(kind for kind in SCENARIOS if kind.name not in {own.name for own in kinds})),
    }
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Each waiting request is worth a warning to waitress; a browser sends six at once.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    _start(typed, settings, addresses, live, stream)
    if typed.reload:
        return _reloading(config, listeners[0])
    # Who ends the site while its window opens is heard once there is a window to close.
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    window = opened(addresses[0], Path(typed.instance)) if typed.window else None
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        if asked:
            raise KeyboardInterrupt
        _serve(config, listeners, live, stream)
    except KeyboardInterrupt:
        for listener in listeners:
            listener.close()
    if window is not None:
        window.close()
    _close(live, stream)
    print("The site has ended.", file=sys.stderr)
    return DONE


def _start(
    typed: argparse.Namespace,
    settings: LiveSettings,
    addresses: list[str],
    live: OpenMarket | None,
    stream: OpenStream | None,
) -> None:
    """Open the market and its stream, and say where everything is."""
    print(addresses[0], flush=True)
    if live is not None:
        print(f"A live market of {live.market.scenario}, {pace_of(typed.speed)}.", file=sys.stderr)
        for line in invitation(settings, addresses):
            print(line, file=sys.stderr)
        live.start()
        if typed.compat:
            print(f"Programs for Binance trade at {addresses[0]}/compat/binance (docs/bots.md).", file=sys.stderr)
    if stream is not None:
        stream.start()
        print(f"Programs can follow it at {stream.address}.", file=sys.stderr)
    print("Ctrl-C ends the site.", file=sys.stderr, flush=True)


def _close(live: OpenMarket | None, stream: OpenStream | None) -> None:
    """End the market, then its store, then its stream; what has ended is not ended again."""
    if live is None or live.is_closed:
        return
    try:
        print(f"The market has ended and is kept in {live.close()}.", file=sys.stderr, flush=True)
    finally:
        if stream is not None:
            stream.close()


def _serve(
    config: dict[str, Any], listeners: list[socket.socket], live: OpenMarket | None, stream: OpenStream | None
) -> None:
    """Serve until Ctrl-C or SIGTERM; a running simulation then ends and is stored as a partial run.

    The site ends last: whoever asks it meanwhile is told that the market has ended.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    from waitress.server import create_server

    from market_sim.ui.web.application import create_app
    from market_sim.ui.web.reading_ahead import warm_up
    from market_sim.ui.web.run_queue import RunQueue

    app = create_app(config)
    if "live" in app.extensions:
        print(f"Token of the operator: {app.extensions['live'].operator()}", file=sys.stderr, flush=True)
    warm_up(app)
    is_live = "live" in app.extensions
    room = {"threads": LIVE_THREADS, "connection_limit": LIVE_CONNECTIONS} if is_live else {"threads": THREADS}
    server = create_server(app, sockets=listeners, ident=None, **room)
    queue: RunQueue = app.extensions["jobs"]

    def end(*_: object) -> NoReturn:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)  # who asks again does not want to wait
        _close(live, stream)
        queue.stop_all()  # the streams end with their runs, and the server waits for its streams
        if is_live:
            app.extensions["market_streams"].close()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        server.run()  # returns when it is interrupted
    finally:
        queue.close()
        server.close()


def _opened(
    typed: argparse.Namespace, kinds: Sequence[type[Scenario]], check: Callable[[Journal], object]
) -> OpenMarket | None:
    """The live market of a scenario or of a store, ready to begin; nothing if none was asked for."""
    if typed.resume is None and not kinds:
        return None
    from market_sim.api.live.opening import OpenMarket
    from market_sim.api.store.places import asked_for

    results, database = typed.out, asked_for(typed.database)
    if typed.resume is not None:
        with past(typed.resume, typed.database, typed.scenario[0] if typed.scenario else None) as found:
            if found.session.is_over:
                raise InputError(f"{typed.resume} has come to its end: simulate.py restore {typed.resume} keeps it")
            scenario, options = found.session.scenario, found.session.options
            return OpenMarket(scenario, options, typed.speed, results, database, found, check=check)
    options = Options(seed=typed.seed, epochs=typed.epochs, settlement=typed.settlement)
    return OpenMarket(configured(kinds[0]), options, typed.speed, results, database, check=check)


def _check_no_market(made: Parser, typed: argparse.Namespace) -> None:
    """Raise InputError for an option of a live market where none is opened."""
    if typed.compat:
        raise InputError("--compat lets programs trade in a live market: add --scenario NAME, such as marksim")
    if typed.class_name:
        raise InputError("a class trades in a live market: add --scenario NAME, such as first-market")
    for name in OF_A_MARKET:
        if getattr(typed, name) != made.get_default(name):
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} is for a live market: add --scenario NAME, such as first-market")


def _stream_sockets(typed: argparse.Namespace) -> list[socket.socket]:
    """The sockets of the stream of a live market."""
    from market_sim.api.stream.opening import bound

    return bound(typed.stream_host, typed.stream_port)


def _streamed(typed: argparse.Namespace, market: LiveMarket, sockets: list[socket.socket], port: int) -> OpenStream:
    """The stream of the live market, ready to begin."""
    from market_sim.api.stream.opening import OpenStream

    sites = [f"http://{name}:{port}" for name in trusted(typed.host, typed.site_name)]
    # A container's host, or a proxy before it, may answer at another port.
    sites += [f"{scheme}://{name}" for name in typed.site_name for scheme in ("http", "https")]
    return OpenStream(
        market, sockets, typed.stream_host, typed.client_buffer, sites, journal_is_open=not typed.class_name
    )


def pace_of(speed: float | None) -> str:
    """How fast a market goes, as a person reads it.

    >>> pace_of(10.0), pace_of(1), pace_of(None)
    ('10 times as fast as its clock', 'as fast as its clock', 'as fast as it can')
    """
    if speed is None:
        return "as fast as it can"
    return "as fast as its clock" if speed == 1 else f"{speed:g} times as fast as its clock"


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> Parser:
    made = Parser(prog="simulate.py serve", description="Show course, scenarios and runs on this computer.")
    made.add_argument("--port", type=whole(0, 65535), default=PORT, metavar="N", help="default 5000; 0: any free one")
    made.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="open a live market of this scenario; further ones are shown on the site, too",
    )
    made.add_argument(
        "--speed",
        type=speed,
        default=DEFAULT_SPEED,
        metavar="N",
        help="simulated seconds of the live market in each second, default 1",
    )
    made.add_argument(
        "--epochs",
        type=whole(1, MOST_EPOCHS),
        default=DEFAULT_EPOCHS,
        metavar="N",
        help="how long the live market stays open, default 3600",
    )
    made.add_argument(
        "--stream-port",
        type=whole(0, 65535),
        default=STREAM_PORT,
        metavar="N",
        help="where programs follow the live market, default 8765; 0: any free one",
    )
    made.add_argument("--stream-host", default="localhost", metavar="NAME", help="default localhost")
    made.add_argument(
        "--client-buffer",
        type=whole(1, 100_000),
        default=CLIENT_BUFFER,
        metavar="N",
        help="how many tickers wait for a program that does not read, default 100",
    )
    made.add_argument(
        "--compat",
        choices=["binance"],
        default="",
        metavar="EXCHANGE",
        help="binance: let programs trade that speak to it, such as ccxt, at /compat/binance",
    )
    made.add_argument("--seed", type=whole(0), default=DEFAULT_SEED, metavar="N", help="default 7")
    made.add_argument(
        "--resume", metavar="RUN", type=Path, help="go on with a live run whose program was killed, from its store"
    )
    made.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    add_class_options(made)
    add_settlement(made)
    made.add_argument(
        "--out", type=new_folder, default=Path("results"), metavar="DIR", help="the folder for runs, default results/"
    )
    made.add_argument("--lessons", default="lessons", metavar="DIR", help="the course, default lessons/")
    made.add_argument(
        "--answers", type=new_folder, default=Path("answers"), metavar="DIR", help="your answers, default answers/"
    )
    made.add_argument("--instance", default="instance", metavar="DIR", help="the site's own files, default instance/")
    made.add_argument("--window", action="store_true", help="show the site in a window of its own, which ends it")
    made.add_argument("--reload", action="store_true", help="start again whenever a source file changes")
    return made


def _listeners(typed: argparse.Namespace) -> list[socket.socket]:
    """The sockets of the site; the alias is the second one."""
    first = _listener(typed.host, typed.port)
    if not typed.alias_8050:
        return [first]
    try:
        return [first, _listener(typed.host, ALIAS_PORT)]
    except InputError:
        first.close()
        raise InputError(f"port {ALIAS_PORT} cannot be used: end what has it, or leave --alias-8050 out") from None


def _listener(host: str, port: int) -> socket.socket:
    """The socket, bound before heavy imports, so that a port in use is reported at once."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} cannot be used ({(error.strerror or str(error)).lower()}); "
            f"choose another one: simulate.py serve --port {port + 1 if port < 65535 else 0}"
        ) from None
    return listener


def _reloading(config: dict, listener: socket.socket) -> int:
    """Serve for authors of lessons and pages: the site restarts after each change, without a debugger."""
    from werkzeug.serving import run_simple

    from market_sim.ui.web.application import create_app

    host, port = listener.getsockname()
    listener.close()
    run_simple(host, port, create_app(config), use_reloader=True, use_debugger=False, threaded=True)
    return DONE
