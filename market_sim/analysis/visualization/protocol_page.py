"""The page of a comparison of protocols: one HTML file with the picture, the table and the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from market_sim.analysis.protocol_figures import HEAD, NOTE, figures_of, sentences
from market_sim.analysis.visualization.chart import Table
from market_sim.analysis.visualization.figure import LEFT, RIGHT
from market_sim.analysis.visualization.page import table_text
from market_sim.analysis.visualization.protocol_picture import block_table, legend, picture
from market_sim.analysis.visualization.single_page import framed, single_page
from market_sim.core.protocols.play import Play

TITLE = "Consensus protocols side by side"
NARROWEST, WIDEST, COLUMN = 760, 1_180, 34


def protocol_page(plays: Sequence[Play]) -> str:
    """The whole page as text."""
    figure = picture(plays)
    width = max(NARROWEST, min(WIDEST, LEFT + RIGHT + COLUMN * plays[0].epochs))
    size = width, figure["layout"]["height"]
    frame = framed(
        "Blocks on one time axis",
        " ".join(sentences(plays)),
        list(legend(plays)),
        size,
        [block_table(play) for play in plays],
    )
    return single_page(TITLE, words(plays), frame, figure)


def words(plays: Sequence[Play]) -> str:
    """The table of figures and a sentence for each protocol."""
    table = Table("Figures of each protocol", HEAD, [figures_of(play).cells for play in plays])
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(plays))
    return f"<section><h2>Figures</h2>{table_text(table)}<p>{NOTE}</p><ul>{said}</ul></section>"
