"""The page of a counterfactual: one HTML file with the two price paths, the table of costs and the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from market_sim.analysis.impact import Impact
from market_sim.analysis.impact_table import HEAD, NOTES, impact_rows, impact_sentences
from market_sim.analysis.visualization.chart import Table
from market_sim.analysis.visualization.impact_picture import LEGEND, TITLE, impact_picture, impact_tables
from market_sim.analysis.visualization.page import table_text
from market_sim.analysis.visualization.single_page import framed, single_page
from market_sim.core.data.journal import Journal

WIDTH = 760


def impact_page(found: Sequence[Impact], agent: str, journal: Journal) -> str:
    """The whole page as text."""
    figure = impact_picture(found, journal)
    sentences = list(impact_sentences(found, agent))
    size = WIDTH, figure["layout"]["height"]
    frame = framed(TITLE, " ".join(sentences), LEGEND, size, impact_tables(found))
    table = Table(f"What the trades of {agent} cost", HEAD, impact_rows(found))
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    notes = "".join(f"<li>{escape(note)}</li>" for note in NOTES)
    words = f"<section><h2>Figures</h2><ul>{said}</ul>{table_text(table)}<ul>{notes}</ul></section>"
    return single_page(f"The market without {agent}", words, frame, figure)
