"""L3: epochs a second of a Streamlet committee with real Ed25519, by size and by who verifies.

Beside each figure stands its bound: the same number of signatures and checks and nothing else, measured in between.
Echoes that change nothing are left out at every size, as the specification's table does. Prints one JSON object; run
by `python -m benchmarks`.
"""

from __future__ import annotations

import json
import time
from statistics import median

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.network import Conditions, Network
from market_sim.core.consensus.payloads import Chain, Invalid, Unknown
from market_sim.core.consensus.signing import Ed25519Scheme, VerifyMode
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import CallsSeen
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import SECOND, Clock

REPETITIONS = 5
SIZES = ((4, 400), (16, 40), (64, 8))


class Empty:
    """Payloads with nothing to order: the figure is that of consensus alone."""

    def learn(self, news: object) -> bool:
        return True

    def payload_for(self, chain: Chain) -> bytes:
        return b""

    def be_greedy(self, greedy: bool) -> None:
        pass

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        return None

    def calls(self, payload: bytes) -> tuple[int, ...]:
        return ()

    def reports(self, payload: bytes) -> tuple[CallsSeen, ...]:
        return ()

    def count(self, payload: bytes) -> int:
        return 0


def epochs_per_second(validators: int, epochs: int, verify: VerifyMode) -> float:
    """One committee that proposes, votes, notarizes and finalizes through all its epochs."""
    rules, randomness, clock, journal = Rules(validators=validators), Randomness(1), Clock(), Journal()
    network = Network(rules, randomness, Conditions(literal_echo=False))
    payloads = [Empty() for _ in range(validators)]
    committee = Committee(rules, randomness, network, clock, journal.record, payloads, lambda *_: None, verify)
    committee.start(SECOND, epochs)
    clock.run(until=2 * SECOND)  # the first epoch also makes the random streams of all pairs
    begin = time.process_time()
    clock.run(until=(epochs + 1) * SECOND)
    took = time.process_time() - begin
    if committee.status().finalized != epochs - 1:
        raise SystemExit(f"{validators} validators finalized {committee.status().finalized} of {epochs - 1} blocks")
    return (epochs - 1) / took


def bound(validators: int, verify: VerifyMode) -> float:
    """Epochs a second if signing and checking were everything: n signatures, each checked by all others or once."""
    scheme = Ed25519Scheme(Randomness(1), 1)
    signer, verifier = scheme.signer(0, 1, bytes(32)), scheme.verifiers(1, bytes(32), "each")[0]
    checks = validators * (validators - 1 if verify == "each" else 1)
    repeat = max(1, 2_000 // checks)
    begin = time.process_time()
    for epoch in range(repeat):
        for _ in range(validators):
            signature = signer.sign(epoch, bytes(32))
        for _ in range(checks):
            verifier.is_valid(0, epoch, bytes(32), signature)
    return repeat / (time.process_time() - begin)


def figures() -> dict[str, float]:
    """The medians of interleaved repetitions."""
    found: dict[str, list[float]] = {}
    modes: tuple[tuple[VerifyMode, str], ...] = (("each", "every validator verifying"), ("shared", "shared cache"))
    for _ in range(REPETITIONS):
        for verify, words in modes:
            for validators, epochs in SIZES:
                name = f"L3 epochs/s, n={validators}, {words}"
                found.setdefault(name, []).append(epochs_per_second(validators, epochs, verify))
                found.setdefault(name + ", bound", []).append(bound(validators, verify))
    return {name: median(values) for name, values in found.items()}


if __name__ == "__main__":
    print(json.dumps(figures()))
