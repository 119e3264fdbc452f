"""The journal and what is read from it alone: the archive on disk, the fold into balances, the fingerprint."""
