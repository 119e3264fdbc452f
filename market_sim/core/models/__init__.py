"""The nouns of the market: instruments, what participants ask for, what happened, and why something was refused."""
