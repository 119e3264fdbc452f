"""The reasons for which settlement refuses a trade or a batch, and validators refuse a payload.

Codes in CamelCase, such as `HeightGap`, are errors of the contracts, and their numbers are the errors' arguments.
"""

from __future__ import annotations

from market_sim.core.models.reason import Reason

_PAYLOAD = "A block continues the trades of its chain without gaps, in the order of matching"
_FAIR = "The calls of a block are those that a quorum has seen, in the order that follows from its signed reports"
_CALLS = "A block holds each pending call at most once on its chain, in the order that its leader chose"
_CALLED = "A call names a contract of the chain, a function of it, and arguments of the right types"
_TRADE = "A finalized trade that would make a balance negative has no effect on the chain"
_LEFT_OUT = "What a quorum of validators signs is paid, even when more of them are byzantine than the rules tolerate"
_PLACE = "Batches follow each other without gaps, each on the last block of the previous one"
_CERTIFICATE = "A batch needs signatures of two thirds of the validators, each once, over exactly this batch"
_ROWS = "The rows of a batch are sorted, name known accounts and tokens, and sum to zero for each token"
_VAULT = "The vault takes exactly what it credits and pays out exactly what it owes"
_SET = "The set of validators changes at an epoch that the old set signed, after a notice of two days"
_HALT = (
    "The guardian may pause settlement for a bounded time; any caller may end it for good, after a notice, when "
    "nothing comes from the validators or an owner waits in vain"
)
_ESCROW = "The payer releases locked money to the payee, or the payee sends it back, once"
_POOL = "A pool trades by its formula, within the limit of its caller, and only what it and its caller hold"
_BRIDGE = "A bridge pays each message once, at the end that it was sent to, from what the other end took"
_SWAP = "Locked money goes to the payee for the preimage before the deadline, or back to the payer from then on, once"
_ORACLE = "A price counts once nobody disputed it in its window, or two thirds of the validators signed it"
_OPTION = "A unit is covered by its cap from the day it is written, and pays once, by the final price at the expiry"
_QUESTION = "A yes and a no together hold one payout, and the final price, or the lack of one, pays it, once"
_WARRANT = "A warrant is covered by new shares of its company, and is exercised in time and above the strike, once"
_BOND = "A validator that signs two results of one block loses its bond, once; a bond is withdrawn after a notice"
_GUARD = (
    "A trade far from the mean of the window before it stands, and halts the pool: no trade follows for some epochs"
)
_MARGIN = "Half of what a margin account buys is its own, a quarter of what it keeps; below that it is sold in slices"
_SIGNED_ORDER = "A trade of signed orders keeps both limits, fills no order beyond its quantity, and follows no cancel"
_AUCTION = "Orders collect until an epoch is settled, then trade at one price, and their owners collect, once"
_LENDING = "A lending pool lends what it holds, against enough collateral or within one transaction"
_TOKEN = "A transfer needs the owner's balance and permission, and only the minter mints new tokens"


def _reason(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "settlement", rule, template)


SETTLEMENT_REASONS: tuple[Reason, ...] = (
    _reason("PAYLOAD_MALFORMED", _PAYLOAD, "{size} bytes are not a whole number of records of {record} bytes"),
    _reason("PAYLOAD_TOO_LARGE", _PAYLOAD, "{found} trades in one block, the limit is {limit}"),
    _reason("PAYLOAD_TOO_DEAR", _PAYLOAD, "settling these {trades} trades at once could need more than {limit} gas"),
    _reason("PAYLOAD_UNKNOWN_KIND", _PAYLOAD, "a record of kind {kind} where the kinds are 1 to {most}"),
    _reason("PAYLOAD_GAP", _PAYLOAD, "trade {found} follows where trade {expected} must follow"),
    _reason("PAYLOAD_TRADE_DIFFERS", _PAYLOAD, "trade {trade} has other contents here than the exchange announced"),
    _reason("PAYLOAD_TRADE_UNKNOWN", _PAYLOAD, "trade {trade} has not arrived; here trades are known up to {known}"),
    _reason("PAYLOAD_TOO_MANY_CALLS", _CALLS, "{found} calls in one block, the limit is {limit}"),
    _reason("PAYLOAD_CALL_TWICE", _CALLS, "call {call} is in this chain already"),
    _reason("PAYLOAD_CALL_DIFFERS", _CALLS, "call {call} has other contents here than its owner submitted"),
    _reason("PAYLOAD_CALL_UNKNOWN", _CALLS, "call {call} has not arrived here"),
    _reason("PAYLOAD_UNFAIR_ORDER", _FAIR, "the calls that follow from the reports are {expected}, found {found}"),
    _reason("PAYLOAD_BAD_REPORT", _FAIR, "validator {validator} has not signed this report from place {place} on"),
    _reason("PAYLOAD_REPORT_GAP", _FAIR, "place {found} of validator {validator} comes where {expected} must come"),
    _reason("UNKNOWN_CONTRACT", _CALLED, "there is no contract {contract} on this chain; there are: {known}"),
    _reason("UNKNOWN_FUNCTION", _CALLED, "{contract} has no function {function}; it has {known}"),
    _reason("BAD_ARGUMENTS", _CALLED, "{function} takes {expected}"),
    _reason(
        "SETTLEMENT_SHORT",
        _TRADE,
        "trade {trade} takes {needed:figure} of {asset}, and the account holds {held:figure}",
    ),
    _reason("SETTLEMENT_UNKNOWN_ACCOUNT", _TRADE, "trade {trade} names account {account}, which does not exist"),
    _reason("SETTLEMENT_UNKNOWN_TOKEN", _TRADE, "trade {trade} names token {token}, which is no instrument"),
    _reason(
        "SETTLEMENT_NO_DEPOSIT",
        "A deposit counts once, under the number that the vault gave it when it took the tokens.",
        "deposit {trade} names number {number} of the vault, which is none or was counted before",
    ),
    _reason("SETTLEMENT_LEFT_OUT", _LEFT_OUT, "trade {trade} is final, and a quorum executed its block without it"),
    _reason("HeightGap", _PLACE, "the next block to settle is {expected}, and the batch begins with {found}"),
    _reason("RangeBackwards", _PLACE, "the batch begins with block {first} and ends with block {last}"),
    _reason("EpochNotGrowing", _PLACE, "epoch {previous} is settled, and the batch is of epoch {found}"),
    _reason("WrongParent", _PLACE, "the batch follows block {found}, and block {expected} is settled"),
    _reason("BadCertificateLength", _CERTIFICATE, "{length} bytes are not a whole number of signatures of 65 bytes"),
    _reason("TooFewSignatures", _CERTIFICATE, "{found} of {validators} validators signed, two thirds are needed"),
    _reason("WrongValidatorSet", _CERTIFICATE, "the batch names validator set {found}, and set {expected} counts now"),
    _reason("SignersNotAscending", _CERTIFICATE, "signer {signer} is listed twice or out of order"),
    _reason("UnknownSigner", _CERTIFICATE, "there is no validator number {signer}"),
    _reason("HighS", _CERTIFICATE, "the signature of validator {signer} has the larger of its two valid values of s"),
    _reason("ZeroSignature", _CERTIFICATE, "the signature of validator {signer} belongs to no key"),
    _reason("WrongSigner", _CERTIFICATE, "the signature of validator {signer} is that of {recovered} for this batch"),
    _reason("BadRowsLength", _ROWS, "{length} bytes are not a whole number of rows of 24 bytes"),
    _reason("RowsNotAscending", _ROWS, "the row of account {account} and token {token} is repeated or out of order"),
    _reason("UnknownToken", _ROWS, "there is no token number {token}"),
    _reason("UnknownAccount", _ROWS, "there is no account number {account}"),
    _reason("Insolvent", _ROWS, "account {account} holds {held} of token {token}, which cannot change by {delta}"),
    _reason("BalanceTooLarge", _ROWS, "{held} of token {token} in account {account} cannot grow by {delta}"),
    _reason("NotZeroSum", _ROWS, "the changes of token {token} sum to {sum}, and must sum to zero"),
    _reason("BadExitsLength", _ROWS, "{length} bytes are not a whole number of requests of 4 bytes"),
    _reason("ExitsNotAscending", _ROWS, "withdrawal request {number} is listed twice or out of order"),
    _reason("UnknownRequest", _ROWS, "there is no withdrawal request number {number}"),
    _reason("RequestDone", _ROWS, "withdrawal request {number} was carried out before"),
    _reason("RequestPayable", _VAULT, "request {number} can be paid: the account holds {held}"),
    _reason("ListedTwice", _VAULT, "the token {token} has a number already"),
    _reason("NotOperator", _VAULT, "{caller} is not the operator of the vault"),
    _reason("NotOwner", _VAULT, "{caller} does not own account {account}"),
    _reason("NothingToMove", _VAULT, "there is nothing to move"),
    _reason("BadDepositsLength", _VAULT, "{length} bytes are not a whole number of deposits of 20 bytes"),
    _reason("TokenTookFee", _VAULT, "{expected} of the token {token} were sent and {received} arrived"),
    _reason("SafeERC20FailedOperation", _VAULT, "the token {token} answered that it did not move anything"),
    _reason("ReentrancyGuardReentrantCall", _VAULT, "a token or a borrower called back before the first call was over"),
    _reason("BadValidators", _SET, "a set has 1 to 128 validators, no address twice and none that is zero"),
    _reason("HandoverTooEarly", _SET, "epoch {reached} is settled, and the handover would be at epoch {found}"),
    _reason("HandoverSuperseded", _SET, "{expected} handovers were planned before, and this plan is numbered {found}"),
    _reason("HandoverNotDue", _SET, "the next set takes over at {from}, two days after its plan"),
    _reason("NotGuardian", _HALT, "{caller} is not the guardian"),
    _reason("SettlementPaused", _HALT, "settlement is paused until {until}"),
    _reason("CoolingDown", _HALT, "the next pause may begin at {until}"),
    _reason("SettlementEscaped", _HALT, "settlement has ended for good; owners take out what they hold"),
    _reason("TooEarlyToEscape", _HALT, "the escape can go on at {from}, and not before"),
    _reason("EscapePlannedBefore", _HALT, "the escape for this cause is planned already, and opens at {from}"),
    _reason("EscapeNotPlanned", _HALT, "nobody planned the escape for the cause {cause} since it began"),
    _reason("HeartbeatOutOfOrder", _HALT, "the next heartbeat has the number {expected}, and this one {found}"),
    _reason("NotEscaped", _HALT, "settlement goes on, so money leaves by request, batch and claim"),
    _reason("NothingToLock", _ESCROW, "there is nothing to lock"),
    _reason("NoPayee", _ESCROW, "the payee must be another address than the payer, and not the address zero"),
    _reason("UnknownDeal", _ESCROW, "there is no deal number {deal}"),
    _reason("DealOver", _ESCROW, "deal {deal} is over: it was released or refunded"),
    _reason("NotPayer", _ESCROW, "{caller} is not the payer of deal {deal}, and only the payer releases it"),
    _reason("NotPayee", _ESCROW, "{caller} is not the payee of deal {deal}, and only the payee sends it back"),
    _reason("BadFee", _POOL, "a fee of {feeBps} basis points would take everything"),
    _reason("NothingToSwap", _POOL, "there is nothing to trade"),
    _reason("NothingToAdd", _POOL, "the amounts are not worth a share of the pool"),
    _reason("NothingToRemove", _POOL, "there is no share to give back"),
    _reason("PoolTooSmall", _POOL, "the first liquidity is worth {found} shares, and the pool begins with {least}"),
    _reason("BeyondReserve", _POOL, "{wanted} are wanted, and the pool holds {reserve}"),
    _reason("PriceMoved", _POOL, "the pool's price is {found}, beyond the limit of {limit}"),
    _reason("ShortOfShares", _POOL, "{owner} has {held} shares of the pool and gives back {needed}"),
    _reason("NotDeployer", _BRIDGE, "{caller} did not deploy this bridge"),
    _reason("ConnectedBefore", _BRIDGE, "this end is connected to {bridge} already"),
    _reason("NothingToSend", _BRIDGE, "there is nothing to send"),
    _reason("NoRecipient", _BRIDGE, "a message is for an address other than zero"),
    _reason("WrongOrigin", _BRIDGE, "the message left {bridge} on the chain {chainId}, which is not the other end"),
    _reason("WrongDestination", _BRIDGE, "the message is for {bridge} on the chain {chainId}, and not for this end"),
    _reason("DeliveredBefore", _BRIDGE, "message {nonce} was paid out before"),
    _reason("ShortOfLocked", _BRIDGE, "the bridge has {locked} and would have to pay out {needed}"),
    _reason("UnknownSwap", _SWAP, "there is no swap number {swap}"),
    _reason("SwapOver", _SWAP, "swap {swap} is over: it was claimed or refunded"),
    _reason("WrongPreimage", _SWAP, "this is not the preimage of the digest of swap {swap}"),
    _reason("DeadlinePassed", _SWAP, "the deadline is day {deadline}, and it is day {time}"),
    _reason("DeadlineNotReached", _SWAP, "the deadline is day {deadline}, and it is day {time}"),
    _reason("BadTerms", _OPTION, "bond, window and cap must be above zero, and the cap of a put is at most its strike"),
    _reason("TooEarly", _ORACLE, "epoch {epoch} is not over on the chain: epoch {settled} is settled"),
    _reason("ProposedBefore", _ORACLE, "there is a price for epoch {epoch} already"),
    _reason("NotProposed", _ORACLE, "no proposal for epoch {epoch} is open"),
    _reason("NotDisputed", _ORACLE, "no proposal for epoch {epoch} is disputed, so there is nothing to decide"),
    _reason("OwnProposal", _ORACLE, "the proposal for epoch {epoch} is one's own"),
    _reason("WindowOpen", _ORACLE, "the window is open until epoch {until}, and epoch {settled} is settled"),
    _reason("WindowOver", _ORACLE, "the window was open until epoch {until}, and epoch {settled} is settled"),
    _reason("NotFinal", _ORACLE, "the price of epoch {epoch} is not final yet"),
    _reason("NothingToWrite", _OPTION, "there is no unit to write"),
    _reason("SeriesExpired", _OPTION, "units are written before epoch {expiry}, and epoch {settled} is settled"),
    _reason("NothingToTransfer", _OPTION, "there is no unit to transfer"),
    _reason("ShortOfOptions", _OPTION, "{owner} has {held} units and transfers {needed}"),
    _reason("ExpiredBefore", _OPTION, "what a unit pays is fixed already"),
    _reason("NotExpired", _OPTION, "what a unit pays is not fixed yet"),
    _reason("NothingToClaim", _OPTION, "the caller has no unit and has written none"),
    _reason("BadQuestion", _QUESTION, "payout and patience are above zero, found {payout} and {patience}"),
    _reason("NothingToSplit", _QUESTION, "there is no pair to split or to merge"),
    _reason("NothingToGive", _QUESTION, "there is nothing to give"),
    _reason("ShortOfOutcomes", _QUESTION, "{owner} has {held} of this side and {needed} are wanted"),
    _reason("ResolvedBefore", _QUESTION, "the question is answered already"),
    _reason("NotResolved", _QUESTION, "the question is not answered yet"),
    _reason(
        "StillAnswerable", _QUESTION, "a price can be proposed until epoch {until}, and epoch {settled} is settled"
    ),
    _reason("PriceProposed", _QUESTION, "there is a price for epoch {epoch}, so the question is not void"),
    _reason("NothingToRedeem", _QUESTION, "the caller has neither yes nor no"),
    _reason(
        "BadWarrant",
        _WARRANT,
        "strike, ratio, shares outstanding and window are above zero: {strike}, {ratio}, {outstanding} and {window}",
    ),
    _reason("NotIssuer", _WARRANT, "{caller} is not the company that issues these warrants"),
    _reason("IsIssuer", _WARRANT, "{caller} is the company that issues these warrants, and exercises none"),
    _reason("NothingToIssue", _WARRANT, "there is no warrant to issue, to give or to exercise"),
    _reason("WarrantExpired", _WARRANT, "warrants are issued before epoch {expiry}, and epoch {settled} is settled"),
    _reason("ShortOfWarrants", _WARRANT, "{owner} has {held} warrants and {needed} are wanted"),
    _reason("OpenedBefore", _WARRANT, "the price at the expiry has decided already"),
    _reason("NotOpened", _WARRANT, "the price at the expiry has not decided yet"),
    _reason("NotExercisable", _WARRANT, "warrants are exercised before epoch {until}, and epoch {settled} is settled"),
    _reason(
        "StillExercisable", _WARRANT, "warrants can be exercised before epoch {until}, and epoch {settled} is settled"
    ),
    _reason("NothingToReclaim", _WARRANT, "no shares are left"),
    _reason("BadBondTerms", _BOND, "bond and window are above zero, the notice is longer, the share is not the whole"),
    _reason("UnknownPlace", _BOND, "there is no validator at place {place}: there are {validators}"),
    _reason("BondedBefore", _BOND, "the validator {validator} has its bond already"),
    _reason("NotBonded", _BOND, "{signer} has no bond, so that there is nothing to take"),
    _reason("NotBondOwner", _BOND, "{caller} did not pay this bond, which belongs to {owner}"),
    _reason("NoticeGivenBefore", _BOND, "the notice was given before and is over at epoch {until}"),
    _reason("NoticeNotGiven", _BOND, "nobody gave notice for the bond of {validator}"),
    _reason("NoticeRuns", _BOND, "the notice is over at epoch {until}, and epoch {settled} is settled"),
    _reason("SlashedBefore", _BOND, "the bond of {validator} was taken before"),
    _reason("WrongDomain", _BOND, "it was signed for the domain {found}, and this settlement has {expected}"),
    _reason("SameDigest", _BOND, "both are the same result, {digest}, which may be signed once"),
    _reason("OtherHeight", _BOND, "one ends with block {last} and the other begins with block {first}"),
    _reason("ReportTooLate", _BOND, "it could be reported until epoch {until}, and epoch {settled} is settled"),
    _reason("BadEvidence", _BOND, "a signature has 65 bytes, the smaller s, and belongs to a key"),
    _reason("OtherSigner", _BOND, "{one} signed one result and {other} the other"),
    _reason(
        "BadHalt", _GUARD, "a move of 1 to 10,000 basis points, a window and a halt: {moveBps}, {window} and {halt}"
    ),
    _reason("TradingHalted", _GUARD, "trading is halted until epoch {until}, and epoch {settled} is settled"),
    _reason("NotBroker", _MARGIN, "{caller} is not the broker of these accounts"),
    _reason("ShortOfMoney", _MARGIN, "{owner} has {held} in the account and {needed} are wanted"),
    _reason("MarginTooSmall", _MARGIN, "the account has {has}, and to buy it needs {needs}"),
    _reason("MarginInOrder", _MARGIN, "the account has {has}, and to keep what it holds it needs {needs}"),
    _reason("SliceTooLarge", _MARGIN, "at most half of the account is sold at once: {most} shares, found {found}"),
    _reason("NothingToFill", _SIGNED_ORDER, "a trade of nothing"),
    _reason("SameSide", _SIGNED_ORDER, "both orders buy, or both sell"),
    _reason("OwnTrade", _SIGNED_ORDER, "both orders belong to {owner}"),
    _reason("PricesDoNotMeet", _SIGNED_ORDER, "the buyer pays {bid} at most, and the seller wants {ask} at least"),
    _reason("OrderExpired", _SIGNED_ORDER, "the order counts until epoch {expiry}, and epoch {settled} is settled"),
    _reason("NonceCancelled", _SIGNED_ORDER, "the order has the nonce {nonce}, and all below {least} are cancelled"),
    _reason("CancelledBefore", _SIGNED_ORDER, "the order {order} was cancelled by its owner"),
    _reason("Overfilled", _SIGNED_ORDER, "the order {order} has {left} left, and {wanted} would be traded"),
    _reason("NotSigned", _SIGNED_ORDER, "the order of {owner} is signed by {recovered}"),
    _reason("NotOrderOwner", _SIGNED_ORDER, "{caller} cancels an order of {owner}"),
    _reason("NonceNotRising", _SIGNED_ORDER, "all below {least} are cancelled already, found {found}"),
    _reason("BadAuction", _AUCTION, "reference and closing epoch are above zero, found {referencePrice} and {closes}"),
    _reason("NothingToTrade", _AUCTION, "an order has a price and a quantity above zero"),
    _reason("Closed", _AUCTION, "orders were taken before epoch {closes}, and epoch {settled} is settled"),
    _reason("Full", _AUCTION, "the auction has {most} orders, cancelled ones included, and takes no more"),
    _reason("UnknownOrder", _AUCTION, "there is no order number {order}"),
    _reason("NotYourOrder", _AUCTION, "order {order} belongs to {owner}"),
    _reason("HeldBefore", _AUCTION, "the auction was held before"),
    _reason("StillOpen", _AUCTION, "orders are taken before epoch {closes}, and epoch {settled} is settled"),
    _reason("NotHeld", _AUCTION, "the auction is not held yet"),
    _reason("NothingToCollect", _AUCTION, "the caller has nothing in the auction"),
    _reason("NothingToLend", _LENDING, "there is nothing to lend, to repay or to give back"),
    _reason("ShortOfClaims", _LENDING, "{owner} has claims of {held} on the pool and gives back {needed}"),
    _reason("ShortOfCash", _LENDING, "the pool has {held} that is not lent out, and {needed} are wanted"),
    _reason("ShortOfCollateral", _LENDING, "{owner} pledged {held} and takes back {needed}"),
    _reason("PriceUnknown", _LENDING, "the collateral has no time-weighted price yet"),
    _reason("DebtTooLarge", _LENDING, "the debt would be {debt}, and the collateral is good for {limit}"),
    _reason("DebtInOrder", _LENDING, "the debt is {debt}, and the account is liquidated beyond {limit}"),
    _reason("MoreThanOwed", _LENDING, "the debt is {debt}, and {found} would be repaid"),
    _reason("NotLender", _LENDING, "{caller} is not the lender, and only the lender hands over a loan"),
    _reason("GainTooSmall", _LENDING, "the trade gains {gain} after the fee, and its caller wants {least}"),
    _reason("NotMinter", _TOKEN, "{caller} is not the minter of this token"),
    _reason("NobodyToPay", _TOKEN, "tokens cannot go to the address zero"),
    _reason("ShortOfTokens", _TOKEN, "{owner} holds {held} and would need {needed}"),
    _reason("ShortOfAllowance", _TOKEN, "{spender} may move {allowed} and would need {needed}"),
)
