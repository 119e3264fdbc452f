"""Who takes part in the market: an agent with its account, and the strategy that decides for it."""
