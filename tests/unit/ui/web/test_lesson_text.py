"""Lesson text cannot act: whatever an author writes, what comes out is harmless HTML (W2)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from market_sim.course.reading import sections
from market_sim.ui.web.lesson_text import ATTRIBUTES, TAGS, code_html, lesson_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    '![x"onerror="alert(1)](y)',
    "<a href='javascript:alert(1)'>x</a>",
    '<https://evil.example/"onmouseover=alert(1)>',
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    '[x](http://a "onmouseover=alert(1)")',
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onmouseover=alert(1)\nx = 1\n```",
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "$<img onerror=alert(1)>$",
    "$$\n<img src=x onerror=alert(1)>\n$$",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <script>alert(1)</script>",
    '- [x] "onclick="alert(1)',
    '!!! note "<script>alert(1)</script>"\n    <img src=x onerror=alert(1)>',
    '!!! note" onclick=alert(1)\n    x',
    "# <script>alert(1)</script>",
    "<style>@import 'http://evil.example'</style>",
    "<iframe src='//evil.example'></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=//evil.example><button>x</button></form>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<details open ontoggle=alert(1)>x</details>",
    "<scr<script>ipt>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<x\x00 onerror=alert(1)>",
]


class Inspector(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, attributes))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_harmless(text):
    inspector = Inspector()
    inspector.feed(str(lesson_html(text)))
    for tag, attributes in inspector.found:
        assert tag in TAGS
        for name, value in attributes:
            assert name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"rel"}
            assert not name.startswith("on")
            if name == "href":
                assert re.match(r"(https?:|mailto:|[^:]*$)", value or ""), value


def test_ordinary_lessons_keep_their_shape():
    html = lesson_html(
        "## Title\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n- [ ] do\n- [x] done\n\n"
        '!!! warning "Mind"\n    the step\n\n```python\nx = [1]\n```\n\n[here](/glossary#BAD_TICK) and **there**'
    )
    for piece in (
        "<h2>Title</h2>",
        '<td style="text-align:right">2</td>',
        'aria-label="step"',
        '<div class="admonition warning">',
        '<pre class="code" tabindex="0"><code>',
        'href="/glossary#BAD_TICK"',
        "<strong>there</strong>",
    ):
        assert piece in html, piece
    assert html.count("<pre") == 1


def test_code_is_coloured_and_escaped():
    html = code_html('def f():\n    return "<b>"\n')
    assert '<span class="k">def</span>' in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_a_page_is_cut_at_its_headings_but_not_inside_code():
    parts = sections("before\n\n## One\na\n```\n## not a heading\n```\n## Two\nb")
    assert [title for title, _ in parts] == ["", "One", "Two"]
    assert "## not a heading" in parts[1][1]
