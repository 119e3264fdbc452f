"""Misconduct: strategies that break the rules of fair trading, so that detectors have something to find."""
