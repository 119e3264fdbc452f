"""The command line: parse, call `simulate()`, print."""
