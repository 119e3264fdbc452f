"""Settlement on Ethereum contracts: the compiled contracts, the chains they can stand on, and the adapter between.

Everything in here is imported late, because web3 and its chain take a second to load.
"""
