"""The reasons for which a validator refuses a message, does not vote for a proposal, or drops a flood."""

from __future__ import annotations

from market_sim.core.models.reason import Reason


def _reason(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "consensus", rule, template)


_MESSAGES = (
    _reason(
        "ILL_FORMED",
        "R10: a message whose parts do not fit together is dropped.",
        "the {part} of a message of epoch {of_epoch} does not fit the rest of it",
    ),
    _reason(
        "WRONG_GENESIS",
        "R13: a message belongs to one chain; other rules or other validators mean another chain.",
        "the message is for the chain {found}, this is the chain {expected}",
    ),
    _reason(
        "UNKNOWN_VALIDATOR",
        "R10: only the validators of the chain may sign.",
        "there is no validator {sender}, the validators are 0 to {last}",
    ),
    _reason(
        "BAD_SIGNATURE",
        "R13: a signature covers the chain, the epoch and the block; one changed bit makes it invalid.",
        "the signature is not validator {sender}'s for block {block} of epoch {of_epoch}",
    ),
    _reason(
        "NOT_LEADER",
        "R2: only the leader of an epoch may propose in it.",
        "validator {sender} proposed in epoch {of_epoch}, whose leader is validator {leader}",
    ),
    _reason(
        "EPOCH_NOT_AFTER_PARENT",
        "R4: in a valid chain epochs strictly increase.",
        "block {block} of epoch {of_epoch} extends a block of epoch {parent_epoch}",
    ),
    _reason(
        "WRONG_EPOCH",
        "R13: a signature for another epoch than the block's is invalid.",
        "the vote is for epoch {of_epoch}, block {block} is of epoch {block_epoch}",
    ),
    _reason(
        "NAME_TOO_LONG",
        "C11: a block is named by a hash, and a hash has one length.",
        "a name in the message has {found} bytes, at most {limit} are read",
    ),
    _reason(
        "SIGNATURE_TOO_LONG",
        "C11: a signature has a largest size.",
        "the signature has {found} bytes, at most {limit} are read",
    ),
    _reason(
        "PAYLOAD_TOO_LONG",
        "C11: a payload has a largest size.",
        "the payload has {found} bytes, at most {limit} are read",
    ),
    _reason(
        "DUPLICATE_VOTE",
        "R7: signatures of distinct validators count; another one of the same validator changes nothing.",
        "another signature of validator {sender} on block {block} of epoch {of_epoch} is in view",
    ),
)

_JUDGEMENTS = (
    _reason(
        "PARENT_UNKNOWN",
        "R6: a proposal waits until its ancestors are in view.",
        "the parent {parent} or one of its ancestors has not arrived yet",
    ),
    _reason(
        "PARENT_NOT_NOTARIZED",
        "R6: a proposal waits until its parent is notarized in the voter's view.",
        "the parent {parent} has {signatures} of the {quorum} signatures it needs",
    ),
    _reason(
        "PAYLOAD_UNKNOWN",
        "R6: a proposal waits until each trade in it is in view.",
        "a trade of the proposal has not arrived yet",
    ),
    _reason(
        "PAYLOAD_INVALID",
        "R6: a validator votes for valid payloads only.",
        "the payload breaks a rule of the exchange",
    ),
    _reason(
        "PARENT_TOO_SHORT",
        "R6: a vote goes to an extension of a longest notarized chain only.",
        "the proposal extends a chain of length {parent_height}, a notarized chain of length {longest} is in view",
    ),
    _reason(
        "NOTARIZED_WITHOUT",
        "R6: the parent of a notarized block is no longer the end of a longest notarized chain.",
        "the votes of {quorum} others notarized block {block} before this validator could judge it",
    ),
    _reason(
        "PARENT_BELOW_LOCK",
        "Restart: a validator never signs on a shorter chain than it has signed on before.",
        "the proposal extends a chain of length {parent_height}, this validator signed on one of length {lock}",
    ),
    _reason(
        "SECOND_PROPOSAL",
        "R6: a validator votes only for the first proposal of an epoch.",
        "block {block} is not the first proposal of epoch {of_epoch}",
    ),
    _reason(
        "LATE_PROPOSAL",
        "R11: a proposal that arrives after its epoch is stored and never voted for.",
        "the proposal of epoch {of_epoch} arrived in epoch {now_epoch}",
    ),
    _reason(
        "ALREADY_SIGNED",
        "R6: at most one signature per epoch, also after a restart.",
        "this validator signed in epoch {signed_epoch}, the proposal is of epoch {of_epoch}",
    ),
)

_FLOODS = (
    _reason(
        "TOO_MANY_BLOCKS",
        "C11: a validator keeps a bounded number of blocks per epoch that only their leader has signed.",
        "{limit} blocks of epoch {of_epoch} that only their leader signed are kept already",
    ),
    _reason(
        "TOO_MANY_SIGNATURES",
        "C11: a validator keeps a bounded number of signatures per signer and epoch.",
        "{limit} signatures of validator {sender} in epoch {of_epoch} are kept already",
    ),
    _reason(
        "TOO_FAR_AHEAD",
        "R10, C11: messages of a future epoch are queued, but only a few epochs ahead.",
        "the message is of epoch {of_epoch}, it is epoch {now_epoch} and {limit} epochs ahead are queued",
    ),
    _reason(
        "TOO_MANY_REFUSALS",
        "C11: a validator records a bounded number of refusals per reason and epoch.",
        "{limit} refusals with {code} are recorded in epoch {now_epoch}, further ones are not",
    ),
)

CONSENSUS_REASONS: tuple[Reason, ...] = (*_MESSAGES, *_JUDGEMENTS, *_FLOODS)
