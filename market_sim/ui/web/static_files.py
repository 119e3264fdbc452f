"""The static files, found in an index made at the start; their URLs change with their contents.

So a browser may cache them for ever. plotly.js is the file of the installed plotly package, not a copy of ours.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from flask import Response, abort
from pygments.formatters import HtmlFormatter

from market_sim.analysis.visualization.palette import style_variables
from market_sim.core.errors import InputError

HERE = Path(__file__).parent / "static"
PLOTLY = "plotly.min.js"
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class StaticFiles:
    """The files by name; `edition` is a digest over all of them and part of their URLs."""

    def __init__(self, folder: Path = HERE) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self._files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        # The module that decides what is drawn at a step travels in written pages, too, and is kept there.
        self._files["as_of.js"] = files("market_sim.analysis.visualization").joinpath("as_of.js").read_bytes()
        self._files.update({"colours.css": colours().encode(), "code.css": code_styles().encode()})
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(name.encode() + b"\0" + content)
        self.edition = digest.hexdigest()[:12]
        self.plotly = version("plotly")

    def answer(self, edition: str, name: str) -> Response:
        """The response with a static file."""
        content = self._files.get(name)
        if content is None or edition != self.edition:
            abort(404)
        return _kept(Response(content, mimetype=_kind(name)))

    def plotly_answer(self, edition: str) -> Response:
        """plotly.js of the installed package."""
        if edition != self.plotly:
            abort(404)
        return _kept(Response(self.plotly_script, mimetype="text/javascript"))

    @cached_property
    def plotly_script(self) -> bytes:
        """The script, read at its first use."""
        return plotly_file().read_bytes()


def colours() -> str:
    """The colours of the charts as variables, so that pages and charts have one look in light and in dark."""
    light, dark = style_variables(dark=False), style_variables(dark=True)
    return f':root {{ color-scheme: light; {light} }}\n:root[data-theme="dark"] {{ color-scheme: dark; {dark} }}\n'


def code_styles() -> str:
    """The colours of code, one set for each theme."""
    themes = (("light", "default"), ("dark", "github-dark"))
    return "\n".join(
        HtmlFormatter(style=style).get_style_defs(f'[data-theme="{theme}"] .code') for theme, style in themes
    )


def plotly_file() -> Path:
    """The path of plotly's script, found without importing the package."""
    found = find_spec("plotly")
    folder = None if found is None or found.origin is None else Path(found.origin).parent
    if folder is None or not (folder / "package_data" / PLOTLY).is_file():
        raise InputError("plotly is not installed as it should be: pip install -r requirements.txt mends it")
    return folder / "package_data" / PLOTLY


def _kind(name: str) -> str:
    return TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = FOR_EVER
    return answer
