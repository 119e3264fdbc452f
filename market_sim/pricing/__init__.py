"""Valuation, margin and risk formulas: pure functions over shared terms."""
