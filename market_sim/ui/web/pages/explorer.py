"""The pages of the chain of a run: contracts, transactions, one transaction, proof of reserves, the three clocks."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template

from market_sim.analysis import clock_tables
from market_sim.analysis import reserves as proof
from market_sim.analysis.accounts_by_clock import as_of, epochs_of
from market_sim.analysis.history.transaction_trace import TransactionTracer
from market_sim.analysis.settlement_lag import LAGS, covered, epoch_ns, lag_of, measured, volatilities
from market_sim.analysis.transactions import (
    ALERT_PERCENT,
    Transaction,
    by_function,
    failure_alert,
    failure_rate,
    nothing_sent,
)
from market_sim.core.errors import InputError
from market_sim.core.models.settlement_events import ContractDeployed, SettlementOpened
from market_sim.ui.web.pages.shared import csv_file, listed, one_of, open_run
from market_sim.ui.web.run_library import OpenRun

pages = Blueprint("explorer", __name__)

MOST_NAMED = 40
"""The most trades of a batch that its page names; each is on the list of trades, too."""


def tracer(run: OpenRun) -> TransactionTracer:
    """The tracer of the transactions of a run, made at the first use."""
    return run.once("transactions", lambda: TransactionTracer(run.result.journal, run.tracer.blocks, run.words))


@pages.get("/runs/<name:name>/chain")
def page(name: str) -> str | Response:
    """The contracts, the gas by function, the rate of failures with its alert, and the list of transactions."""
    run = open_run(name)
    sent = tracer(run).sent
    if one_of("as", ("page", "csv")) == "csv":
        return csv_file(Transaction._fields, sent, f"{run.name}-transactions.csv")
    uses = by_function(sent)
    calls = ("", *sorted(f"{use.contract}.{use.function}" for use in uses))
    call, outcome = one_of("call", calls), one_of("outcome", ("all", "failed"))
    chosen = [
        one for one in sent
        if (not call or f"{one.contract}.{one.function}" == call) and (outcome == "all" or one.error)
    ]  # fmt: skip
    return render_template(
        "explorer.html",
        run=run,
        opened=next(run.result.journal.of(SettlementOpened), None),
        contracts=list(run.result.journal.of(ContractDeployed)),
        uses=uses,
        sent=sent,
        nothing=nothing_sent(run.result.journal),
        rate=failure_rate(sent, ALERT_PERCENT),
        alert=failure_alert(sent, ALERT_PERCENT),
        reserves=proof.verdict(_reserves(run), run.words),
        calls=calls[1:],
        call=call,
        outcome=outcome,
        listed=listed(chosen),
    )


@pages.get("/runs/<name:name>/transactions/<number:number>")
def transaction(name: str, number: int) -> str:
    """One transaction: its call decoded, its answer, its blocks and its trades."""
    run = open_run(name)
    trace = tracer(run).transaction(number)
    if trace is None:
        abort(404, "there is no transaction of this number in this run")
    trades = [one for one in trace.entries if one in run.tracer.trades]
    return render_template(
        "transaction.html",
        run=run,
        trace=trace,
        last=len(tracer(run).sent),
        moment=run.stepper.moment,
        words=run.words,
        trades=trades[:MOST_NAMED],
        more=len(trades) - MOST_NAMED,
    )


@pages.get("/runs/<name:name>/reserves")
def reserves(name: str) -> str | Response:
    """What the vault held against what it owed, token by token, at each settled block."""
    run = open_run(name)
    found = _reserves(run)
    if one_of("as", ("page", "csv")) == "csv":
        rows = [(*one, one.beyond) for one in found]
        return csv_file((*proof.Reserve._fields, "beyond"), rows, f"{run.name}-reserves.csv")
    tokens = tuple(dict.fromkeys(one.token for one in found))
    token = one_of("token", ("", *tokens))
    chosen = [one for one in found if not token or one.token == token]
    return render_template(
        "reserves.html",
        run=run,
        words=run.words,
        verdict=proof.verdict(found, run.words),
        holes=proof.holes(found),
        last=proof.last_of_each(found),
        tokens=tokens,
        token=token,
        listed=listed(chosen),
    )


@pages.get("/runs/<name:name>/clocks")
def clocks(name: str) -> str:
    """Each account as matched, final and settled, whom an undoing would hurt, and the margin for a settlement lag."""
    run = open_run(name)
    journal = run.result.journal
    try:
        epochs = epochs_of(journal)
    except InputError as error:
        abort(404, str(error))
    wait = measured(journal)
    chosen = one_of("epoch", ("", *map(str, epochs)))
    asked = one_of("lag", ("", *map(str, LAGS)))
    found = as_of(journal, int(chosen or epochs[-1]))
    past, lag, epoch = journal.until(found.end), int(asked or lag_of(wait, journal)), epoch_ns(journal)
    once, twice = (covered(past, epoch * each) for each in (lag, 2 * lag))
    return render_template(
        "clocks.html",
        run=run,
        words=run.words,
        tables=clock_tables,
        found=found,
        wait=wait,
        epochs=epochs,
        epoch=chosen,
        lags=LAGS,
        asked=asked,
        lag=lag,
        once=once,
        twice=twice,
        covers=clock_tables.lag_sentence(lag, lag * epoch, volatilities(past)),
    )


@pages.get("/runs/<name:name>/trades/<number:trade>/proof.json")
def merkle_proof(name: str, trade: int) -> Response:
    """The Merkle proof of a trade, for anyone who would check it with a program of their own."""
    run = open_run(name)
    paid = run.tracer.trade(trade).paid if trade in run.tracer.trades else None
    if paid is None or not paid.place:
        abort(404, "no settled trade of this number is in this run")
    return jsonify(
        trade=trade,
        place=paid.place - 1,
        record=paid.record,
        proof=list(paid.proof),
        root=paid.certified.trades_root,
        transaction=paid.batch.settled.transaction,
    )


def _reserves(run: OpenRun) -> list[proof.Reserve]:
    return run.once("reserves", lambda: proof.reserves(run.result.journal))
