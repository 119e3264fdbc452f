"""A run in the order of time, read from its journal: what charts, steps and traces are made from."""
