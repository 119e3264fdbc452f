"""The journal and its direct readers: the archive on disk, the fold into balances, the fingerprint."""
