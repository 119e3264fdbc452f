"""Takes a vote that was passed on for a second vote.

says: the same vote twice is one vote that was passed on
points: 4
"""


def quorum(validators):
    """Two thirds, rounded up."""
    return -(-2 * validators // 3)


def to_fork(validators):
    """Two quorums share this many at least, and none of them may be honest."""
    return 2 * quorum(validators) - validators


def to_stall(validators):
    """One more than a quorum can do without."""
    return validators - quorum(validators) + 1


def attack(validators):
    """Validators 1 and 2 lead epochs 1 and 2, and genesis is the first of the three blocks."""
    liars = range(1, to_fork(validators) + 1)
    return [(epoch, liar, "two-faced") for epoch in (1, 2) for liar in liars]


def convict(votes):
    """Who signed two blocks of one epoch."""
    signed = {}
    for epoch, voter, block in votes:
        signed.setdefault((epoch, voter), []).append(block)
    return sorted({voter for (_, voter), blocks in signed.items() if len(blocks) > 1})
