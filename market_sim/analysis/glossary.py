"""The glossary: the words of the market, the validators, settlement and runs, each explained in one sentence.

The glossary page lists it, and lessons and tables take their tooltips from it.
"""

from __future__ import annotations

from dataclasses import dataclass

AREAS = {
    "market": "The market",
    "margin": "Credit and margin",
    "derivatives": "Derivatives",
    "consensus": "The validators",
    "settlement": "Settlement",
    "run": "Runs",
}
"""The sections of the glossary, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the word, its section, and its meaning in one sentence."""

    word: str
    area: str
    sentence: str
    also: tuple[str, ...] = ()
    """Other forms and spellings of the word."""

    @property
    def anchor(self) -> str:
        """The anchor of the term on the glossary page.

        >>> find("order books").anchor
        'order-book'
        """
        return self.word.replace(" ", "-")


def find(word: str) -> Term | None:
    """The term that a word of a text means, in singular or plural and in any case.

    >>> find("Bids").word, find("notarization").word, find("teapot")
    ('bid', 'notarized', None)
    """
    return _BY_FORM.get(word.lower())


def terms_of(area: str) -> list[Term]:
    """The terms of one area, sorted by their word."""
    return sorted((term for term in TERMS if term.area == area), key=lambda term: term.word.lower())


def _market(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "market", sentence, also)


def _margin(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "margin", sentence, also)


def _derivative(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "derivatives", sentence, also)


def _consensus(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "consensus", sentence, also)


def _settlement(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "settlement", sentence, also)


def _run(word: str, sentence: str, *also: str) -> Term:
    return Term(word, "run", sentence, also)


TERMS: tuple[Term, ...] = (
    _market("account", "What a participant owns on the exchange: cash, holdings, and what open orders reserve."),
    _market("ask", "An offer to sell at a price or higher; the best ask is the lowest one in the book.", "offer"),
    _market("bid", "An offer to buy at a price or lower; the best bid is the highest one in the book."),
    _market("call auction", "Orders are collected first and then all matched at the one price that trades the most."),
    _market("depth", "The quantity that waits in the order book at each price.", "market depth"),
    _market("halt", "A pause of trading in which orders can be cancelled and nothing else.", "halted"),
    _market("limit order", "An order with the worst price at which it may trade; what cannot trade at once waits."),
    _market("liquidity", "How much can be traded at once without moving the price far."),
    _market("lot", "The smallest quantity of an instrument that can be traded; quantities are multiples of it."),
    _market("maker", "The side of a trade whose order was already waiting in the book.", "market maker"),
    _market("market order", "An order without a limit, which trades at once at the best prices it finds."),
    _market("order", "A request to buy or sell a quantity of an instrument that the exchange has accepted."),
    _market("order book", "The orders of one instrument that wait to be traded, best prices first.", "book"),
    _market("price-time priority", "The best price trades first, and at one price the order that came first."),
    _market("refusal", "An intent that breaks a rule: it has no effect and is recorded with its reason.", "rejection"),
    _market("slippage", "The difference between the price expected for an order and the average price it trades at."),
    _market("spread", "The best ask minus the best bid: the price of trading at once instead of waiting."),
    _market("taker", "The side of a trade whose order arrived and took what was waiting.", "aggressive order"),
    _market("tick", "The smallest step of an instrument's price; prices are multiples of it."),
    _market("time in force", "How long an order lives: gtc until cancelled, ioc and fok for this moment only."),
    _market("trade", "Two orders meet at one price; a large order can make several trades.", "fill"),
    _market("volume", "The quantity traded in a period; each trade counts once."),
    _margin("auto-deleveraging", "A loss that no insurance covers is closed against the most profitable positions."),
    _margin("equity", "What an account is worth if every position is closed at its mark."),
    _margin("initial margin", "The equity that an account needs before it may open or enlarge a position."),
    _margin("insurance fund", "Money set aside to pay losses that a liquidated account cannot pay."),
    _margin("leverage", "The value of a position divided by the equity behind it."),
    _margin("liquidation", "The forced closing of positions of an account whose equity is too small.", "liquidated"),
    _margin("locate", "The agreement of a lender to lend shares, needed before they are sold short."),
    _margin("maintenance margin", "The equity below which an account is called for money or liquidated."),
    _margin("margin", "The part of a position's value that must be covered by the account's own money."),
    _margin("margin call", "The demand to bring in money or close positions until a due time."),
    _margin("mark", "The price at which positions are valued, so one odd trade liquidates no account.", "mark price"),
    _margin("short sale", "The sale of borrowed shares, which must be bought back later.", "short selling"),
    _derivative("assignment", "The choice of the writer who must fulfil an exercised option.", "assigned"),
    _derivative("call", "An option to buy the underlying at the strike.", "call option"),
    _derivative("dilution", "New shares make each existing share a smaller part of the company."),
    _derivative("exercise", "The use of an option: the holder buys or sells the underlying at the strike."),
    _derivative("expiry", "The time at which a contract ends and its last payment is settled.", "expiration"),
    _derivative("funding", "The payment between longs and shorts that keeps a perpetual close to its index."),
    _derivative("future", "A contract to trade the underlying at a later time, marked to market meanwhile."),
    _derivative("index", "The price of the underlying that a contract follows.", "index price"),
    _derivative("open interest", "The number of contracts in existence: each has a holder and a counterparty."),
    _derivative("option", "The right, not the duty, to buy or sell the underlying at the strike."),
    _derivative("oracle", "The participant who answers the question of a prediction contract."),
    _derivative("perpetual", "A future without an expiry, tied to its index by funding.", "perpetual future"),
    _derivative("prediction contract", "A contract that pays one unit if a question is answered yes, else nothing."),
    _derivative("put", "An option to sell the underlying at the strike.", "put option"),
    _derivative("strike", "The price at which an option lets its holder trade the underlying.", "strike price"),
    _derivative("underlying", "The instrument whose price decides what a derivative is worth."),
    _derivative("warrant", "An option written by the company itself, which issues new shares when it is exercised."),
    _consensus("block", "A list of trades and transfers that a leader proposes on top of an earlier block."),
    _consensus("byzantine", "A validator that breaks the protocol in any way: silent, late, or equivocating."),
    _consensus("committee", "All validators of a run together; with f of them faulty it needs at least 3f + 1."),
    _consensus("epoch", "The time in which one leader may propose one block; here one simulated second."),
    _consensus("equivocation", "Two different blocks of one leader, or two votes of one validator, in one epoch."),
    _consensus("finalized", "Of three notarized blocks in consecutive epochs the middle one is final for good, with "
               "all blocks before it.", "final", "finality", "finalization", "finalised"),
    _consensus("fork", "Two blocks with the same parent; at most one of them can become final.", "forks"),
    _consensus("genesis", "The block that all validators start from; it holds no trades.", "genesis block"),
    _consensus("leader", "The validator that may propose a block in this epoch."),
    _consensus("notarized", "A block is notarized when a quorum of validators has voted for it.", "notarization"),
    _consensus("orphan", "A block that is not on the final chain and never will be.", "orphaned"),
    _consensus("partition", "A split of the network: messages between its parts arrive only after it has healed."),
    _consensus("proposal", "The block of an epoch's leader, signed and sent to all validators."),
    _consensus("quorum", "Two thirds of the validators, rounded up: 3 of 4. Two quorums share an honest validator."),
    _consensus("signature", "Proof that one validator said exactly this; here Ed25519 over the block and its epoch."),
    _consensus("validator", "A member of the committee that votes on blocks and agrees on their order."),
    _consensus("vote", "A validator's signature for a proposal, at most one in each epoch."),
    _settlement("batch", "Consecutive final blocks paid out by one transaction."),
    _settlement("certificate", "The signatures of a quorum that prove a batch to the settlement contract."),
    _settlement("gas", "The unit in which Ethereum counts the work of a transaction."),
    _settlement("matched", "A trade is matched when the exchange makes it; it is final and settled only later."),
    _settlement("Merkle root", "One hash that stands for a list, so that a short proof shows what the list holds."),
    _settlement("receipt", "The chain's record of a transaction: whether it worked and how much gas it took."),
    _settlement("reconciliation", "The comparison of every balance on the chain with the exchange's own record.",
                "reconciled"),
    _settlement("settled", "A trade is settled when the contract has moved the money and the shares."),
    _settlement("settlement", "Paying out final blocks: a contract moves what buyers and sellers owe each other."),
    _settlement("token", "The form that cash or an instrument has on the chain."),
    _settlement("vault", "The contract that keeps deposited tokens and pays them out again."),
    _run("conclusion", "What a scenario says about its own run, in one sentence with its numbers."),
    _run("conservation", "Nothing appears and nothing vanishes: all accounts together hold what was deposited."),
    _run("event", "One entry of the journal: something that happened, with its time and its number."),
    _run("fingerprint", "A hash over the whole journal; two runs with the same fingerprint are the same."),
    _run("gain", "What an account is worth at the last marks, minus what was brought into it.", "loss"),
    _run("journal", "The append-only record of a run, from which every chart, table and grade is read."),
    _run("run", "One execution of a scenario with one seed."),
    _run("scenario", "A Python class that chooses instruments, participants, validators and events of a run."),
    _run("seed", "The number from which all chance of a run is drawn; the same seed gives the same run."),
    _run("strategy", "How a participant decides: it sees the market and answers with orders."),
)  # fmt: skip


def _plural(word: str) -> str:
    """The regular plural.

    >>> _plural("bid"), _plural("reconciliation"), _plural("loss"), _plural("equity")
    ('bids', 'reconciliations', 'losses', 'equities')
    """
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}{'es' if word.endswith(('s', 'x')) else 's'}"


_BY_FORM: dict[str, Term] = {
    form.lower(): term for term in TERMS for one in (term.word, *term.also) for form in (one, _plural(one))
}
