"""The clock and the world that it drives; no scenario and no strategy is known here by name."""
