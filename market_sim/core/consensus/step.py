"""A step: what follows from one input to a validator. The machine decides; whoever drives it carries the step out."""

from __future__ import annotations

import msgspec

from market_sim.core.consensus.blocks import Message
from market_sim.core.consensus.catching_up import Request
from market_sim.core.consensus.durable import Durable
from market_sim.core.models.consensus_events import ConsensusEvent


class Step(msgspec.Struct, frozen=True, gc=False):
    """What follows from one input: messages for everyone, what must be durable before they leave, journal events."""

    send: tuple[Message, ...] = ()
    persist: tuple[Durable, ...] = ()
    facts: tuple[ConsensusEvent, ...] = ()
    ask: tuple[Request, ...] = ()
    """What the validator lacks and asks its peers for."""


NOTHING = Step()
