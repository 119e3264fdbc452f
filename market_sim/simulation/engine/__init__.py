"""The clock and the world it drives; knows no scenario and no strategy by name."""
