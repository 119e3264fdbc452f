"""Execution: how to trade a quantity that is decided already, in slices, against a benchmark."""
