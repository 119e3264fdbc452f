"""Who owns what: accounts and their balances, and the ledger that alone changes them, for all venues of a world."""
