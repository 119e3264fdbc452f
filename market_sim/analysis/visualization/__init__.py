"""The charts of a run: each is made from the journal and has a sentence and a table. Only these modules use plotly."""
