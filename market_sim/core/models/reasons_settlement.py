"""Why settlement refuses a trade, a batch or a chain, and why validators refuse a payload.

The codes in words joined together, such as `HeightGap`, are the names of the contracts' own errors, and their numbers
are the arguments of those errors.
"""

from __future__ import annotations

from market_sim.core.models.reasons import Reason

_PAYLOAD = "A block continues the trades of its chain without gaps, in the order of matching"
_TRADE = "A finalized trade that would make a balance negative has no effect on the chain"
_PLACE = "Batches follow each other without gaps, each on the block where the one before it ended"
_CERTIFICATE = "A batch needs signatures of two thirds of the validators, each once, over exactly this batch"
_ROWS = "The rows of a batch are sorted, name known accounts and tokens, and sum to zero for each token"
_VAULT = "The vault takes exactly what it credits and pays out exactly what it owes"
_SET = "The set of validators changes at an epoch that the old set signed"
_HALT = "The guardian may pause settlement for a bounded time; anybody may end it for good when no batch comes"
_TOKEN = "A token moves only what its owner holds or allowed, and only its minter makes more of it"


def _reason(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "settlement", rule, template)


SETTLEMENT_REASONS: tuple[Reason, ...] = (
    _reason("PAYLOAD_MALFORMED", _PAYLOAD, "{size} bytes are not a whole number of records of {record} bytes"),
    _reason("PAYLOAD_TOO_LARGE", _PAYLOAD, "{found} trades in one block, the limit is {limit}"),
    _reason("PAYLOAD_TOO_DEAR", _PAYLOAD, "settling these {trades} trades at once could need more than {limit} gas"),
    _reason("PAYLOAD_UNKNOWN_KIND", _PAYLOAD, "a record of kind {kind} where only kind {expected} exists"),
    _reason("PAYLOAD_GAP", _PAYLOAD, "trade {found} stands where trade {expected} must follow"),
    _reason("PAYLOAD_TRADE_DIFFERS", _PAYLOAD, "trade {trade} has other contents here than the exchange announced"),
    _reason("PAYLOAD_TRADE_UNKNOWN", _PAYLOAD, "trade {trade} has not arrived; here trades are known up to {known}"),
    _reason("SETTLEMENT_SHORT", _TRADE, "trade {trade} takes {needed} of {asset}, and the account holds {held}"),
    _reason("SETTLEMENT_UNKNOWN_ACCOUNT", _TRADE, "trade {trade} names account {account}, which does not exist"),
    _reason("SETTLEMENT_UNKNOWN_TOKEN", _TRADE, "trade {trade} names token {token}, which is no instrument"),
)
