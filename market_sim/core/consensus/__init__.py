"""Consensus: how validators agree on one order of blocks although some are byzantine and messages may be late."""
