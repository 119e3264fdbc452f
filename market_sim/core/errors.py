"""The error classes: each names the party that made the mistake, which decides what happens next.

A person      -> InputError         one sentence, exit code 2 or HTTP 4xx
A participant -> RuleViolation      recorded as a refusal, the run goes on
A validator   -> ProtocolViolation  the message is dropped and recorded
The chain     -> SettlementError    relaying stops or retries, by rule
A student     -> StrategyError      the run goes on without that agent
This program  -> InvariantBroken    nothing swallows it; exit code 3
"""

from __future__ import annotations

from collections.abc import Mapping


class MarketSimError(Exception):
    """The root of every error that this package raises on purpose."""


class InputError(MarketSimError):
    """A person gave invalid input: the message says what was expected and what was found."""


class OtherCourse(InputError):
    """A run that is resumed does not do what it did: its program, its scenario or a strategy was changed since."""


class RuleViolation(MarketSimError):
    """A participant broke a rule of the market: a reason code with the numbers behind it."""

    def __init__(self, reason: str, **numbers: int | str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.numbers: Mapping[str, int | str] = numbers


class ProtocolViolation(MarketSimError):
    """A validator broke the protocol: a reason code with the numbers behind it."""

    def __init__(self, reason: str, **numbers: int | str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.numbers: Mapping[str, int | str] = numbers


class SettlementError(MarketSimError):
    """The chain refused a transaction, or gave an answer that cannot be trusted."""


class Unsettled(SettlementError):
    """The chain takes no batch now, for a reason outside this program; the same run can be resumed later."""


class NonceTaken(SettlementError):
    """Another program uses a wallet of the run: the chain has another transaction under a nonce of ours."""

    def __init__(self, nonce: int, place: str = "this chain") -> None:
        super().__init__(
            f"nonce {nonce} was used by a transaction that is not ours: another program uses the wallets of this run "
            f"at {place}; end it, or run with another --seed"
        )


class StrategyError(MarketSimError):
    """A strategy raised an exception: the message names the strategy, the simulated time and the cause."""


class InvariantBroken(MarketSimError):
    """An invariant of this program does not hold; the run must not go on."""


class ChainAhead(InvariantBroken):
    """The chain has settled more than the run has certified; on a node, a copy of the run can have done it."""
