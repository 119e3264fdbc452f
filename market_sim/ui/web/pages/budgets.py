"""The page of a latency budget: where the time of an order goes, from the network card to its payment."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from market_sim.core.errors import InputError
from market_sim.market.venues.latency_budget import STACKS
from market_sim.ui.order_budget import HEAD, NOTE, OrderBudget, budget_of, cells
from market_sim.ui.web.pages.shared import csv_file, one_of, open_run

pages = Blueprint("budgets", __name__)


@pages.get("/runs/<name:name>/budget")
def page(name: str) -> str | Response:
    """The stages with their largest, the path of a slow order, and what follows the match."""
    run, stack = open_run(name), one_of("stack", STACKS)

    def measured() -> OrderBudget:
        return budget_of(run.result, stack)

    try:
        found = run.once(f"budget/{stack}", measured)
    except InputError as refused:
        abort(409, str(refused))
    if one_of("as", ("page", "csv")) == "csv":
        return csv_file(found.table.names, found.rows, f"{run.name}-budget-{stack}.csv")
    return render_template(
        "budget.html", run=run, stack=stack, stacks=STACKS, head=HEAD, rows=cells(found.rows), note=NOTE,
        sentences=(found.slow, found.path),
    )  # fmt: skip
