"""Values and facts that every other package builds on: no clock, no unseeded chance, no framework."""
