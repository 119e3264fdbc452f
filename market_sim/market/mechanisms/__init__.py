"""Rule sets that are attached to an exchange: what follows from a position, a price or a date, and who pays whom."""
