"""Analysis of a run from its journal: summaries, tables, reports, charts."""
