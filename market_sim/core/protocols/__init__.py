"""Consensus protocols side by side: one interface, one harness, and a module for each protocol in it."""
