"""From a finalized block to money on a chain: what validators put into blocks, execute, sign, and have paid out."""
