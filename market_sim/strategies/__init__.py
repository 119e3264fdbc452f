"""How participants decide, one family to a folder."""
