"""Influences from outside the market: the believed values of instruments, and shocks to them."""
