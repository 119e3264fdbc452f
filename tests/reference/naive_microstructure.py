"""Estimators of microstructure by their definitions, from the papers: slow, with fractions where there is no root."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import log
from typing import Any


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    """By Leibniz's formula."""
    total = Fraction(0)
    for order in permutations(range(len(matrix))):
        swaps = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
        product = Fraction(-1) ** swaps
        for row, column in enumerate(order):
            product *= matrix[row][column]
        total += product
    return total


def least_squares(rows: list[list[float]], target: list[float]) -> list[Fraction]:
    """The normal equations, solved by Cramer's rule."""
    exact = [[Fraction(value) for value in row] for row in rows]
    values = [Fraction(value) for value in target]
    width = range(len(exact[0]))
    products = [[sum((row[i] * row[j] for row in exact), Fraction(0)) for j in width] for i in width]
    right = [sum((row[i] * value for row, value in zip(exact, values, strict=True)), Fraction(0)) for i in width]
    whole = determinant(products)
    found = []
    for place in width:
        other = [[right[i] if j == place else products[i][j] for j in width] for i in width]
        found.append(determinant(other) / whole)
    return found


def sample_variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def parkinson(candles: list[tuple[float, float, float, float]]) -> float:
    return (sum((log(high) - log(low)) ** 2 for _, high, low, _ in candles) / len(candles) / log(16)) ** 0.5


def garman_klass(candles: list[tuple[float, float, float, float]]) -> float:
    total = 0.0
    for start, high, low, end in candles:
        up, down, close = log(high / start), log(low / start), log(end / start)
        total += 0.5 * (up - down) ** 2 - (log(4) - 1) * close**2
    return (total / len(candles)) ** 0.5


def rogers_satchell(candles: list[tuple[float, float, float, float]]) -> float:
    total = 0.0
    for start, high, low, end in candles:
        up, down, close = log(high / start), log(low / start), log(end / start)
        total += up * (up - close) + down * (down - close)
    return (total / len(candles)) ** 0.5


def yang_zhang(candles: list[tuple[float, float, float, float]]) -> float:
    opens = [log(candles[place][0] / candles[place - 1][3]) for place in range(1, len(candles))]
    closes = [log(end / start) for start, _, _, end in candles[1:]]
    n = len(closes)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    inner = rogers_satchell(candles[1:]) ** 2
    return (sample_variance(opens) + k * sample_variance(closes) + (1 - k) * inner) ** 0.5


def close_to_close(candles: list[tuple[float, float, float, float]]) -> float:
    return sample_variance([log(candles[p][3] / candles[p - 1][3]) for p in range(1, len(candles))]) ** 0.5


def error_correction(first: list[float], second: list[float], lags: int) -> tuple[list[float], list[float]]:
    """The speeds, and variance, covariance, variance of the errors: row by row as the equation is written."""
    rows, moves = [], ([], [])
    for t in range(lags + 1, len(first)):
        row = [1.0, first[t - 1] - second[t - 1]]
        for lag in range(1, lags + 1):
            row += [first[t - lag] - first[t - lag - 1], second[t - lag] - second[t - lag - 1]]
        rows.append(row)
        moves[0].append(first[t] - first[t - 1])
        moves[1].append(second[t] - second[t - 1])
    weights = [[float(one) for one in least_squares(rows, move)] for move in moves]
    left = [
        [move - sum(w * x for w, x in zip(weight, row, strict=True)) for row, move in zip(rows, some, strict=True)]
        for weight, some in zip(weights, moves, strict=True)
    ]
    pairs = ((0, 0), (0, 1), (1, 1))
    return [one[1] for one in weights], [
        sum(a * b for a, b in zip(left[i], left[j], strict=True)) / len(rows) for i, j in pairs
    ]


def paper_less_real(order: Any) -> int:
    """Perold's definition of the shortfall: the gain on paper less the real one at the last midpoint, in halves."""
    scale = order.side * order.listed.multiplier
    paper = scale * order.quantity * (order.close - order.decision)
    real = sum(scale * fill.quantity * (order.close - 2 * fill.price) - 2 * fill.fee for fill in order.fills)
    return paper - real
