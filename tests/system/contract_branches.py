"""The branches of the contracts: which there are, by the compiler, and which ways a run of tests has taken.

As a plugin of pytest (`-p tests.system.contract_branches`) it watches each conditional jump of py-evm and writes which
ways it went into the folder that BRANCHES names. `missing()` reads that: a jump belongs to the `if`,
ternary, loop, `&&` or `||` whose text is the place that the compiler gives for the jump. The code is the committed one,
optimised as on the chain.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import ROOT

CONTRACTS = ROOT / "contracts"
JUMPI, PUSH1, PUSH32 = 0x57, 0x60, 0x7F
BRANCHING = ("IfStatement", "Conditional", "ForStatement", "WhileStatement")
BOTH = 3
LEFT_OUT = ("hostile/", "naive/", "@")
"""What no money depends on, and what is not ours."""

Ways = dict[bytes, dict[int, int]]
"""For each code, the conditional jumps by their place: 1 is not jumped, 2 jumped, 3 both."""


class Branch(NamedTuple):
    """A place in a source where the way forks."""

    source: str
    line: int
    text: str


def watch(ways: Ways) -> None:
    """Note each conditional jump of py-evm."""
    from eth.vm.forks.prague.computation import PragueComputation

    opcode = PragueComputation.opcodes[JUMPI]
    jump = opcode.logic_fn

    def noted(computation: Any) -> None:
        code = computation.code
        following = code.program_counter
        jump(computation)
        here = ways[code._raw_code_bytes]
        here[following - 1] = here.get(following - 1, 0) | (1 if code.program_counter == following else 2)

    opcode.logic_fn = noted


def pytest_configure() -> None:
    WATCHED.clear()
    watch(WATCHED)


def pytest_sessionfinish() -> None:
    place = Path(os.environ["BRANCHES"]) / f"{os.getpid()}.json"
    place.write_text(json.dumps({code.hex(): ways for code, ways in WATCHED.items()}))


WATCHED: Ways = defaultdict(dict)


# --- what the compiler says


def compiled() -> dict[str, Any]:
    """The compiler's answer for all contracts: code, places of the code in the sources, and syntax trees."""
    import solcx

    described = importlib.util.spec_from_file_location("build_contracts", CONTRACTS / "build.py")
    assert described is not None and described.loader is not None
    build = importlib.util.module_from_spec(described)
    described.loader.exec_module(build)
    texts = build.with_packages(build.sources())
    outputs = ["evm.bytecode.object", "evm.bytecode.sourceMap", "evm.deployedBytecode.object"]
    outputs += ["evm.deployedBytecode.sourceMap", "evm.deployedBytecode.immutableReferences"]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in texts.items()},
        "settings": {**build.SETTINGS, "outputSelection": {"*": {"*": outputs, "": ["ast"]}}},
    }
    answer: dict[str, Any] = solcx.compile_standard(request, solc_binary=build.compiler(), base_path=CONTRACTS)
    answer["texts"] = texts
    return answer


def branches(answer: dict[str, Any]) -> dict[tuple[int, int, int], Branch]:
    """Every fork of our sources, by start, length and number of its source: the form that the compiler uses."""
    found = {}
    for name, source in answer["sources"].items():
        if name.startswith(LEFT_OUT):
            continue
        text = answer["texts"][name].encode()
        for node in nodes(source["ast"]):
            if node["nodeType"] in BRANCHING or node.get("operator") in ("&&", "||"):
                start, length, number = map(int, node["src"].split(":"))
                line = text[:start].count(b"\n") + 1
                said = text[start : start + length].decode().split("\n")[0].strip()
                found[start, length, number] = Branch(name, line, said)
    return found


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a syntax tree."""
    if isinstance(tree, dict):
        if "nodeType" in tree:
            yield tree
        for each in tree.values():
            yield from nodes(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from nodes(each)


def jumps(code: bytes, source_map: str) -> dict[int, tuple[int, int, int]]:
    """The place in the sources of each conditional jump, by its place in the code."""
    found: dict[int, tuple[int, int, int]] = {}
    place, fields = 0, ["0", "0", "-1"]
    for entry in source_map.split(";"):
        for number, field in enumerate(entry.split(":")[:3]):
            fields[number] = field or fields[number]
        if place >= len(code):
            break
        if code[place] == JUMPI:
            found[place] = (int(fields[0]), int(fields[1]), int(fields[2]))
        place += code[place] - PUSH1 + 2 if PUSH1 <= code[place] <= PUSH32 else 1
    return found


def taken(answer: dict[str, Any], ways: Ways) -> dict[tuple[int, int, int], int]:
    """The ways that each place in the sources has gone: 1, 2 or 3; a place without a jump in any code is missing."""
    found: dict[tuple[int, int, int], int] = {}
    for contracts in answer["contracts"].values():
        for contract in contracts.values():
            evm = contract["evm"]
            for kind in ("bytecode", "deployedBytecode"):
                code = bytes.fromhex(evm[kind]["object"])
                if not code:
                    continue
                gone = gone_in(code, evm["deployedBytecode"]["immutableReferences"], kind, ways)
                for place, where in jumps(code, evm[kind]["sourceMap"]).items():
                    found[where] = found.get(where, 0) | gone.get(place, 0)
    return found


def gone_in(code: bytes, immutable: dict[str, Any], kind: str, ways: Ways) -> dict[int, int]:
    """The ways of all codes that are this one, whatever its immutable values or the arguments of its constructor."""
    spans = [(one["start"], one["length"]) for places in immutable.values() for one in places]
    gone: dict[int, int] = {}
    for ran, jumped in ways.items():
        if kind == "bytecode":
            same = ran.startswith(code)
        else:
            masked = bytearray(ran)
            for start, length in spans if len(ran) == len(code) else ():
                masked[start : start + length] = bytes(length)
            same = bytes(masked) == code
        if same:
            for place, way in jumped.items():
                gone[place] = gone.get(place, 0) | way
    return gone


def missing(answer: dict[str, Any], ways: Ways) -> list[str]:
    """What no test does: the place, and the way that was not taken there."""
    gone = taken(answer, ways)
    found = []
    for place, branch in sorted(branches(answer).items(), key=lambda pair: pair[1]):
        if gone.get(place) != BOTH:
            never = {None: "has no jump", 0: "never reached", 1: "jumps never", 2: "jumps always"}[gone.get(place)]
            found.append(f"{branch.source}:{branch.line}: {never}: {branch.text}")
    return found


def read(folder: Path) -> Ways:
    """What the processes of a run wrote."""
    ways: Ways = defaultdict(dict)
    for path in sorted(folder.glob("*.json")):
        for code, jumped in json.loads(path.read_text()).items():
            here = ways[bytes.fromhex(code)]
            for place, way in jumped.items():
                here[int(place)] = here.get(int(place), 0) | way
    return ways
