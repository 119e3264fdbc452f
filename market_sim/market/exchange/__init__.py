"""The exchange: its books, its accounts, its fees, and the one place where an order is accepted or refused."""
