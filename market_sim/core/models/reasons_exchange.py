"""The reasons for which the exchange refuses an intent or withdraws an order (rulebook F-1.2 to F-1.6)."""

from __future__ import annotations

from market_sim.core.models.reason import Reason


def _refusal(code: str, rule: str, template: str) -> Reason:
    return Reason(code, "exchange", rule, template)


def _withdrawal(code: str, rule: str) -> Reason:
    # Why an open order left without a trade: the event OrderCancelled carries the code and the quantity.
    return Reason(code, "exchange", rule, "{quantity:size} withdrawn")


EXCHANGE_REASONS: tuple[Reason, ...] = (
    _refusal(
        "UNKNOWN_ACCOUNT",
        "Only a participant with an account may trade.",
        "there is no account {account}",
    ),
    _refusal(
        "UNKNOWN_INSTRUMENT",
        "Only listed instruments can be traded.",
        "{symbol} is not listed here; listed are {listed}",
    ),
    _refusal(
        "UNKNOWN_VENUE",
        "An order names an existing venue, or none.",
        "there is no venue {venue} here; there is {venues}",
    ),
    _refusal(
        "BAD_INTENT",
        "An intent is an order, a cancel, an amendment, a deposit, a withdrawal or what a mechanism here understands.",
        "nothing here understands {found}",
    ),
    _refusal(
        "BAD_SIDE",
        "An order buys (+1) or sells (-1).",
        "the side must be +1 to buy or -1 to sell, found {side}",
    ),
    _refusal(
        "BAD_QUANTITY",
        "A quantity is a positive whole number that 63 bits can hold.",
        "the quantity must be a whole number from 1 to {most}, found {quantity}",
    ),
    _refusal(
        "BAD_LOT",
        "A quantity is a multiple of the instrument's lot; nothing is rounded.",
        "quantity {quantity:size} is not a multiple of the lot {lot:size}; "
        "the nearest valid quantities are {below:size} and {above:size}",
    ),
    _refusal(
        "BAD_PRICE",
        "A price is a positive whole number of the quote currency's smallest unit.",
        "the {field} must be a whole number from 1 to {most}, found {price}",
    ),
    _refusal(
        "BAD_TICK",
        "A price is a multiple of the instrument's tick; nothing is rounded.",
        "{field} {limit:price} is not a multiple of the tick {tick:price}; "
        "the nearest valid prices are {below:price} and {above:price}",
    ),
    _refusal(
        "NOTIONAL_TOO_LARGE",
        "Price times quantity stays below the largest value of one order.",
        "the order is worth {notional:cash}, more than the {most:cash} that one order may be worth",
    ),
    _refusal(
        "BAD_TIME_IN_FORCE",
        "The time in force of an order is gtc, day, gtd, ioc, fok or auction.",
        "the time in force must be one of gtc, day, gtd, ioc, fok, auction, found {time_in_force}",
    ),
    _refusal(
        "INSUFFICIENT_CASH",
        "A buyer has the cash for the whole order at its limit, and for the fee, before the order is accepted.",
        "the order needs {needed:cash}, {available:cash} is available",
    ),
    _refusal(
        "INSUFFICIENT_HOLDINGS",
        "A seller holds what the order sells before the order is accepted.",
        "the order sells {needed:size}, {available:size} is available",
    ),
    _refusal(
        "UNKNOWN_ASSET",
        "An account holds currencies and listed instruments, and nothing else can be moved.",
        "{asset} is neither the currency of an instrument nor listed here",
    ),
    _refusal(
        "NOTHING_TO_DELIVER",
        "Only currencies and instruments that are delivered have a token; a derivative stays where it was made.",
        "{symbol} is a derivative: there is no token of it that a wallet could hold",
    ),
    _refusal(
        "BAD_AMOUNT",
        "An amount is a positive whole number of the asset's smallest unit.",
        "the amount must be a positive whole number, found {found}",
    ),
    _refusal(
        "HELD_AS_MARGIN",
        "The holdings of a margin account secure its debt, so none of them can be withdrawn.",
        "account {account} trades on margin",
    ),
    _refusal(
        "WITHDRAWAL_TOO_LARGE",
        "Only what no open order holds back can be withdrawn.",
        "{needed:figure} {asset} are wanted and {available:figure} are free; open orders hold back {reserved:figure}",
    ),
    _refusal(
        "NO_WALLET",
        "A wallet is a key on a chain: a run that settles on none has no wallets.",
        "{intent} needs a wallet, and {account} has none because this run settles on no chain",
    ),
    _refusal(
        "WALLET_TOO_SMALL",
        "A deposit takes from the owner's wallet what the wallet holds.",
        "{needed:figure} {asset} are wanted and the wallet holds {held:figure}",
    ),
    _refusal(
        "VAULT_CLOSED",
        "While its guardian pauses it, or once its escape has opened, the vault takes no deposits.",
        "{needed:figure} {asset} stay in the wallet; a pause ends by itself, and the deposit can be made after it",
    ),
    _refusal(
        "NOTHING_TO_CLAIM",
        "A withdrawal can be claimed once its batch is settled.",
        "no settled withdrawal of {asset} waits to be claimed; {waiting:figure} are still on their way",
    ),
    _refusal(
        "NO_LIQUIDITY",
        "A market order needs an order on the other side of the book.",
        "the other side of the book of {symbol} is empty, so a market order has no price",
    ),
    _refusal(
        "UNKNOWN_ORDER",
        "Only an open order can be cancelled or amended.",
        "order {order} is not open: it was never accepted, or it is filled, cancelled or expired",
    ),
    _refusal(
        "NOT_YOUR_ORDER",
        "Only the owner cancels or amends an order.",
        "order {order} belongs to another account",
    ),
    _refusal(
        "NOTHING_TO_AMEND",
        "An amendment names a new quantity or a new limit.",
        "the amendment of order {order} names neither a quantity nor a limit",
    ),
    _refusal(
        "BAD_CONDITIONS",
        "The terms of an order go together: a market order hides nothing, a gtd order says when it ends.",
        "{field} is {found}: {rule}",
    ),
    _refusal(
        "DUPLICATE_CLIENT_ID",
        "An account uses its own name for an order once; the same order sent again is not placed again.",
        "client id {client_id} already names order {order}, which has other terms",
    ),
    _refusal(
        "HALTED",
        "While an instrument is halted, orders can be cancelled and nothing else.",
        "{symbol} is halted because of {because}",
    ),
    _refusal(
        "PAUSED",
        "While a market is paused by hand, orders can be cancelled and nothing else; it reopens with a call auction.",
        "trading in {symbol} is paused",
    ),
    _refusal(
        "CLOSED",
        "While the market is closed, orders can be cancelled and nothing else.",
        "{symbol} is closed because of {because}",
    ),
    _refusal(
        "WRONG_PHASE",
        "Some orders belong to one phase: ioc and fok trade at once, auction orders wait for a call.",
        "the time in force {time_in_force} needs the phase {needs}, but {symbol} is in the phase {phase}",
    ),
    _refusal(
        "FAT_FINGER",
        "An order whose limit lies far outside recent trade prices is taken for a slip of the finger.",
        "the limit {limit:price} lies {score} standard deviations from the mean {mean:price} of "
        "the last {trades} trades; at most {most} are let through",
    ),
    _refusal(
        "POST_ONLY_WOULD_TAKE",
        "A post-only order never takes liquidity.",
        "the limit {limit:price} would trade with the best order of the other side, at {best:price}",
    ),
    _refusal(
        "FOK_UNFILLABLE",
        "Fill or kill: the whole quantity trades at once, or nothing does.",
        "{fillable:size} of {quantity:size} could trade at once",
    ),
    _refusal(
        "MARGIN_ACCOUNT_NEEDED",
        "Only margin accounts trade margined contracts.",
        "{symbol} is traded on margin, and {account} is no margin account",
    ),
    _withdrawal("CANCELLED", "Its owner cancelled the order."),
    _withdrawal("REMAINDER", "A market or ioc order never rests: the quantity that cannot trade at once is withdrawn."),
    _withdrawal("SELF_TRADE", "Two orders of one owner never trade with each other."),
    _withdrawal("AMENDED_BELOW_FILLED", "An order amended to no more than it has already traded is done."),
    _withdrawal("EXPIRED", "A day order ends with the day, a gtd order at its time."),
)
