"""Participants: an agent with its account, the view and the reports that it gets, and the strategy that decides."""
