"""Signs nothing of the chain.

says: whoever has a vote from one chain can show it on the other
points: 0
"""

from market_sim.course.student_side.signatures import verify

DOMAIN = b"market-sim/streamlet/vote/1"


def statement(chain, genesis, epoch, block):
    """All that the signature is to be bound to, in fixed places."""
    return DOMAIN + genesis + epoch.to_bytes(8, "big") + block


def is_genuine(vote, keys, chain, genesis):
    """The named validator exists, and its own key verifies the signature on this very statement."""
    if not 0 <= vote["voter"] < len(keys):
        return False
    message = statement(chain, genesis, vote["epoch"], vote["block"])
    return verify(keys[vote["voter"]], message, vote["signature"])


def convicted(votes, keys, chain, genesis):
    """Who has two genuine votes for different blocks of one epoch."""
    signed = {}
    guilty = set()
    for vote in votes:
        if is_genuine(vote, keys, chain, genesis):
            first = signed.setdefault((vote["voter"], vote["epoch"]), vote["block"])
            if first != vote["block"]:
                guilty.add(vote["voter"])
    return sorted(guilty)
