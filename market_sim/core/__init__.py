"""Values and facts that every other part builds on: no clock, no chance of its own, no framework."""
