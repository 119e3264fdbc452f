"""The reserves chart: what the vault holds of a token against what it owes, at each settled block.

The filled parts are what accounts own and what withdrawals wait to be claimed; the line above them is what the chain
says that the vault holds. A gap below the line is a donation, a gap above it a hole (settlement promise S3).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.reserves import Reserve, reserves
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import DepositTaken, WithdrawalClaimed, WithdrawalRequested

LEGEND = (
    LegendEntry("square", "final-line", "owed to accounts"),
    LegendEntry("square", "notarized", "waits to be claimed"),
    LegendEntry("line", "leader", "held by the vault"),
    LegendEntry("up", "buy", "deposit from a wallet"),
    LegendEntry("down", "act", "claim into a wallet"),
)
HEAD = ("at (s)", "block", "held", "owed", "claimable", "beyond")


def reserves_charts(run: RunHistory) -> Iterator[Chart]:
    """The reserves of each token that was withdrawn during the run."""
    tokens = dict.fromkeys(event.asset for event in run.journal.of(WithdrawalRequested))
    found = reserves(run.journal) if tokens else []
    words = Words(run.journal)
    for token in tokens:
        mine = [one for one in found if one.token == token]
        if not mine:
            continue
        table = Table(f"Reserves of {token}", HEAD, [_row(one, words) for one in mine])
        draw = partial(reserves_panels, mine, run.journal, words, run.axis)
        sentence = reserves_sentence(mine, words)
        yield Chart("reserves", table.title, sentence, "settlement", run.axis, draw, LEGEND, table, symbol=token)


def reserves_panels(found: list[Reserve], journal: Journal, words: Words, axis: TimeAxis) -> list[Panel]:
    """The two filled parts, the line above them, and the movements of wallets on the line."""
    token, unit = found[0].token, words.unit(found[0].token)
    shown = [one for one in found if one.time >= axis.first]
    xs = [*(seconds(one.time) for one in shown), seconds(axis.last)]
    last = shown[-1] if shown else found[-1]
    owed, both, held = (
        [*map(of, shown), of(last)]
        for of in (
            lambda one: one.owed / unit,
            lambda one: (one.owed + one.claimable) / unit,
            lambda one: one.held / unit,
        )
    )
    panel = Panel(f"{token}: held and owed by the vault", 210, {"tickformat": ",~r", "showgrid": True})
    panel.traces += [
        _part("owed to accounts", xs, owed, "final-line", "tozeroy"),
        _part("waits to be claimed", xs, both, "notarized", "tonexty"),
        line("held by the vault", xs, held, "leader", "the vault holds %{y:,~r}<br>%{x:.2f} s", HELD),
        *_movements(found, journal, words, axis),
    ]
    return [panel]


def _part(name: str, xs: list[float], ys: list[float], role: str, how: str) -> Part:
    style = HELD | {"color": LIGHT[role], "width": 0.8}
    return {**line(name, xs, ys, role, f"{name}: up to %{{y:,~r}}", style), "fill": how, "fillcolor": LIGHT[role]}


def _movements(found: list[Reserve], journal: Journal, words: Words, axis: TimeAxis) -> Iterator[Part]:
    """Each deposit from a wallet and each claim, at the level that the vault had before."""
    kinds = (
        ("deposit", DepositTaken, "triangle-up", "buy", "brought", "from the wallet"),
        ("claim", WithdrawalClaimed, "triangle-down", "act", "took", "home"),
    )
    for name, kind, symbol, role, did, where in kinds:
        events = [
            (number, event)
            for number, event in enumerate(journal)
            if isinstance(event, kind) and event.asset == found[0].token and event.time >= axis.first
            and getattr(event, "from_wallet", True)
        ]  # fmt: skip
        before = [next((one.held for one in reversed(found) if one.event < number), 0) for number, _ in events]
        levels = [held / words.unit(found[0].token) for held in before]
        said = [f"{event.account} {did} {words.amount(event.asset, event.amount)} {where}" for _, event in events]
        xs = [seconds(event.time) for _, event in events]
        yield marks(name, xs, levels, said, filled(symbol, 13, role), born=[number for number, _ in events])


def reserves_sentence(found: list[Reserve], words: Words) -> str:
    """The largest and the last amount that was held, and whether it was always enough."""
    most, last = max(found, key=lambda one: one.held), found[-1]
    token = last.token
    short = [one for one in found if one.beyond < 0]
    enough = (
        f"{words.amount(token, -short[0].beyond)} less than it owed at block {short[0].block}"
        if short
        else f"at least what it owed at each of {len(found)} comparisons"
    )
    return (
        f"The vault held up to {words.amount(token, most.held)} and at the end {words.amount(token, last.held)}, of "
        f"which {words.amount(token, last.claimable)} wait to be claimed; it held {enough}."
    )


def _row(one: Reserve, words: Words) -> tuple[str, ...]:
    amounts = (words.figure(one.token, amount) for amount in (one.held, one.owed, one.claimable, one.beyond))
    return (f"{seconds(one.time):.3f}", str(one.block), *amounts)
