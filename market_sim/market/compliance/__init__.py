"""Compliance: the rules of a market beside its matching. Profiles with numbers, halts, pre-trade gates, detectors."""
