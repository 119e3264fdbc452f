"""Truth beside the estimate: what a participant's trades really cost, over seeds, and how wrong each estimator was.

The true shortfall needs the same market without the participant (`market_sim/analysis/impact.py`), which nobody in a
market has. Each estimator is told with the mean and the root mean square of its error, in basis points of the value
traded, and beside the naive estimate that trading costs nothing. The learned model has its coefficients from a run with
another seed, so for it every one of these runs is unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean

from market_sim.analysis.impact import Impact
from market_sim.analysis.results.table import Table, columns
from market_sim.core.units import BPS

ESTIMATORS = ("arrival", "effective", "model", "learned", "square_root")
TRUTH = columns(
    estimator="how the cost was estimated from the run alone",
    runs="how many runs with other seeds, in each of which it traded",
    true="the mean true shortfall, in basis points of the value traded",
    estimate="the mean estimate",
    error="the mean of estimate less truth",
    rms_error="the root of the mean squared error",
)


def estimator_errors(found: Sequence[Impact]) -> Table:
    """A row for each estimator, over the runs in which the participant traded and both figures exist."""
    rows = []
    for name in (*ESTIMATORS, "nothing"):
        pairs = [
            (0.0 if name == "nothing" else getattr(one, name), one.true, one.value)
            for one in found
            if one.fills and one.true is not None
        ]
        known = [(guess / value * BPS, true / value * BPS) for guess, true, value in pairs if guess is not None]
        if known:
            wrong = [guess - true for guess, true in known]
            estimate, true = (fmean(column) for column in zip(*known, strict=True))
            label = name.replace("_", " ")
            rows.append((label, len(known), true, estimate, fmean(wrong), sqrt(fmean(one * one for one in wrong))))
    return Table("truth", TRUTH, rows)
