"""05-settlement: from a final block to money, exactly once.

A trade is a dictionary: {"trade": 7, "buyer": "ann", "seller": "bob", "asset": "ACME", "quantity": 5, "price": 10_000,
"buyer_fee": 5, "seller_fee": 2}. Prices and fees are cents of the asset "USD"; fees go to the account "fees".
"""


def net(trades):
    """Return what these trades change, as a list of rows (account, asset, change), sorted, without rows of 0."""
    return []


class Vault:
    """Holds everybody's balances and pays out one batch of blocks after the other."""

    def __init__(self, balances):
        """balances: a dictionary from (account, asset) to an amount; what is not in it is 0."""
        self.balances = dict(balances)

    def settle(self, first, last, rows):
        """Pay out the blocks from first to last. Return one of

        "settled"          it was paid now
        "already settled"  it was paid before; nothing happens
        "gap"              it does not begin at the next block; nothing happens
        "not zero-sum"     the changes of some asset do not add up to 0; nothing happens
        "insolvent"        a balance would become negative; nothing happens
        """
        return "settled"

    def balance(self, account, asset):
        """Return what an account holds of an asset."""
        return self.balances.get((account, asset), 0)


class Relayer:
    """Brings batch after batch to the bank; a new one begins after each crash and knows only what is on the disk."""

    def step(self, disk, next_number):
        """Return the next step: ("write", paid, number) or ("send", number, batch).

        disk         what was written last: {"paid": 0, "number": None} at first
        next_number  the number that the bank's next transaction must have
        """
        return ("send", next_number, disk["paid"] + 1)
