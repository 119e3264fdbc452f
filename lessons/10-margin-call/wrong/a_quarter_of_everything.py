"""Treats a short position like a long one.

says: not the quarter of a long one
points: 3.17
"""


def equity(cash, loan, shares, borrowed, mark):
    """What is there, less what is owed, with every share at the mark."""
    return cash - loan + (shares - borrowed) * mark


def requirement(shares, borrowed, mark):
    """A quarter of a long position; three tenths of a short one, with a minimum for each share."""
    net = abs(shares - borrowed)
    if net >= 0:
        return -(-net * mark * 25 // 100)
    if mark < 500:
        return -net * max(250, mark)
    return max(-net * 500, -(net * mark * 30 // 100))


def margin_call(cash, loan, shares, borrowed, mark):
    """What is missing of the requirement."""
    return max(0, requirement(shares, borrowed, mark) - equity(cash, loan, shares, borrowed, mark))


def called_at(cash, loan, shares, borrowed):
    """The first mark with a call: a long position is called on the way down, a short one on the way up."""
    marks = range(20_000, 0, -1) if shares > borrowed else range(1, 20_001)
    return next((mark for mark in marks if margin_call(cash, loan, shares, borrowed, mark)), None)
