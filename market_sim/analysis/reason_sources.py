"""Where a refusal leads: the rule of the rulebook behind each reason code, and the lesson in which one meets it.

>>> from market_sim.core.models.reasons import REASONS
>>> source_of(REASONS["BAD_TICK"])
Source(rule='F-1.5', lesson='03-order-types')
>>> source_of(REASONS["BAD_TICK"]).told
'rulebook F-1.5, lesson 03-order-types'
"""

from __future__ import annotations

from typing import NamedTuple

from market_sim.core.models.reason import Reason


class Source(NamedTuple):
    """A rule of docs/rulebook.md, by its number, and a lesson, by its name."""

    rule: str
    lesson: str

    @property
    def told(self) -> str:
        """Both, at the end of a sentence."""
        return f"rulebook {self.rule}, lesson {self.lesson}"


BOOK, TYPES, MARGIN, OPTIONS = "01-order-book", "03-order-types", "10-margin-call", "11-calls-and-puts"
WARRANTS, STREAMLET, PAID = "12-warrants-dilute", "04-streamlet", "05-settlement"
STOPS, SPOOFER, CHAINS = "14-when-the-market-stops", "15-catch-the-spoofer", "17-two-chains"
LEADER, ROUTING = "18-the-leaders-power", "19-where-to-send-it"
SIGNED, BREAK, STORM, BOT = "06-who-signed-this", "07-break-it", "08-after-the-storm", "13-your-own-bot"

AREAS = {
    "exchange": Source("F-1.1", BOOK),
    "mechanism": Source("F-2", MARGIN),
    "compliance": Source("F-6.5", TYPES),
    "consensus": Source("R10", STREAMLET),
    "settlement": Source("P-5", PAID),
}
"""The source of a code that has none of its own."""

_BY_SOURCE: dict[Source, str] = {
    Source("F-1.2", TYPES): "BAD_SIDE BAD_TIME_IN_FORCE NO_LIQUIDITY BAD_CONDITIONS POST_ONLY_WOULD_TAKE "
    "FOK_UNFILLABLE REMAINDER EXPIRED",
    Source("F-1.3", TYPES): "NOTHING_TO_AMEND AMENDED_BELOW_FILLED",
    Source("F-1.4", TYPES): "SELF_TRADE",
    Source("F-1.5", TYPES): "BAD_QUANTITY BAD_LOT BAD_PRICE BAD_TICK NOTIONAL_TOO_LARGE BAD_AMOUNT",
    Source("F-1.6", STOPS): "WRONG_PHASE",
    Source("F-1.7", ROUTING): "VENUE_FAILED VENUE_DOWN VENUE_UNAVAILABLE LIMIT_NEEDED",
    Source("X9", BOT): "DUPLICATE_CLIENT_ID",
    Source("X12", BOOK): "UNKNOWN_ORDER NOT_YOUR_ORDER CANCELLED",
    Source("X19", STOPS): "HALTED PAUSED CLOSED",
    Source("X6", BOOK): "INSUFFICIENT_CASH INSUFFICIENT_HOLDINGS",
    Source("F-2", MARGIN): "HELD_AS_MARGIN FUNDS_NEEDED",
    Source("F-2.1", MARGIN): "INITIAL_MARGIN NO_CREDIT NO_MARK",
    Source("F-2.2", MARGIN): "NO_LOCATE UPTICK_RULE CANNOT_BE_SHORT",
    Source("F-2.3", OPTIONS): "UNCOVERED NO_COVER_EXISTS",
    Source("F-2.5", MARGIN): "MARGIN_ACCOUNT_NEEDED",
    Source("F-2.6", MARGIN): "LIQUIDATED",
    Source("F-3.1", OPTIONS): "EUROPEAN_STYLE",
    Source("F-3.3", OPTIONS): "NOT_EXERCISABLE EXPIRED_INSTRUMENT NOT_HELD OUT_OF_THE_MONEY CANNOT_PAY CANNOT_DELIVER "
    "NO_PRICE_YET INSTRUMENT_ENDED TERMS_CHANGED",
    Source("F-3.4", WARRANTS): "TREASURY_EMPTY",
    Source("F-3.7", OPTIONS): "BEYOND_PROBABILITY NOT_A_QUESTION ALREADY_RESOLVED NOT_THE_ORACLE BAD_OUTCOME",
    Source("F-3.10", PAID): "BadFee NothingToSwap NothingToAdd NothingToRemove PoolTooSmall BeyondReserve PriceMoved "
    "ShortOfShares",
    Source("F-3.11", PAID): "NothingToLend ShortOfClaims ShortOfCash ShortOfCollateral PriceUnknown DebtTooLarge "
    "DebtInOrder MoreThanOwed NotLender GainTooSmall",
    Source("F-6.1", STOPS): "HALTED_L1 HALTED_L2 HALTED_L3",
    Source("F-6.2", STOPS): "LIMIT_UP LIMIT_DOWN OUTSIDE_BANDS HALTED_LIMIT_STATE",
    Source("F-6.3", STOPS): "HALTED_MOVE HALTED_VOLATILE",
    Source("F-6.4", SPOOFER): "THROTTLED SUSPENDED SUSPENSION",
    Source("F-6.5", TYPES): "FAT_FINGER POSITION_LIMIT RATE_LIMIT BETTER_PRICE_ELSEWHERE",
    Source("P-6", PAID): "WITHDRAWAL_TOO_LARGE NO_WALLET WALLET_TOO_SMALL VAULT_CLOSED NOTHING_TO_CLAIM "
    "UNKNOWN_ASSET NOTHING_TO_DELIVER SETTLEMENT_SHORT SETTLEMENT_UNKNOWN_ACCOUNT SETTLEMENT_UNKNOWN_TOKEN "
    "SETTLEMENT_NO_DEPOSIT SETTLEMENT_LEFT_OUT NothingToMove NotOwner NotOperator BadDepositsLength TokenTookFee "
    "SafeERC20FailedOperation BadExitsLength ExitsNotAscending UnknownRequest RequestDone RequestPayable ListedTwice "
    "ReentrancyGuardReentrantCall",
    Source("R2", STREAMLET): "NOT_LEADER",
    Source("R4", STREAMLET): "EPOCH_NOT_AFTER_PARENT",
    Source("R6", BREAK): "SECOND_PROPOSAL",
    Source("R6", STREAMLET): "PARENT_UNKNOWN PARENT_NOT_NOTARIZED PARENT_TOO_SHORT PARENT_BELOW_LOCK ALREADY_SIGNED "
    "NOTARIZED_WITHOUT",
    Source("R7", STREAMLET): "DUPLICATE_VOTE",
    Source("R10", SIGNED): "UNKNOWN_VALIDATOR",
    Source("R11", STORM): "LATE_PROPOSAL",
    Source("R13", SIGNED): "BAD_SIGNATURE WRONG_GENESIS WRONG_EPOCH",
    Source("C11", BREAK): "TOO_MANY_BLOCKS TOO_MANY_SIGNATURES TOO_FAR_AHEAD TOO_MANY_REFUSALS "
    "NAME_TOO_LONG SIGNATURE_TOO_LONG PAYLOAD_TOO_LONG",
    Source("P-1", PAID): "PAYLOAD_UNKNOWN PAYLOAD_INVALID PAYLOAD_MALFORMED PAYLOAD_TOO_LARGE PAYLOAD_TOO_DEAR "
    "PAYLOAD_UNKNOWN_KIND PAYLOAD_GAP PAYLOAD_TRADE_DIFFERS PAYLOAD_TRADE_UNKNOWN PAYLOAD_TOO_MANY_CALLS "
    "PAYLOAD_CALL_TWICE PAYLOAD_CALL_DIFFERS PAYLOAD_CALL_UNKNOWN UNKNOWN_CONTRACT UNKNOWN_FUNCTION BAD_ARGUMENTS",
    Source("P-14", LEADER): "PAYLOAD_UNFAIR_ORDER PAYLOAD_BAD_REPORT PAYLOAD_REPORT_GAP",
    Source("P-4", SIGNED): "BadCertificateLength TooFewSignatures WrongValidatorSet SignersNotAscending UnknownSigner "
    "HighS ZeroSignature WrongSigner BadValidators HandoverTooEarly HandoverSuperseded "
    "HandoverNotDue",
    Source("S4", PAID): "NotGuardian SettlementPaused CoolingDown SettlementEscaped TooEarlyToEscape NotEscaped "
    "EscapePlannedBefore EscapeNotPlanned HeartbeatOutOfOrder",
    Source("P-8", CHAINS): "UnknownSwap SwapOver WrongPreimage DeadlinePassed DeadlineNotReached",
    Source("P-9", CHAINS): "NotDeployer ConnectedBefore NothingToSend NoRecipient WrongOrigin WrongDestination "
    "DeliveredBefore ShortOfLocked",
    Source("P-10", OPTIONS): "BadTerms TooEarly ProposedBefore NotProposed NotDisputed OwnProposal WindowOpen "
    "WindowOver NotFinal NothingToWrite SeriesExpired NothingToTransfer ShortOfOptions ExpiredBefore NotExpired "
    "NothingToClaim",
    Source("P-11", OPTIONS): "BadQuestion NothingToSplit NothingToGive ShortOfOutcomes ResolvedBefore NotResolved "
    "StillAnswerable PriceProposed NothingToRedeem",
    Source(
        "P-12", WARRANTS
    ): "BadWarrant NotIssuer IsIssuer NothingToIssue WarrantExpired ShortOfWarrants OpenedBefore "
    "NotOpened NotExercisable StillExercisable NothingToReclaim",
    Source("P-17", PAID): "NothingToFill SameSide OwnTrade PricesDoNotMeet OrderExpired NonceCancelled CancelledBefore "
    "Overfilled NotSigned NotOrderOwner NonceNotRising",
    Source(
        "P-18", STOPS
    ): "BadAuction NothingToTrade Closed Full UnknownOrder NotYourOrder HeldBefore StillOpen NotHeld NothingToCollect",
    Source("P-15", BREAK): "BadBondTerms UnknownPlace BondedBefore NotBonded NotBondOwner NoticeGivenBefore "
    "NoticeNotGiven NoticeRuns SlashedBefore WrongDomain SameDigest OtherHeight ReportTooLate BadEvidence OtherSigner",
    Source("P-13", MARGIN): "NotBroker ShortOfMoney MarginTooSmall MarginInOrder SliceTooLarge",
    Source("P-16", STOPS): "BadHalt TradingHalted",
    Source("P-3", PAID): "NothingToLock NoPayee UnknownDeal DealOver NotPayer NotPayee NotMinter NobodyToPay "
    "ShortOfTokens ShortOfAllowance",
}
_SOURCES = {code: source for source, codes in _BY_SOURCE.items() for code in codes.split()}


def source_of(reason: Reason) -> Source:
    """The rule and the lesson of a reason."""
    return _SOURCES.get(reason.code, AREAS.get(reason.area, AREAS["exchange"]))
