"""Two protocols once more, as plainly as possible: the fork choice of a longest chain, and what a two-phase agreement
may never do. Nothing is imported from the product; blocks are names, and everything is worked out anew when asked.

Nakamoto 2008, sections 5 and 11; Buchman, Kwon and Milosevic 2018 (arXiv 1807.04938), Algorithm 1 and section 3.
"""

from __future__ import annotations

GENESIS = "genesis"


class NaiveLongestChain:
    """The blocks one miner has heard of, in the order in which it could use them."""

    def __init__(self, confirmations: int) -> None:
        self.confirmations = confirmations
        self.heard: list[tuple[str, str]] = []

    def hear(self, block: str, parent: str) -> None:
        """A valid block arrives, its parent perhaps later."""
        if (block, parent) not in self.heard:
            self.heard.append((block, parent))

    def usable(self) -> list[list[str]]:
        """The chains to all blocks whose ancestors are here, in the order in which they became usable."""
        chains: dict[str, list[str]] = {GENESIS: []}
        waiting: list[tuple[str, str]] = []
        for one in self.heard:
            waiting.append(one)
            fresh = one if one[1] in chains else None
            while fresh is not None:
                waiting.remove(fresh)
                chains[fresh[0]] = [*chains[fresh[1]], fresh[0]]
                fresh = next((late for late in waiting if late[1] in chains), None)
        return list(chains.values())

    def chain(self) -> list[str]:
        """The longest chain; of equally long ones the first."""
        best: list[str] = []
        for chain in self.usable():
            if len(chain) > len(best):
                best = chain
        return best

    def final(self) -> list[str]:
        """The blocks with enough confirmations: a block's own is its first, and each block on top is one more."""
        chain = self.chain()
        return [block for place, block in enumerate(chain) if len(chain) - place >= self.confirmations]


class NaiveBftMonitor:
    """Sees every ballot that is sent, and every block that becomes final for an honest validator."""

    def __init__(self, validators: int, honest: list[int]) -> None:
        self.validators = validators
        self.honest = honest
        self.voters: dict[tuple[str, int, int, str], set[int]] = {}
        """Who has sent which ballot: phase, height, round, block."""
        self.sent_by: dict[tuple[int, int], list[tuple[str, int, str]]] = {}
        """What a voter has sent about a height: phase, round, block."""
        self.final: dict[int, list[str]] = {}
        self.wrong: list[str] = []

    def cast(self, phase: str, height: int, round_: int, block: str, voter: int) -> None:
        """A ballot is sent, or passed on."""
        voters = self.voters.setdefault((phase, height, round_, block), set())
        if voter in voters:
            return
        if voter in self.honest:
            self._check(phase, height, round_, block, voter)
        voters.add(voter)
        self.sent_by.setdefault((voter, height), []).append((phase, round_, block))

    def decided(self, validator: int, height: int, block: str) -> None:
        """A block becomes final for an honest validator."""
        rounds = {place[2] for place in self.voters}
        if not any(self.has_quorum("precommit", height, round_, block) for round_ in rounds):
            self.wrong.append(f"{validator} finalizes {block} at {height} without a quorum of precommits of one round")
        self.final.setdefault(height, []).append(block)
        if len(set(self.final[height])) > 1:
            self.wrong.append(f"two final blocks at height {height}")

    def has_quorum(self, phase: str, height: int, round_: int, block: str) -> bool:
        """Whether two thirds have sent this ballot."""
        return 3 * len(self.voters.get((phase, height, round_, block), ())) >= 2 * self.validators

    def _check(self, phase: str, height: int, round_: int, block: str, voter: int) -> None:
        mine = self.sent_by.get((voter, height), [])
        if any(sent[:2] == (phase, round_) for sent in mine):
            self.wrong.append(f"{voter} sends a second {phase} at {height} in round {round_}")
        if phase == "precommit" and not self.has_quorum("prevote", height, round_, block):
            self.wrong.append(f"{voter} precommits {block} in round {round_} without a quorum of prevotes")
        if phase != "prevote":
            return
        locks = [(sent[1], sent[2]) for sent in mine if sent[0] == "precommit"]
        if not locks or max(locks)[1] == block:
            return
        locked_in = max(locks)[0]
        frees = range(locked_in, round_)
        if not any(self.has_quorum("prevote", height, later, block) for later in frees):
            self.wrong.append(f"{voter}, locked in round {locked_in}, prevotes another block in round {round_}")
