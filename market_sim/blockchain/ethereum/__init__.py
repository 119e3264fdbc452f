"""Settlement on Ethereum: the compiled contracts, the chain backends, and the settlement port over them.

These modules are imported late, because eth-tester takes half a second to load, and web3 nearly as long.
"""
