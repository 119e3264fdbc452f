"""Lets the two liars lie in epochs that neither of them leads.

says: in no epoch does its leader show two faces
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
    """Two epochs in a row, whoever leads them."""
    liars = range(1, to_fork(validators) + 1)
    return [(epoch, liar, "two-faced") for epoch in (validators - 1, validators) for liar in liars]


def convict(votes):
    """Who signed two blocks of one epoch."""
    signed = {}
    for epoch, voter, block in votes:
        signed.setdefault((epoch, voter), set()).add(block)
    return sorted({voter for (_, voter), blocks in signed.items() if len(blocks) > 1})
