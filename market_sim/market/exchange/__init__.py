"""The exchange (a venue): its books, members, phases and fees, and the one entry point for intents."""
