"""What moves a market from outside: the value that a thing is believed to have, and shocks to it."""
