"""A lesson's Markdown as safe HTML: raw HTML is text, and what is left passes an explicit allow-list (W2).

Code is coloured on the server; the style sheet of each theme is made by the same library.
"""

from __future__ import annotations

from html import escape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from market_sim.ui.web.terms import GlossaryLinks

TAGS = frozenset(
    """a abbr blockquote br caption code dd del details div dl dt em h2 h3 h4 h5 h6 hr input kbd li ol p pre s section
    span strong sub summary sup table tbody td th thead tr ul""".split()
)
ATTRIBUTES = {
    "*": {"id", "class"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "td": {"style"},
    "th": {"style", "scope"},
}
SCHEMES = frozenset({"http", "https", "mailto"})
STYLES = frozenset({"text-align"})


def lesson_html(text: str, terms: GlossaryLinks | None = None) -> Markup:
    """The Markdown of a lesson as HTML that can stand in a page; `terms` links the words that the glossary explains."""
    return Markup(_cleaned(_MARKDOWN.render(text, terms)))


def code_html(code: str, language: str = "python") -> Markup:
    """Code with its colours."""
    return Markup(_cleaned(_coloured(code, language, "")))


def _coloured(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    # `nowrap`, because the frame around it is ours: markdown-it would put a second one around the library's.
    inside = highlight(code, lexer, HtmlFormatter(nowrap=True)) if lexer else escape(code)
    return f'<pre class="code" tabindex="0"><code>{inside}</code></pre>\n'


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        filter_style_properties=set(STYLES),
        link_rel="noopener noreferrer",
    )


def _labelled_boxes(html: str) -> str:
    return html.replace('type="checkbox"', 'type="checkbox" aria-label="step"')


class _Markdown:
    """CommonMark with tables, task lists and admonitions."""

    def __init__(self) -> None:
        options = {"html": False, "linkify": False, "typographer": False, "highlight": _coloured}
        self._parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
        self._parser.use(tasklists_plugin).use(admon_plugin)
        self._parser.add_render_rule(
            "code_block", lambda _, tokens, place, *rest: _coloured(tokens[place].content, "", "")
        )

    def render(self, text: str, terms: GlossaryLinks | None = None) -> str:
        """The HTML, not yet cleaned."""
        tokens = self._parser.parse(text)
        if terms is not None:
            terms.link(tokens)
        return _labelled_boxes(self._parser.renderer.render(tokens, self._parser.options, {}))


_MARKDOWN = _Markdown()
