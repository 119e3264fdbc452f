"""How four validators agree on an order of blocks although one of them may lie and messages may be late."""
