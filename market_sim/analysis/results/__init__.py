"""The result of a run: its tables, and the performance of its accounts, for terminal, site and Python."""
