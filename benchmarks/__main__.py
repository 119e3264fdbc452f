"""Run every benchmark and write down what came out, with the machine, the Python version and the commit.

    python -m benchmarks                 # all, some minutes
    python -m benchmarks levels pricing  # only these; the other figures stay as they were

Each module runs in a process of its own and prints one JSON object. The results go to results.json, and the table in
README.md is made from that file and from nothing else.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def modules() -> list[str]:
    """Every module here that has figures for the tables."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\ndef figures(" in path.read_text(encoding="utf-8"))


def processor() -> str:
    """What the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def surroundings() -> dict[str, str]:
    """Where the figures were measured."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    return {
        "machine": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": git.stdout.strip() or "unknown",
    }


def measure(module: str) -> dict[str, object]:
    """The figures of one module, and where they come from."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    answer = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    return {"figures": json.loads(answer.stdout), **surroundings()}


def written(value: object) -> str:
    """A figure, or the several figures of one subject, as a table shows them."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {written(each)}" for name, each in value.items())
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def page(results: dict[str, dict[str, object]]) -> str:
    """The tables of README.md."""
    parts = []
    for module, result in results.items():
        where = ", ".join(str(result[name]) for name in ("machine", "system")) + f", Python {result['python']}"
        rows = [f"| {name} | {written(value)} |" for name, value in dict(result["figures"]).items()]  # type: ignore[call-overload]
        heading = [f"### {module}", "", f"{where}, commit {result['commit']}.", "", "| what | measured |", "|---|---|"]
        parts.append("\n".join([*heading, *rows]))
    return "\n\n".join(parts)


def main(arguments: list[str]) -> None:
    """Measure what was chosen, or everything, and write both files."""
    typed = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    typed.add_argument("modules", nargs="*", metavar="MODULE", help=f"default: all of {', '.join(modules())}")
    chosen = typed.parse_args(arguments).modules
    if unknown := sorted(set(chosen) - set(modules())):
        typed.error(f"expected some of {', '.join(modules())}; found {', '.join(unknown)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for module in chosen or modules():
        print(f"measuring {module} ...", file=sys.stderr)
        results[module] = measure(module)
        RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=2) + "\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{page(dict(sorted(results.items())))}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main(sys.argv[1:])
