"""Accounts with their balances, and the ledger, the only writer of them, for all venues of a world."""
