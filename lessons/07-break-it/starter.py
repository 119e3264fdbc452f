"""07-break-it: make a committee finalize two different chains, and convict the liars.

Validators are numbered 0, 1, ... and the leader of epoch e is validator e % validators. A quorum is two thirds of them,
rounded up.
"""


def to_fork(validators):
    """Return the fewest liars with which two blocks of one epoch can both get a quorum."""
    return 0


def to_stall(validators):
    """Return the fewest liars that can stop all progress by saying nothing."""
    return 0


def attack(validators):
    """Return the steps of an attack, each (epoch, who, how), for example (1, 3, "silent")."""
    return []


def convict(votes):
    """Return the validators that provably lied, in ascending order.

    votes  a list of (epoch, voter, block)
    """
    return []
