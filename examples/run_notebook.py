"""Runs the code cells of a notebook without Jupyter, and compares their outputs with those that are stored in it.

    python -m examples.run_notebook examples/*.ipynb            # says what differs
    python -m examples.run_notebook --write examples/*.ipynb    # stores the outputs

A picture of a chart is drawn by a browser (chromium) when outputs are stored, and is not compared.
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WIDTH = 900
Output = dict[str, Any]


def outputs_of(notebook: dict[str, Any]) -> list[list[Output]]:
    """The outputs of every code cell, in the order of the notebook; all cells share their names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    return [
        list(_run("".join(cell["source"]), names, count))
        for count, cell in enumerate((one for one in notebook["cells"] if one["cell_type"] == "code"), 1)
    ]


def _run(source: str, names: dict[str, Any], count: int) -> list[Output]:
    """What one cell prints, and what its last expression is."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"<cell {count}>", "exec"), names)  # noqa: S102 (the cells are ours)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"<cell {count}>", "eval"), names)  # noqa: S307
    found: list[Output] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        found.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        found.append({"data": _shown(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return found


def _shown(value: Any) -> dict[str, Any]:
    if hasattr(value, "to_plotly_json"):
        return {"image/png": _picture(value), "text/plain": ["a chart"]}
    shown = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_html_"):
        shown["text/html"] = value._repr_html_().splitlines(keepends=True)
    return shown


def _picture(figure: Any) -> str:
    """The chart as a PNG; empty where there is no browser to draw it."""
    browser = shutil.which("chromium") if DRAWS else None
    if browser is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        page, picture = Path(folder, "chart.html"), Path(folder, "chart.png")
        height = int(figure.layout.height or 450)
        figure.update_layout(width=WIDTH)
        page.write_text(figure.to_html(config={"displayModeBar": False}), encoding="utf-8")
        size = f"--window-size={WIDTH + 16},{height + 16}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=9000"]
        subprocess.run(
            [browser, *options, size, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True
        )
        return base64.b64encode(picture.read_bytes()).decode()


DRAWS = False


def compared(output: Output) -> Output:
    """What is compared of an output: its text, and neither pictures nor the same text as HTML with its tooltips."""
    text = output.get("data", {}).get("text/plain")
    return {**output, "data": text} if text else output


def differences(notebook: dict[str, Any]) -> list[str]:
    """Where the notebook says something else than its code does now."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        f"cell {count} says {stored}, and now it is {fresh}"
        for count, (cell, made) in enumerate(zip(cells, outputs_of(notebook), strict=True), 1)
        if (stored := list(map(compared, cell["outputs"]))) != (fresh := list(map(compared, made)))
    ]


def write(path: Path) -> None:
    """Store the outputs of all cells; a picture that cannot be drawn here stays as it was."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, (cell, made) in enumerate(zip(cells, outputs_of(notebook), strict=True), 1):
        before = [one["data"]["image/png"] for one in cell["outputs"] if "image/png" in one.get("data", {})]
        for output in made:
            if output.get("data", {}).get("image/png") == "" and before:
                output["data"]["image/png"] = before[0]
        cell.update(execution_count=count, outputs=made)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Compare, or store."""
    global DRAWS
    made = argparse.ArgumentParser(description="Run notebooks without Jupyter.")
    made.add_argument("notebooks", nargs="+", type=Path)
    made.add_argument("--write", action="store_true", help="store the outputs")
    typed = made.parse_args()
    DRAWS = typed.write
    found = []
    for path in typed.notebooks:
        if typed.write:
            write(path)
        else:
            found += [f"{path}: {one}" for one in differences(json.loads(path.read_text(encoding="utf-8")))]
    print("\n".join(found) if found else "All outputs are those of the code.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
