"""A whole market to look into: an exchange, a committee that agrees, a chain that pays."""
