"""The pages of traces: one order or trade, and the verification of a vote."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.alerts import alert_sentence, alerts_table
from market_sim.analysis.vote_check import check_vote
from market_sim.core.models.market_events import BookOpened, OrderAccepted, Trade
from market_sim.ui.web.pages.explorer import tracer
from market_sim.ui.web.pages.shared import ON_A_PAGE, Listed, csv_file, listed, one_of, open_run, whole
from market_sim.ui.web.run_charts import plain

pages = Blueprint("traces", __name__)

MOST_NAMED = 10
"""The most orders and trades that an alert on the page names; the file has all of them."""
MOST_FILLS = 10
"""The most trades that the trace of an order shows; each trade has a page of its own, too."""


@pages.get("/runs/<name:name>/orders")
def orders(name: str) -> str:
    """The list of orders or trades of a run, with links to their traces."""
    run = open_run(name)
    show = one_of("show", ("trades", "orders"))
    kind = Trade if show == "trades" else OrderAccepted
    account = request.args.get("account", "")
    first = whole("from", 0, run.last)
    found = []
    for number in range(first, len(run.result.journal)):
        event = run.result.journal[number]
        if type(event) is kind and (not account or account in run.stepper.accounts(event)):
            found.append((number, event))
            if len(found) > ON_A_PAGE:
                break
    return render_template(
        "orders.html",
        run=run,
        show=show,
        account=account,
        listed=Listed(found[:ON_A_PAGE], first, found[ON_A_PAGE][0] if len(found) > ON_A_PAGE else None),
        venues=next(run.result.journal.of(BookOpened), None),
        words=run.stepper.sentences.words,
        accounts=run.stepper.names,
    )


@pages.get("/runs/<name:name>/alerts")
def alerts(name: str) -> str | Response:
    """The alerts of a run with their rules and their evidence, as a page or as a file."""
    run = open_run(name)
    found = run.history.alerts
    if one_of("as", ("page", "csv")) == "csv":
        table = alerts_table(found)
        return csv_file(table.names, table.rows, f"{run.name}-alerts.csv")
    show = one_of("show", ("all", "accusing"))
    chosen = [one for one in found if one.accuses or show == "all"]
    return render_template(
        "alerts.html",
        run=run,
        show=show,
        sentence=alert_sentence(found),
        listed=listed(chosen),
        most=MOST_NAMED,
    )


@pages.get("/runs/<name:name>/orders/<number:order>")
def order(name: str, order: int) -> str:
    """The trace of an order, from the book to the payment."""
    run = open_run(name)
    trace = run.tracer.order(order, MOST_FILLS)
    if trace is None:
        abort(404, "the exchange accepted no order of this number in this run")
    return render_template(
        "order.html",
        run=run,
        trace=trace,
        fills=run.tracer.fills(order),
        most=MOST_FILLS,
        moment=run.stepper.moment,
        sent_at=tracer(run).number_at,
        words=run.stepper.sentences.words,
    )


@pages.get("/runs/<name:name>/trades/<number:trade>")
def trade(name: str, trade: int) -> str:
    """The trace of a trade, from the book to the payment."""
    run = open_run(name)
    if trade not in run.tracer.trades:
        abort(404, "there is no trade of this number in this run")
    return render_template(
        "trade.html",
        run=run,
        fill=run.tracer.trade(trade),
        moment=run.stepper.moment,
        sent_at=tracer(run).number_at,
        words=run.stepper.sentences.words,
    )


@pages.get("/runs/<name:name>/trace")
def look_up(name: str) -> ResponseReturnValue:
    """A redirect to the trace of the order or trade with the typed number."""
    run = open_run(name)
    show = one_of("show", ("order", "trade"))
    number = whole("number", 0, 10**12)
    if show == "order":
        return redirect(url_for("traces.order", name=run.name, order=number))
    return redirect(url_for("traces.trade", name=run.name, trade=number))


@pages.get("/runs/<name:name>/votes/<number:number>.json")
def vote(name: str, number: int) -> Response:
    """Verify the signature of a vote again."""
    run = open_run(name)
    check = check_vote(run.result.journal, number)
    if check is None:
        abort(404, "no vote stands at this place of the journal")
    return jsonify(verdict=check.verdict, **plain(check))
