"""Strategies: how participants decide, one family in each folder."""
