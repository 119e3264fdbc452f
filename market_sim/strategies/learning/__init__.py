"""Learning: strategies that find out what pays, from the rewards or the prices of earlier runs."""
