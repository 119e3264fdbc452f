"""Surveillance: each detector reads the events of a market in order and raises alerts; a watch feeds them all."""
