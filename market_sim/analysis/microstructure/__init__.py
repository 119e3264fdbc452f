"""Microstructure: what a series of quotes and trades says about the market that made it."""
