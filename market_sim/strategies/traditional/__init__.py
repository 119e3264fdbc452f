"""The classic participants: those who trade for reasons of their own, and those who quote for them."""
