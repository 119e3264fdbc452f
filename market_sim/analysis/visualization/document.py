"""A document of pictures: one HTML file that needs no server and loads nothing from other hosts.

Its content policy forbids that. Style, data, program and plotly are embedded in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from market_sim.analysis.visualization.palette import style_variables

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'"
)


def document(
    title: str, skips_to: tuple[str, str], body: Iterable[str], data: dict[str, Any], programs: Iterable[str]
) -> str:
    """The whole file as text.

    `skips_to` is the id of the main part and its name, for readers that skip the head; `programs` are names of files
    beside this module, which find the data in the element `data`.
    """
    from plotly.offline import get_plotlyjs

    place, name = skips_to
    program = "\n".join((HERE / each).read_text(encoding="utf-8") for each in programs)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(title)}</title><link rel="icon" href="data:,">',
            f"<style>{page_style()}</style></head><body>",
            f'<a class="skip" href="#{place}">Skip to the {name}</a>',
            *body,
            f'<script type="application/json" id="data">{embedded(data)}</script>',
            f"<script>{get_plotlyjs()}</script>",
            f'<script type="module">{program}</script>',
            "</body></html>",
        ]
    )


def embedded(data: dict[str, Any]) -> str:
    """JSON that is safe inside a script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def page_style() -> str:
    """The rules of a page, with the colours of light and dark."""
    light, dark = style_variables(dark=False), style_variables(dark=True)
    rules = (HERE / "timeline.css").read_text(encoding="utf-8")
    return (
        f':root {{ color-scheme: light; {light} }}\n:root[data-theme="dark"] {{ color-scheme: dark; {dark} }}\n{rules}'
    )


def header(title: str) -> str:
    """The head of a page with a title alone, and the button that changes its colours."""
    return f'<header><h1>{escape(title)}</h1><button id="theme" type="button" hidden>Dark colours</button></header>'
