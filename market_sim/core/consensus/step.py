"""A step: the output of a validator for one input. The validator decides; its caller carries the step out."""

from __future__ import annotations

import msgspec

from market_sim.core.consensus.blocks import Message
from market_sim.core.consensus.catching_up import Request
from market_sim.core.consensus.durable import Durable
from market_sim.core.models.consensus_events import ConsensusEvent


class Step(msgspec.Struct, frozen=True, gc=False):
    """The output for one input: messages for all, records to write before they leave, events for the journal."""

    send: tuple[Message, ...] = ()
    persist: tuple[Durable, ...] = ()
    facts: tuple[ConsensusEvent, ...] = ()
    ask: tuple[Request, ...] = ()
    """Requests to the peers for missing blocks and votes."""


NOTHING = Step()
