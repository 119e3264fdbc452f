"""Sweeps: many runs of one scenario over values of its parameters, spread over processes or machines."""
