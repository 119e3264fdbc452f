"""Examples of refusals: the template of each reason filled with consistent numbers."""

from __future__ import annotations

from string import Formatter

from market_sim.core.models.figures import Figures
from market_sim.core.models.instruments import Stock
from market_sim.core.models.reason import Reason

Example = dict[str, int | str]

COMMON: Example = {
    "account": "alice", "allowed": 40, "asset": "USD", "available": 120, "bid": 10_000, "caller": "alice",
    "code": "BAD_SIGNATURE", "expected": 8, "expiry": "12.0 s", "found": 9, "held": 120, "known": 40, "last": 3,
    "length": 100, "limit": 256, "needed": 500, "now": "7.5 s", "now_epoch": 8, "number": 2, "of_epoch": 6,
    "order": 17, "owner": "alice", "price": 10_000, "quantity": 10, "quorum": 3, "recovered": "0x7e5f…", "sender": 2,
    "signer": 2, "spender": "bob", "symbol": "ACME", "token": 1, "trade": 41, "until": "20.0 s", "validators": 4,
}  # fmt: skip
"""The default numbers of placeholders; `OWN` has those of single reasons."""

_CHAINS: Example = {"parent_height": 4, "longest": 5, "lock": 5}

OWN: dict[str, Example] = {
    "THROTTLED": {"next": "8.0 s", "until": "12.0 s"},
    "ALREADY_RESOLVED": {"symbol": "RAIN-YES", "outcome": "yes"},
    "ALREADY_SIGNED": {"signed_epoch": 6},
    "BAD_ARGUMENTS": {"function": "lock", "expected": "a name, a whole number"},
    "BAD_CONDITIONS": {"field": "limit", "found": 10_000, "rule": "a market order has none to amend"},
    "BAD_INTENT": {"found": "Buyy"},
    "BAD_LOT": {"quantity": 125, "lot": 100, "below": 100, "above": 200},
    "BAD_OUTCOME": {"outcome": "maybe"},
    "BAD_PRICE": {"field": "limit", "price": -5, "most": 2**62},
    "BAD_QUANTITY": {"quantity": 0, "most": 2**62},
    "BAD_SIDE": {"side": 2},
    "BAD_SIGNATURE": {"block": "3f9a21"},
    "BAD_TICK": {"field": "limit", "limit": 10_003, "tick": 5, "below": 10_000, "above": 10_005},
    "BAD_TIME_IN_FORCE": {"time_in_force": "week"},
    "BEYOND_PROBABILITY": {"symbol": "RAIN-YES", "limit": 105, "least": 1, "most": 99},
    "BETTER_PRICE_ELSEWHERE": {"price": 10_000, "better": 9_940, "venue": "SIM-B"},
    "BadFee": {"feeBps": 10_000},
    "BeyondReserve": {"wanted": 500, "reserve": 400},
    "DebtInOrder": {"debt": 300},
    "DebtTooLarge": {"debt": 300},
    "GainTooSmall": {"gain": 20, "least": 50},
    "MoreThanOwed": {"debt": 300, "found": 400},
    "PoolTooSmall": {"found": 900, "least": 1_000},
    "BalanceTooLarge": {"account": 2, "held": 2**127, "delta": 2**120},
    "CANNOT_BE_SHORT": {"symbol": "ACME-W"},
    "CLOSED": {"because": "the end of the day"},
    "DealOver": {"deal": 3},
    "DeadlineNotReached": {"deadline": 8, "time": 7},
    "DeadlinePassed": {"deadline": 8, "time": 8},
    "DUPLICATE_CLIENT_ID": {"client_id": "my-first"},
    "DUPLICATE_VOTE": {"block": "3f9a21"},
    "EPOCH_NOT_AFTER_PARENT": {"block": "3f9a21", "parent_epoch": 7},
    "EUROPEAN_STYLE": {"symbol": "ACME-C105"},
    "EXPIRED_INSTRUMENT": {"symbol": "ACME-C105", "now": "12.5 s"},
    "EscapeNotPlanned": {"cause": 3},
    "EscapePlannedBefore": {"from": "day 9"},
    "EpochNotGrowing": {"previous": 9},
    "FAT_FINGER": {"limit": 12_000, "score": 41, "mean": 10_002, "trades": 50, "most": 8},
    "FOK_UNFILLABLE": {"fillable": 6},
    "HALTED": {"because": "a fall of 7 %"},
    "HALTED_L1": {"level": 1, "fall": "7.02 %", "until": "10:12:30"},
    "HALTED_L2": {"level": 2, "fall": "13.40 %", "until": "11:02:10"},
    "HALTED_L3": {"level": 3, "fall": "20.00 %", "until": "09:31:00"},
    "HALTED_LIMIT_STATE": {"side": "up", "band": 10_500, "until": "10:12:30"},
    "HALTED_MOVE": {"price": 9_450, "move": "-5.50 %", "until": "10:12:30"},
    "HALTED_VOLATILE": {"measured": "39.26 %", "limit": "10 %", "until": "09:35:00"},
    "HandoverNotDue": {"from": "day 2"},
    "HandoverSuperseded": {"expected": 2, "found": 0},
    "HandoverTooEarly": {"reached": 5},
    "ILL_FORMED": {"part": "parent"},
    "INITIAL_MARGIN": {"value": 10_000, "needed": 1_000, "available": 800},
    "Insolvent": {"account": 2, "delta": -500},
    "LIMIT_DOWN": {"limit": 9_400, "lower": 9_500},
    "LIMIT_UP": {"limit": 10_600, "upper": 10_500},
    "NOTARIZED_WITHOUT": {"block": "3f9a21"},
    "NOTHING_TO_CLAIM": {"waiting": 300},
    "NOTIONAL_TOO_LARGE": {"notional": 2**63, "most": 2**62},
    "NOT_HELD": {"symbol": "ACME-C105", "needed": 10, "held": 4},
    "NOT_LEADER": {"leader": 1},
    "NO_WALLET": {"intent": "Deposit"},
    "NO_COVER_EXISTS": {"symbol": "ACME-C105"},
    "NotPayee": {"deal": 3},
    "NotPayer": {"deal": 3},
    "NotOwner": {"caller": "bob", "account": 2},
    "NotZeroSum": {"sum": 5},
    "OUT_OF_THE_MONEY": {"symbol": "ACME-C105", "strike": 10_500},
    "PARENT_BELOW_LOCK": _CHAINS,
    "PARENT_NOT_NOTARIZED": {"parent": "b81c07", "signatures": 2},
    "PARENT_TOO_SHORT": _CHAINS,
    "PARENT_UNKNOWN": {"parent": "b81c07"},
    "PAYLOAD_CALL_TWICE": {"call": 7},
    "PAUSED": {},
    "PAYLOAD_CALL_DIFFERS": {"call": 7},
    "PAYLOAD_CALL_UNKNOWN": {"call": 7},
    "PAYLOAD_MALFORMED": {"size": 100, "record": 48},
    "PAYLOAD_TOO_DEAR": {"trades": 300, "limit": 16_777_216},
    "PAYLOAD_TOO_LARGE": {"found": 300},
    "PAYLOAD_TOO_MANY_CALLS": {"found": 501, "limit": 500},
    "PAYLOAD_TRADE_UNKNOWN": {"trade": 41, "known": 40},
    "PAYLOAD_UNKNOWN_KIND": {"kind": 7, "most": 4},
    "POSITION_LIMIT": {"exposure": 10_050_000, "most": 10_000_000, "headroom": 20_000},
    "POST_ONLY_WOULD_TAKE": {"limit": 10_005, "best": 10_005},
    "RATE_LIMIT": {"sent": 60, "window": 60, "most": 60, "wait": "0.250"},
    "RangeBackwards": {"first": 9, "last": 8},
    "ConnectedBefore": {"bridge": "0x7e5f…"},
    "DeliveredBefore": {"nonce": 3},
    "NotDeployer": {"caller": "bob"},
    "ShortOfLocked": {"locked": 200, "needed": 500},
    "WrongDestination": {"chainId": 31338, "bridge": "0x7e5f…"},
    "WrongOrigin": {"chainId": 31338, "bridge": "0x7e5f…"},
    "SwapOver": {"swap": 3},
    "UnknownSwap": {"swap": 3},
    "WrongPreimage": {"swap": 3},
    "RowsNotAscending": {"account": 2},
    "SECOND_PROPOSAL": {"block": "3f9a21"},
    "SETTLEMENT_UNKNOWN_ACCOUNT": {"account": 99},
    "SETTLEMENT_UNKNOWN_TOKEN": {"token": 99},
    "TOO_FAR_AHEAD": {"of_epoch": 20, "limit": 8},
    "TOO_MANY_BLOCKS": {"limit": 4},
    "TOO_MANY_REFUSALS": {"limit": 16},
    "TOO_MANY_SIGNATURES": {"limit": 8},
    "TREASURY_EMPTY": {"symbol": "ACME"},
    "TokenTookFee": {"expected": 100, "received": 99},
    "TooEarlyToEscape": {"from": "day 7"},
    "TooFewSignatures": {"found": 2},
    "UNCOVERED": {"symbol": "ACME-C105", "quantity": 10, "needed": 1_000, "asset": "ACME"},
    "UNKNOWN_ACCOUNT": {"account": "alcie"},
    "UNKNOWN_CONTRACT": {"contract": "escrw", "known": "escrow"},
    "UNKNOWN_FUNCTION": {"contract": "escrow", "function": "unlock", "known": "lock, release, refund"},
    "UNKNOWN_INSTRUMENT": {"symbol": "ACNE", "listed": "ACME"},
    "UNKNOWN_VENUE": {"venue": "SIM-C", "venues": "SIM-A, SIM-B"},
    "VENUE_DOWN": {"venue": "SIM-A"},
    "VENUE_FAILED": {"venue": "SIM-A"},
    "VENUE_UNAVAILABLE": {"venue": "SIM-A", "status": "OPEN", "failures": 5},
    "LIMIT_NEEDED": {"venue": "SIM-B"},
    "UNKNOWN_VALIDATOR": {"sender": 7},
    "UPTICK_RULE": {"limit": 10_000},
    "UnknownDeal": {"deal": 9},
    "UnknownAccount": {"account": 99},
    "UnknownRequest": {"number": 9},
    "UnknownSigner": {"signer": 9},
    "UnknownToken": {"token": 99},
    "WITHDRAWAL_TOO_LARGE": {"reserved": 380},
    "WRONG_EPOCH": {"block": "3f9a21", "block_epoch": 5},
    "WRONG_GENESIS": {"found": "91d0e4", "expected": "5a77bc"},
    "WRONG_PHASE": {"time_in_force": "fok", "needs": "continuous", "phase": "call"},
    "WrongParent": {"found": 9, "expected": 8},
}


FIGURES = Figures([Stock("ACME"), *map(Stock, ("ACME-C105", "ACME-W", "RAIN-YES", "ACNE"))])
"""The instruments of the examples, with prices in cents."""


def example_of(reason: Reason, **other: int | str) -> str:
    """The sentence of an example of this reason, with other numbers where given."""
    return FIGURES.filled(reason.template, {**COMMON, **OWN.get(reason.code, {}), **other}, "ACME")


def fields_of(reason: Reason) -> set[str]:
    """The placeholders in the template of a reason."""
    return {field for _, field, _, _ in Formatter().parse(reason.template) if field}
