"""06-who-signed-this: what a signature proves, and what it does not.

A vote is a dictionary: {"voter": 2, "epoch": 5, "block": b"...", "signature": b"..."}. The block is named by its hash,
32 bytes. `keys` is the list of the validators' public keys: validator 0 owns the first one. `genesis` is the hash of
the first block of the chain, and `chain` is the chain's number.
"""

from market_sim.course.student_side.signatures import verify  # verify(public_key, message, signature) -> bool

DOMAIN = b"market-sim/streamlet/vote/1"


def statement(chain, genesis, epoch, block):
    """Return the bytes that a vote signs: DOMAIN, the chain, genesis, the epoch and the block, one after the other.

    The numbers of the chain and of the epoch take eight bytes each, the highest byte first.
    """
    return DOMAIN


def is_genuine(vote, keys, chain, genesis):
    """Return whether the vote was signed by the validator that it names, for this chain, its epoch and its block."""
    return True


def convicted(votes, keys, chain, genesis):
    """Return the validators, sorted, of whom these votes prove that they signed two different blocks of one epoch."""
    return []
