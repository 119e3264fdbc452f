"""Scenarios, which instructors write: their base class, the shipped ones, and the list of them."""
