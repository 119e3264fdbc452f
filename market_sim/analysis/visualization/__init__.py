"""Charts of a run: each reads the journal only and has its sentence and its table; nothing else imports plotly."""
