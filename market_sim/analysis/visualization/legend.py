"""The legend of a chart as HTML: small drawings of its marks, each beside what it means."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from market_sim.analysis.visualization.chart import LegendEntry

MARKS = {
    "square": '<rect x="2" y="2" width="12" height="12" fill="{fill}" stroke="{edge}" stroke-width="1.4"/>',
    "circle": '<circle cx="8" cy="8" r="5.4" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>',
    "ring": '<circle cx="8" cy="8" r="5.2" fill="none" stroke="{fill}" stroke-width="1.4"/>',
    "frame": '<rect x="2" y="2" width="12" height="12" fill="none" stroke="{fill}" stroke-width="2"/>',
    "cross": '<path d="M3 3 L13 13 M13 3 L3 13" stroke="{fill}" stroke-width="2.4"/>',
    "plus": '<path d="M8 3.5 V12.5 M3.5 8 H12.5" stroke="{fill}" stroke-width="1.4"/>',
    "diamond": '<path d="M8 2.5 L13.5 8 L8 13.5 L2.5 8 Z" fill="{fill}"/>',
    "flag": '<path d="M4 15 V2 L13 5 L4 8.5" fill="{fill}" stroke="{fill}" stroke-width="1.4"/>',
    "star": '<path d="M8 1 L10 6 H15.5 L11 9.5 L13 15 L8 12 L3 15 L5 9.5 L0.5 6 H6 Z" fill="{fill}"/>',
    "hexagon": '<path d="M4 3.5 H12 L15 8 L12 12.5 H4 L1 8 Z" fill="{fill}"/>',
    "up": '<path d="M8 3 L13.5 13 H2.5 Z" fill="{fill}"/>',
    "down": '<path d="M8 13 L13.5 3 H2.5 Z" fill="{fill}"/>',
    "line": '<path d="M1 11 H8 V5 H15" fill="none" stroke="{fill}" stroke-width="2"/>',
    "line-solid": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4"/>',
    "line-dash": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4" stroke-dasharray="4 2"/>',
    "line-dot": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4" stroke-dasharray="2 2"/>',
    "line-dashdot": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4" stroke-dasharray="5 2 2 2"/>',
    "line-longdash": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4" stroke-dasharray="7 2"/>',
    "line-longdashdot": '<path d="M0 8 H16" stroke="{fill}" stroke-width="2.4" stroke-dasharray="8 2 2 2"/>',
    "bids": '<rect x="0" y="3" width="5" height="10" fill="var(--bid-thin)"/>'
    '<rect x="5" y="3" width="6" height="10" fill="var(--bid-some)"/>'
    '<rect x="11" y="3" width="5" height="10" fill="var(--bid-deep)"/>',
    "asks": '<rect x="0" y="3" width="5" height="10" fill="var(--ask-thin)"/>'
    '<rect x="5" y="3" width="6" height="10" fill="var(--ask-some)"/>'
    '<rect x="11" y="3" width="5" height="10" fill="var(--ask-deep)"/>',
}
EDGED = ("final", "notarized", "orphan", "proposed")


def legend_list(name: str, entries: Iterable[LegendEntry]) -> str:
    """One line of marks for one chart."""
    items = "".join(f"<li>{_drawing(entry)}{escape(entry.means)}</li>" for entry in entries)
    return f'<ul class="legend" aria-label="Legend: {escape(name)}">{items}</ul>'


def _drawing(entry: LegendEntry) -> str:
    edge = f"var(--{entry.role}-edge)" if entry.role in EDGED else "none"
    shape = MARKS[entry.mark].format(fill=f"var(--{entry.role})", edge=edge)
    return f'<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shape}</svg>'
