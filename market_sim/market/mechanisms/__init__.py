"""Mechanisms: rule sets attached to an exchange: the life cycles of instruments, margin, short selling, credit."""
