"""The pages of a run's chain: every transaction decoded, its blocks, its trades with their proofs, the reserves."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from decimal import Decimal
from html import unescape

import msgspec
import pytest
from Crypto.Hash import keccak

from market_sim import Options, open_run, simulate
from market_sim.analysis.history.fair_places import FairPlaces
from market_sim.analysis.transactions import by_function, failure_alert, transactions
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import CallsOrdered
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import (
    BatchCertified,
    BlockSettled,
    CallExecuted,
    CallSubmitted,
    ContractDeployed,
    Reconciled,
    VaultShort,
)
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.sandwich import SandwichScenario

TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def escrow() -> Journal:
    return simulate(EscrowScenario(), Options(epochs=6, settlement="memory")).journal


@pytest.fixture
def address(folders, tmp_path, escrow) -> str:
    archive.save(escrow, tmp_path / "results" / "escrow")
    return "/runs/escrow"


def text(page: str) -> str:
    return " ".join(unescape(TAG.sub(" ", page)).split())


def rows(page: str, label: str) -> list[list[str]]:
    """The cells of the table with this label, without its head."""
    table = re.search(rf'aria-label="{label}">\s*<table.*?<tbody>(.*?)</tbody>', page, re.S)
    assert table is not None, label
    return [
        [text(cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.S)
    ]


def test_the_page_and_the_command_hold_the_same_transactions(visitor, address, escrow) -> None:
    assert f'href="{address}/chain"' in visitor.get(address).text
    page = visitor.get(f"{address}/chain").text
    sent = list(transactions(escrow))
    assert [row[0] for row in rows(page, "Transactions")] == [str(number) for number in range(1, len(sent) + 1)]
    shown = [(row[0], int(row[1]), int(row[2]), int(row[3].replace(",", ""))) for row in rows(page, "Gas by function")]
    assert shown == [(f"{use.contract}.{use.function}", *use[2:]) for use in by_function(sent)]
    deployed = [event.contract for event in escrow.of(ContractDeployed)]
    assert [row[0] for row in rows(page, "Contracts")] == ["settlement", *deployed] and deployed
    only = visitor.get(f"{address}/chain?call=escrow.lock").text
    locks = [event for event in escrow.of(CallExecuted) if event.function == "lock"]
    assert len(rows(only, "Transactions")) == len(locks) > 0
    file = list(csv.DictReader(io.StringIO(visitor.get(f"{address}/chain?as=csv").text)))
    assert [row["hash"] for row in file] == [one.hash for one in sent]


@pytest.mark.parametrize("failures", [1, 3])
def test_too_many_failures_are_an_alert_with_the_reasons(visitor, folders, tmp_path, failures: int) -> None:
    journal, left = Journal(), failures
    executed = 0
    for event in simulate(EscrowScenario(), Options(epochs=4, settlement="memory")).journal:
        if isinstance(event, CallExecuted | BlockSettled):
            executed += 1
            if executed > 10:
                continue
        if isinstance(event, CallExecuted) and left:
            left -= 1
            event = msgspec.structs.replace(event, succeeded=False, reason="TooLate", numbers={})
        journal.record(event)
    archive.save(journal, tmp_path / "results" / "failing")
    sent = list(transactions(journal))
    assert len(sent) == 10 and not left
    page = visitor.get("/runs/failing/chain").text
    rate = f"{failures} of 10 transactions failed, {failures * 10}.0 %"
    said = f"Alert: {rate}, which is more than 20 %: TooLate {failures}."
    assert (said in text(page)) == (failures == 3) == bool(failure_alert(sent, 20))
    quiet = "1 of 10 transactions failed, 10.0 %, which is not more than the 20 % that raise an alert."
    assert (quiet in text(page)) == (failures == 1)
    failed = visitor.get("/runs/failing/chain?outcome=failed").text
    assert len(rows(failed, "Transactions")) == failures


def test_a_call_is_decoded_with_the_names_of_the_contract_and_leads_to_its_block(visitor, address, escrow) -> None:
    call = next(event for event in escrow.of(CallSubmitted) if event.function == "lock")
    number = next(one.number for one in transactions(escrow) if one.function == "lock")
    page = visitor.get(f"{address}/transactions/{number}").text
    called, answered = page.split("<h2>Call</h2>")[1].split("<h2>What the contract answered</h2>")
    fields = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", called))
    assert fields["payee"] == call.arguments[0]
    assert fields["amount"].replace(",", "") == str(call.arguments[1])
    [block] = re.findall(r'<li>(.*?)<span class="when"><a href="([^"]+)">', page)
    assert "height" in block[0]
    assert visitor.get(block[1]).status_code == 200
    assert "<dt>deal</dt><dd>0</dd>" in answered


def test_a_batch_leads_to_its_trades_and_each_of_them_back(visitor, run_address, small_run) -> None:
    journal = open_run(small_run).journal
    sent = next(one for one in transactions(journal) if one.function == "settle")
    page = visitor.get(f"{run_address}/transactions/{sent.number}").text
    sums: Counter[str] = Counter()
    for _, token, change in rows(page, "Balances changed"):
        sums[token] += Decimal(change.removesuffix(token).replace(",", ""))
    assert set(sums) == {"USD", "ACME"} and not any(sums.values())
    certified = next(journal.of(BatchCertified))
    assert certified.trades_root in page and certified.net_hash in page
    trades = re.findall(rf'href="({run_address}/trades/\d+)"', page)
    assert len(trades) == min(40, next(journal.of(BlockSettled)).trades) > 0
    back = f'href="{run_address}/transactions/{sent.number}"'
    assert all(back in visitor.get(trade).text for trade in trades[:3])
    order = next(journal.of(Trade)).taker_order
    assert back in visitor.get(f"{run_address}/orders/{order}").text


def hashed(data: bytes) -> bytes:
    """Keccak-256 of another library than the program's."""
    return keccak.new(digest_bits=256, data=data).digest()


def root_of(index: int, record: str, proof: list[str]) -> str:
    """The root by the rule that the page states."""
    node = hashed(hashed(index.to_bytes(8, "big") + bytes.fromhex(record)))
    for neighbour in map(bytes.fromhex, proof):
        node = hashed(min(node, neighbour) + max(node, neighbour))
    return node.hex()


def test_the_proof_on_the_page_of_a_trade_leads_to_the_signed_root(visitor, run_address, small_run) -> None:
    journal = open_run(small_run).journal
    settled = sum(event.trades for event in journal.of(BlockSettled))
    for trade in (1, settled // 2, settled):
        page = visitor.get(f"{run_address}/trades/{trade}").text
        [record] = re.findall(r"<code data-record>([0-9a-f]+)</code>", page)
        proof = re.findall(r"<code data-node>([0-9a-f]{64})</code>", page)
        [index] = re.findall(r"of the index (\d+) in 8 bytes", page)
        root = root_of(int(index), record, proof)
        assert root in {event.trades_root for event in journal.of(BatchCertified)} and root in page
        told = visitor.get(f"{run_address}/trades/{trade}/proof.json").get_json()
        assert (told["place"], told["record"], told["proof"], told["root"]) == (int(index), record, proof, root)
        assert root_of(int(index) + 1, record, proof) != root
        assert root_of(int(index), "00" + record[2:], proof) != root


def test_the_reserves_are_shown_and_a_hole_is_named_to_the_cent(visitor, address, escrow, tmp_path) -> None:
    page = visitor.get(f"{address}/reserves").text
    compared = list(escrow.of(Reconciled))
    assert f"The vault was compared {len(compared)} times" in text(page)
    shown = rows(page, "Reserves at each settled block")
    assert [row[0] for row in shown] == [str(event.last) for event in compared for _ in event.totals]
    assert {row[-1] for row in shown} == {"0.00", "0"}
    holed, last = Journal(), compared[-1]
    for event in escrow:
        if event is last:
            event = VaultShort(last.time, last.last, "USD", last.totals[0] - 1, last.totals[0])
        holed.record(event)
    archive.save(holed, tmp_path / "results" / "holed")
    page = visitor.get("/runs/holed/reserves").text
    assert f"A hole of 0.01 USD at block {last.last}: the vault holds " in text(page)
    assert "a hole of 0.01 USD" in text(visitor.get("/runs/holed/chain").text)
    file = list(csv.DictReader(io.StringIO(visitor.get("/runs/holed/reserves?as=csv").text)))
    assert [row["beyond"] for row in file if row["beyond"] != "0"] == ["-1"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("transactions/0", 404, "no transaction of this number"),
        ("transactions/999", 404, "no transaction of this number"),
        ("trades/99999/proof.json", 404, "no settled trade of this number"),
        ("chain?call=nobody.nothing", 422, "all must be one of escrow.lock, "),
        ("reserves?token=GOLD", 422, "oken must be one of USD, ACME"),
    ],
)
def test_a_wrong_address_is_one_sentence(visitor, address, path: str, status: int, sentence: str) -> None:
    answer = visitor.get(f"{address}/{path}")
    assert answer.status_code == status and sentence in unescape(answer.text)


def test_a_run_without_a_chain_says_so(visitor, folders, tmp_path) -> None:
    archive.save(
        simulate(EscrowScenario(), Options(epochs=1, settlement="none")).journal, tmp_path / "results" / "none"
    )
    assert "This run sent nothing to a chain." in text(visitor.get("/runs/none/chain").text)
    assert "This run settled on no chain, so there is no vault." in text(visitor.get("/runs/none/reserves").text)


def test_the_page_of_a_call_says_why_it_has_its_place_in_a_fair_order(visitor, folders, tmp_path) -> None:
    journal = simulate(SandwichScenario(order="fair"), Options(epochs=10, settlement="memory")).journal
    archive.save(journal, tmp_path / "results" / "fair")
    places, sent = FairPlaces(journal), list(transactions(journal))
    told = 0
    for one in sent:
        event = journal[one.event]
        if isinstance(event, CallExecuted):
            page = text(visitor.get(f"/runs/fair/transactions/{one.number}").text)
            holding = [ordered.block for ordered in journal.of(CallsOrdered) if event.call in ordered.calls]
            sentences = [places.sentence(block, event.call) for block in holding]
            assert sentences and all(sentence in page for sentence in sentences)
            told += sum("breaks the fair order" in sentence for sentence in sentences)
    assert told, "one of them was in a block of the greedy leader, too"
    batch = next(one for one in sent if one.contract == "settlement")
    assert "fair order" not in visitor.get(f"/runs/fair/transactions/{batch.number}").text
