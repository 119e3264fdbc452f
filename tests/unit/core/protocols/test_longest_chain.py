"""One miner of the longest chain: what it works on, when a block is final, and what it does not believe."""

from __future__ import annotations

from msgspec.structs import replace

from market_sim.core.models.consensus_events import BlockProposed, MessageRefused
from market_sim.core.protocols.longest_chain import SLOTS, BlockStore, Lottery, Mined, Miner, Wanted, mined_block
from market_sim.core.randomness import Randomness
from tests.unit.core.protocols.bench import seat


class Chosen(Lottery):
    """A lottery in which the others win every slot, and validator 0 the slots that are named."""

    def __init__(self, *mine: int) -> None:
        super().__init__(Randomness(7), 4)
        self._mine = mine

    def wins(self, validator: int, slot: int) -> bool:
        return slot in self._mine if validator == 0 else True


class Pit:
    """Miner 0 and blocks of the others by name; a name's slot is its place in the alphabet."""

    def __init__(self, confirmations: int = 3, lottery: Lottery | None = None, store: BlockStore | None = None) -> None:
        self.store = store or BlockStore()
        self.seats = [seat(index) for index in range(4)]
        self.miner = Miner(self.seats[0], self.store, lottery or Chosen(), confirmations)
        self.blocks = {"": self.seats[0].genesis}
        self.facts, self.sent = [], []
        self.tick(0, SLOTS - 1)

    def tick(self, epoch: int, slot: int):
        return self.take(self.miner.on_tick(epoch + 1, slot))

    def take(self, reaction):
        self.facts += reaction.facts
        self.sent += [letter.message for letter in reaction.letters]
        return reaction

    def mined(self, name: str, parent: str, miner: int = 1, payload: bytes = b"") -> Mined:
        slot = ord(name) - ord("a") + 1
        block = mined_block(self.blocks[parent].hash, slot, miner, payload)
        self.blocks[name] = block
        return Mined(self.seats[0].genesis.hash, block, payload, miner, self.seats[miner].signer.sign(slot, block.hash))

    def hear(self, *names: str) -> None:
        """Blocks as name and parent, such as `ba` for block b on block a."""
        for name in names:
            self.take(self.miner.on_message(self.mined(name[0], name[1:])))

    def chain(self) -> str:
        names = {block.hash: name for name, block in self.blocks.items()}
        return "".join(names[one] for one in self.miner.chain)

    def refused(self) -> list[str]:
        return [fact.reason for fact in self.facts if isinstance(fact, MessageRefused)]


def test_the_longest_chain_counts():
    pit = Pit()
    pit.hear("a", "ba", "c", "dc")
    assert pit.chain() == "ab", "of two equally long chains the first that was seen"
    pit.hear("ed")
    assert pit.chain() == "cde"


def test_a_shorter_chain_never_counts():
    pit = Pit()
    pit.hear("a", "ba", "cb", "d", "ed")
    assert pit.chain() == "abc"


def test_a_block_with_as_many_confirmations_as_asked_for_is_final_its_own_being_the_first():
    for confirmations, final in ((1, [1, 2, 3]), (2, [0, 1, 2]), (3, [0, 0, 1])):
        pit = Pit(confirmations)
        found = []
        for name in ("a", "ba", "cb"):
            pit.hear(name)
            found.append(pit.miner.final_height)
        assert found == final, confirmations


def test_a_miner_extends_its_longest_chain_when_it_wins():
    pit = Pit(lottery=Chosen(SLOTS + 4))
    pit.hear("a", "ba", "c")
    for slot in range(6):
        pit.tick(1, slot)
    [proposed] = [fact for fact in pit.facts if isinstance(fact, BlockProposed)]
    assert proposed.parent == pit.blocks["b"].hash.hex()
    assert proposed.height == 3
    assert pit.miner.chain[-1].hex() == proposed.block


def test_a_block_before_its_parent_waits_and_asks_for_it():
    pit, other = Pit(), Pit()
    early = [pit.mined("a", ""), pit.mined("b", "a"), pit.mined("c", "b")]
    pit.take(pit.miner.on_message(early[2]))
    assert pit.chain() == ""
    [wanted] = [one for one in pit.sent if isinstance(one, Wanted)]
    for mined in early[:2]:
        other.miner.on_message(mined)
    for letter in other.miner.on_message(wanted).letters:
        assert letter.receivers == (0,)
        pit.take(pit.miner.on_message(letter.message))
    assert pit.chain() == "abc"


def test_a_block_is_passed_on_once():
    pit = Pit()
    mined = pit.mined("a", "")
    assert [letter.message for letter in pit.miner.on_message(mined).letters] == [mined]
    assert pit.miner.on_message(mined).letters == []


def test_a_block_of_unknown_trades_waits_for_the_news():
    pit = Pit()
    pit.take(pit.miner.on_message(pit.mined("a", "", payload=b"5")))
    assert pit.chain() == ""
    pit.seats[0].payloads.learn([5])
    pit.take(pit.miner.on_payload_news())
    assert pit.chain() == "a"


def test_work_that_was_not_done_is_worth_nothing():
    pit = Pit(lottery=Lottery(Randomness(7), 4))
    slot = next(slot for slot in range(1, SLOTS) if not Lottery(Randomness(7), 4).wins(1, slot))
    pit.take(pit.miner.on_message(pit.mined(chr(ord("a") + slot - 1), "")))
    assert pit.refused() == ["ILL_FORMED"]
    assert pit.chain() == ""


def test_what_is_not_in_order_is_refused_with_its_reason():
    pit = Pit()
    good = pit.mined("a", "")
    future = mined_block(good.genesis, SLOTS + 1, 1, b"")
    wrong = {
        "WRONG_GENESIS": replace(good, genesis=b"another"),
        "UNKNOWN_VALIDATOR": replace(good, miner=4),
        "ILL_FORMED": replace(good, payload=b"another"),
        "BAD_SIGNATURE": replace(good, signature=b"nobody's"),
    }
    for mined in (*wrong.values(), replace(good, block=future)):
        pit.take(pit.miner.on_message(mined))
    assert pit.refused() == [*wrong, "ILL_FORMED"]
    pit.hear("b", "ab")
    assert pit.refused()[-1] == "EPOCH_NOT_AFTER_PARENT"
    assert pit.chain() == "b"


def test_a_miner_that_crashed_starts_from_its_disk():
    pit = Pit()
    pit.hear("a", "ba", "c", "dc", "ed")
    back = Pit(store=pit.store)
    assert back.miner.chain == pit.miner.chain
    assert back.miner.final_height == pit.miner.final_height == 1
    assert len(back.miner.recall(0)) == 5


def test_together_the_validators_find_about_one_block_in_an_epoch():
    lottery = Lottery(Randomness(7), 4)
    wins = sum(lottery.wins(validator, slot) for validator in range(4) for slot in range(1, 400 * SLOTS))
    assert 340 < wins < 460
