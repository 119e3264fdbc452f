"""Oracles on a chain and in memory: random plans of handovers, time and decisions have the same fate on both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from market_sim.blockchain.certificate import HANDOVER, Domain, Wallet, attested, members_hash
from market_sim.blockchain.oracle_price import price_digest, signed_price
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, RUN, Rig, travel, wallet
from tests.unit.blockchain.test_oracle import Asking

DAY = 24 * 3600
QUESTIONS = 6
STEPS = 60


class Pair:
    """The same oracle with open disputes on both sides, and three sets of validators that sign for either."""

    def __init__(self, contract: Rig) -> None:
        self.sides = [Asking(Rig()), Asking(contract)]
        self.sets = [
            list(contract.validators),
            *([wallet(f"{name}/{number}") for number in range(4)] for name in ("next", "other")),
        ]
        for side in self.sides:
            for owner in (ALICE, BOB):
                side.context.host.give(side.owners[owner].address, CASH, 5_000)
            for epoch in range(QUESTIONS):
                side.pass_epochs(1)
                side.call("alice", "propose", epoch, 5)
                side.call("bob", "dispute", epoch)
        self.open = list(range(QUESTIONS))
        self.seen: Counter[str] = Counter()

    def both(self, what: str, act: Callable[[Asking], object]) -> str:
        fates = []
        for side in self.sides:
            try:
                act(side)
                fates.append(f"{what} done")
            except ChainReverted as refused:
                fates.append(refused.error)
        assert fates[0] == fates[1], (what, fates, self.seen)
        self.seen[fates[0]] += 1
        return fates[0]

    def plan(self, signing: list[Wallet], members: list[Wallet], set_id: int, nonce: int, ahead: int) -> str:
        addresses = [each.address for each in members]

        def planned(side: Asking) -> None:
            host, place = side.context.host, side.oracle.place
            epoch = side.rig.settlement.head().epoch + ahead
            domain = Domain(host.chain_id, bytes.fromhex(place[2:]), RUN)
            signed = signed_price(signing, attested(domain, HANDOVER, set_id, nonce, epoch, members_hash(addresses)))
            written = ["0x" + address.hex() for address in addresses]
            host.invoke(side.owners[BOB], place, "planHandover", written, epoch, nonce, signed)

        return self.both("planHandover", planned)

    def decide(self, signing: list[Wallet], question: int) -> str:
        def decided(side: Asking) -> None:
            host, place = side.context.host, side.oracle.place
            digest = price_digest(host.chain_id, place, RUN, question, 7)
            host.invoke(side.owners[BOB], place, "decide", question, 7, signed_price(signing, digest))

        return self.both("decide", decided)


@pytest.mark.thorough
def test_random_plans_and_decisions_have_one_fate(chain_rig: Rig) -> None:
    pair, luck = Pair(chain_rig), Random(3)
    plans, now, following, set_id = 0, 0, 1, 1
    for _ in range(STEPS):
        kind = luck.choice(("plan", "plan", "travel", "epoch", "decide", "decide"))
        if kind == "plan":
            members = luck.randrange(3)
            nonce = max(plans - luck.choice((0, 0, 0, 1)), 0)
            signing = pair.sets[now if luck.random() < 0.8 else (now + 1) % 3]
            if pair.plan(signing, pair.sets[members], set_id, nonce, luck.randint(0, 2)).endswith("done"):
                plans, following = plans + 1, members
        elif kind == "travel":
            days = luck.choice((1, 2))
            for side in pair.sides:
                travel(side.rig, days * DAY)
        elif kind == "epoch":
            for side in pair.sides:
                side.pass_epochs(1)
        elif pair.open:
            who = luck.choice((now, following))
            if pair.decide(pair.sets[who], pair.open[0]).endswith("done"):
                pair.open.pop(0)
                if who != now:
                    now, set_id = who, set_id + 1
    wanted = {"planHandover done", "decide done", "WrongSigner", "HandoverSuperseded", "HandoverTooEarly"}
    assert wanted <= set(pair.seen), pair.seen
    assert set_id > 1, "the canary: a set was handed over"
