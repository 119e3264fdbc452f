"""Market makers: they quote both sides and are paid for bearing inventory; what differs is where they quote."""
