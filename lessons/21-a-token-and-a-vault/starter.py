"""21-a-token-and-a-vault: a token with allowances, and a vault that always has what it owes."""


class Token:
    """A token: balances, and who may take how much of whose."""

    def __init__(self, balances):
        """balances: a dictionary from each owner to the units that it has."""
        self.balances = dict(balances)

    def transfer(self, caller, to, amount):
        """Pay from the caller's own units. Return "paid" or "short of tokens"."""
        return "paid"

    def approve(self, caller, spender, amount):
        """Let the spender take up to this amount of the caller's units, in all. Return nothing."""

    def transfer_from(self, caller, owner, to, amount):
        """Pay from an owner's units. Return "short of allowance", "short of tokens" or "paid"."""
        return "paid"

    def balance(self, owner):
        """Return the units that this owner has."""
        return self.balances.get(owner, 0)

    def allowance(self, owner, spender):
        """Return what the spender may still take."""
        return 0


def most_taken(held, allowances):
    """Return the most that a spender can take of an owner who sets these allowances one after the other."""
    return 0


def most_claimed(held, claim, calls, forgets_first):
    """Return the most that a contract gets for one claim if it calls the vault again while it is being paid."""
    return 0


class Vault:
    """A vault for one token: accounts inside, claims on their way out. Its own units are those of the owner "vault"."""

    def __init__(self, wallets):
        """wallets: what each owner has of the token, outside the vault."""
        self.token = Token(wallets)

    def approve(self, owner, amount):
        """The owner allows the vault to take this much. You need not change this."""
        self.token.approve(owner, "vault", amount)

    def send(self, owner, amount):
        """The owner pays to the vault without a deposit. You need not change this."""
        return self.token.transfer(owner, "vault", amount)

    def deposit(self, owner, amount):
        """Take the owner's units, and credit the account. Return what transfer_from says, or "nothing to move"."""
        return "paid"

    def settle(self, changes, exits):
        """Pay a batch: changes of accounts, and withdrawals. Return "not zero-sum", "insolvent" or "settled"."""
        return "settled"

    def claim(self, owner):
        """Pay what the owner may claim into the wallet. Return how much that was."""
        return 0

    def account(self, owner):
        """Return what the owner's account holds."""
        return 0

    def sums(self):
        """Return (held, owed, claimable): what the vault has, what accounts hold, and what waits to be claimed."""
        return 0, 0, 0
