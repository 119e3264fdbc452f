"""A market that goes on while others watch it and trade in it: its thread and its pace."""
