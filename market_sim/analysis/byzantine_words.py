"""The words of the byzantine report: each act, why it costs nothing, and for which reasons others refuse it."""

from __future__ import annotations

DID = {
    "silent": "said nothing {times}",
    "equivocate": "sent two different blocks {times}",
    "two-faced": "showed each half its own block, or signed for one half, {times}",
    "withhold": "showed a message to a few only {times}",
    "late": "sent a message late {times}",
    "double-vote": "voted a second time in an epoch {times}",
    "forge": "sent a forged message {times}",
    "replay": "sent old messages again {times}",
    "usurp": "proposed what it had no right to {times}",
    "crash": "stopped in the middle of sending",
    "flood": "sent far too many messages {times}",
    "greedy": "put the calls of contracts into a block in an order of its own {times}",
    "misexecute": "left the last entry out when it executed a final block, {times}",
    "double-sign": "signed a second result of a final block for the settlement, {times}",
}
TO_DO = {"silent": "be silent", "greedy": "be greedy", "two-faced": "be two-faced", "late": "send late"}
NEVER = {
    "double-vote": "no leader sent a second proposal that it could have voted for",
    "equivocate": "it led no epoch in which it was to do so",
    "two-faced": "neither it nor its like led an epoch meanwhile",
    "replay": "it had heard no old message yet",
    "greedy": "it proposed no block with calls whose order it could change",
    "misexecute": "no block that holds an entry became final for it",
    "double-sign": "no block that holds an entry became final for it",
}
WITHOUT_COST = {
    "silent": "the others' votes are a quorum",
    "equivocate": "an honest validator votes once in an epoch, so that two blocks never both get a quorum",
    "two-faced": "two quorums share an honest validator, so that one half at most has a quorum",
    "withhold": "what one honest validator has seen it passes on to all",
    "late": "the others' votes are a quorum, and a late vote still counts",
    "double-vote": "a second signature convicts its signer and makes no quorum of honest votes",
    "forge": "a forged signature does not verify",
    "replay": "a copy changes nothing, and a signature names its chain and its epoch",
    "usurp": "a block counts only from the leader of its epoch, on a notarized parent",
    "crash": "the others' votes are a quorum",
    "greedy": "the others vote only for the order that a quorum has seen",
    "flood": "what exceeds the bounds is dropped, and what a second validator signed is exempt",
}
LUCK = "by luck: more validators are byzantine than the rules tolerate, so nothing prevents two final chains"
UNPROVED = {
    "silent": "it cannot be proved, since silence looks like a slow network",
    "crash": "it cannot be proved, since a crash looks like a slow network",
    "withhold": "it cannot be proved, since it looks like a slow network",
    "late": "it cannot be proved, since it looks like a slow network",
}

REFUSED_FOR = {
    "forge": ("BAD_SIGNATURE", "WRONG_GENESIS", "UNKNOWN_VALIDATOR", "ILL_FORMED", "NOT_LEADER", "WRONG_EPOCH",
              "EPOCH_NOT_AFTER_PARENT"),
    "replay": ("BAD_SIGNATURE", "WRONG_GENESIS"),
    "usurp": ("NOT_LEADER", "EPOCH_NOT_AFTER_PARENT"),
    "flood": ("NAME_TOO_LONG", "SIGNATURE_TOO_LONG", "PAYLOAD_TOO_LONG"),
}  # fmt: skip
"""The reasons for which others refuse what a behaviour sends."""
ADDS_ONLY = ("forge", "replay")
"""The behaviours that send refused messages in addition, and change nothing of what the protocol sends."""
FLOODS = ("TOO_MANY_BLOCKS", "TOO_MANY_SIGNATURES", "TOO_FAR_AHEAD")
"""The reasons for which others drop a message unread."""
