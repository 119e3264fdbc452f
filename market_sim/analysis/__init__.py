"""What can be said about a run by reading its journal: summaries, reports, pictures."""
