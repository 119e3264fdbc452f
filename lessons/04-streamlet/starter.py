"""04-streamlet: when is a block final?

A block is a dictionary: {"name": "b3", "parent": "b2", "epoch": 3}. The first block of all is "genesis"; it has epoch
0, is notarized and final, and does not stand in the list of blocks. Blocks are listed in the order in which they were
proposed, so a parent comes before its children.
"""


def quorum(validators):
    """Return how many of so many validators must sign a block: at least two thirds of them."""
    return 0


def notarized(blocks, votes, validators):
    """Return the names of the notarized blocks, in the order of the list, "genesis" not included.

    votes       a list of (voter, name of the block); the known voters are 0, 1, ... validators - 1
    """
    return []


def final(blocks, names):
    """Return the names of the final blocks, oldest first, "genesis" not included.

    names  the names of the notarized blocks
    """
    return []


def may_vote(block, blocks, names):
    """Return whether a validator may vote for this new block: its parent ends one of the longest notarized chains."""
    return True
