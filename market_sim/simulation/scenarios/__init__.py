"""Scenarios: what an instructor writes, and the list of those that are shipped."""
