"""A table as text: lines of cells in columns, for terminals and notebooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> list[str]:
    """Rows as lines: the columns with these numbers to the left, figures to the right.

    >>> for line in aligned([("name", "n"), ("a", "1,000")]):
    ...     print(line)
    name      n
    a     1,000
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
