"""The market: ledger, exchange, mechanisms and venues, and the agents that trade there."""
