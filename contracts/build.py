"""Compiles the contracts and writes artifacts/*.json; for builders only, the artifacts are committed.

    python contracts/build.py            write the artifacts whose sources, packages or settings changed
    python contracts/build.py --check    compile all and compare, byte for byte; exit code 1 when one is stale

A compiler is looked for in this order and never downloaded: the variable SOLC; the pinned version where py-solc-x keeps
its compilers; npm's solc through the wrapper, after `npm ci --ignore-scripts` in this folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "node_modules"
VERSION = "0.8.37"
COMPILER = "0.8.37+commit.f401782d"
CONTRACTS = {
    "Token": "Token.sol",
    "BatchSettlement": "BatchSettlement.sol",
    "Escrow": "Escrow.sol",
    "Amm": "Amm.sol",
    "GuardedAmm": "GuardedAmm.sol",
    "MarginVault": "MarginVault.sol",
    "LendingPool": "LendingPool.sol",
    "FlashArbitrage": "FlashArbitrage.sol",
    "HostileToken": "hostile/HostileToken.sol",
    "Htlc": "Htlc.sol",
    "Bridge": "Bridge.sol",
    "NaiveBridge": "naive/NaiveBridge.sol",
    "Oracle": "Oracle.sol",
    "OptionSeries": "OptionSeries.sol",
    "PredictionMarket": "PredictionMarket.sol",
    "CallAuction": "CallAuction.sol",
    "Warrant": "Warrant.sol",
    "Bonds": "Bonds.sol",
    "OrderSettlement": "OrderSettlement.sol",
}
SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": False,
    # The compiler's own default is newer than the last fork that py-evm knows.
    "evmVersion": "cancun",
    # Without it a changed comment or path would change the bytecode.
    "metadata": {"bytecodeHash": "none"},
}
OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]


def compiler() -> Path | None:
    """The first compiler found, or nothing."""
    import solcx

    named = os.environ.get("SOLC")
    if named:
        return Path(named)
    if VERSION in map(str, solcx.get_installed_solc_versions()):
        return Path(solcx.install.get_executable(VERSION))
    wrapper = HERE / "solc-wrapper"
    if shutil.which("node") and (HERE / "node_modules" / "solc").is_dir():
        return wrapper
    return None


def sources() -> dict[str, str]:
    """Every source of a contract by its name relative to this folder; what hunts for bugs in them is none."""
    found = sorted(path for pattern in ("*.sol", "*/*.sol") for path in HERE.glob(pattern))
    found = [path for path in found if path.parent.name != "invariants"]
    return {path.relative_to(HERE).as_posix(): path.read_text() for path in found}


def imported(name: str, text: str) -> list[str]:
    """The names of the sources that one imports: relative to it, or below a package of npm."""
    named = [line.split('"')[1] for line in text.splitlines() if line.startswith("import ")]
    return [
        os.path.normpath(os.path.join(os.path.dirname(name), each)) if each.startswith(".") else each for each in named
    ]


def with_packages(texts: dict[str, str]) -> dict[str, str]:
    """These sources and those of npm's packages that they import, however far."""
    found = dict(texts)
    todo = [each for name, text in texts.items() for each in imported(name, text)]
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = (PACKAGES / name).read_text()
            todo += imported(name, found[name])
    return found


def taking_part(name: str, texts: dict[str, str]) -> list[str]:
    """The source itself and everything that it imports."""
    todo, seen = [name], set()
    while todo:
        source = todo.pop()
        seen.add(source)
        todo += [each for each in imported(source, texts[source]) if each not in seen]
    return sorted(seen)


def packages_of(names: list[str]) -> dict[str, str]:
    """The packages of npm that take part, with their versions; package.json pins them, so no source needs a hash."""
    found = sorted({"/".join(name.split("/")[:2]) for name in names if name.startswith("@")})
    return {name: json.loads((PACKAGES / name / "package.json").read_text())["version"] for name in found}


def origin(name: str, texts: dict[str, str]) -> dict[str, Any]:
    """What the code of this contract depends on: its artifact says so, and is stale when it says something else."""
    parts = taking_part(CONTRACTS[name], texts)
    found: dict[str, Any] = {
        "compiler": COMPILER,
        "settings": SETTINGS,
        "sources": {
            each: hashlib.sha256(texts[each].encode()).hexdigest() for each in parts if not each.startswith("@")
        },
    }
    if packages := packages_of(parts):
        found["packages"] = packages
    return found


def is_known(name: str, origins: dict[str, Any], folder: Path) -> bool:
    """Whether the artifact in this folder was compiled from just this."""
    try:
        stored = json.loads((folder / f"{name}.json").read_text())
    except (OSError, ValueError):
        return False
    return {each: stored[each] for each in (*origins, "packages") if each in stored} == origins


def compiled(solc: Path, names: list[str], texts: dict[str, str]) -> dict[str, str]:
    """The text of the artifact of each of these contracts, by its file name."""
    import solcx

    needed = {part for name in names for part in taking_part(CONTRACTS[name], texts)}
    request = {
        "language": "Solidity",
        "sources": {part: {"content": texts[part]} for part in sorted(needed)},
        "settings": {**SETTINGS, "outputSelection": {CONTRACTS[name]: {name: OUTPUTS} for name in names}},
    }
    answer = solcx.compile_standard(request, solc_binary=solc, base_path=HERE)
    for message in answer.get("errors", ()):
        if not message["sourceLocation"]["file"].startswith("@"):  # what it warns of in a package is not ours to mend
            raise SystemExit(message["formattedMessage"])
    artifacts = {}
    for name in names:
        contract = answer["contracts"][CONTRACTS[name]][name]
        deployed = contract["evm"]["deployedBytecode"]
        artifact = {
            "abi": contract["abi"],
            "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
            "deployedBytecode": "0x" + deployed["object"],
            # The compiler names them by numbers that depend on all the other sources; only the places matter.
            "immutableReferences": sorted(
                [place["start"], place["length"]]
                for places in deployed["immutableReferences"].values()
                for place in places
            ),
            **origin(name, texts),
        }
        artifacts[f"{name}.json"] = json.dumps(artifact, sort_keys=True, indent=1) + "\n"
    return artifacts


def main(arguments: list[str]) -> int:
    """Write or compare; says in one line what it did."""
    import solcx

    solc = compiler()
    if solc is None:
        print("no compiler: set SOLC, or run `npm ci --ignore-scripts` in contracts/ (needs Node)", file=sys.stderr)  # noqa: T201
        return 2
    found = solcx.wrapper.get_solc_version(solc, with_commit_hash=True)
    if not str(found).startswith(COMPILER):
        print(f"{solc.name} is {found}, and the contracts are pinned to {COMPILER}", file=sys.stderr)  # noqa: T201
        return 2
    folder = HERE / "artifacts"
    folder.mkdir(exist_ok=True)
    stale = []
    texts = with_packages(sources())
    names = [name for name in CONTRACTS if "--check" in arguments or not is_known(name, origin(name, texts), folder)]
    for file, text in compiled(solc, names, texts).items() if names else ():
        place = folder / file
        if not place.exists() or place.read_text() != text:
            stale.append(file)
            if "--check" not in arguments:
                place.write_text(text)
    print("artifacts that differed: " + (", ".join(stale) or "none"))  # noqa: T201
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
