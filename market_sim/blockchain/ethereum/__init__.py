"""Settlement on Ethereum: the compiled contracts, the chain backends, and the settlement port over them.

These modules are imported late, because web3 and eth-tester take a second to load.
"""
