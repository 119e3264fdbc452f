"""Takes what it sent for carried out.

says: which was LOST, wrote 1 paid, wrote 1 paid and number 1, sent batch 2 as transaction 1: batch 1 is never paid
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
        self.sent = False

    def step(self, disk, next_number):
        """Write the number, send, and write that it is paid."""
        paid, number = disk["paid"], disk["number"]
        if number is None:
            return ("write", paid, next_number)
        if self.sent:
            self.sent = False
            return ("write", paid + 1, None)
        self.sent = True
        return ("send", number, paid + 1)
