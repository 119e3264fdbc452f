"""The store of a live run: its inputs before they take effect, its events in order, and the run after a crash."""
