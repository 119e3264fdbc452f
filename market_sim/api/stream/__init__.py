"""The stream: a process of its own that tells other programs what happens in a live market, and never delays it."""
