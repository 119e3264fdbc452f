"""After a restart it takes a new number, because the old transaction may have failed.

says: KILLED, restarted, wrote 0 paid and number 2, sent batch 1 as transaction 2: batch 1 is paid twice
points: 12
"""


def net(trades):
    """Add up all changes for each account and asset; what cancels out is left out."""
    changes = {}

    def move(account, asset, change):
        changes[account, asset] = changes.get((account, asset), 0) + change

    for trade in trades:
        cash = trade["price"] * trade["quantity"]
        move(trade["buyer"], trade["asset"], trade["quantity"])
        move(trade["buyer"], "USD", -cash - trade["buyer_fee"])
        move(trade["seller"], trade["asset"], -trade["quantity"])
        move(trade["seller"], "USD", cash - trade["seller_fee"])
        move("fees", "USD", trade["buyer_fee"] + trade["seller_fee"])
    return sorted((account, asset, change) for (account, asset), change in changes.items() if change)


class Vault:
    """Holds everybody's balances and pays out one batch of blocks after the other."""

    def __init__(self, balances):
        self.balances = dict(balances)
        self.height = 0

    def settle(self, first, last, rows):
        """Check everything first, then change everything."""
        if last <= self.height:
            return "already settled"
        if first != self.height + 1:
            return "gap"
        sums = {}
        for _, asset, change in rows:
            sums[asset] = sums.get(asset, 0) + change
        if any(sums.values()):
            return "not zero-sum"
        after = dict(self.balances)
        for account, asset, change in rows:
            after[account, asset] = after.get((account, asset), 0) + change
        if any(amount < 0 for amount in after.values()):
            return "insolvent"
        self.balances = after
        self.height = last
        return "settled"

    def balance(self, account, asset):
        """What an account holds of an asset."""
        return self.balances.get((account, asset), 0)


class Relayer:
    """Brings batch after batch to the bank."""

    def __init__(self):
        self.is_new = True

    def step(self, disk, next_number):
        """Write the number, send, look at the bank; a new program begins with a number of its own."""
        paid, number = disk["paid"], disk["number"]
        if number is None or self.is_new:
            self.is_new = False
            return ("write", paid, next_number)
        if next_number > number:
            return ("write", paid + 1, None)
        return ("send", number, paid + 1)
