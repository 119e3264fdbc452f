"""Arbitrage: trades of several things at once whose prices contradict each other."""
