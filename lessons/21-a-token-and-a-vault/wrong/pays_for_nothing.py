"""Lowers the allowance before it knows whether the payment succeeds.

says: the payment failed, so the allowance is what it was
points: 4.12
"""


class Token:
    """A token: balances, and who may take how much of whose."""

    def __init__(self, balances):
        self.balances = dict(balances)
        self.allowances = {}

    def transfer(self, caller, to, amount):
        """Pay from the caller's own units."""
        if self.balance(caller) < amount:
            return "short of tokens"
        self.balances[caller] = self.balance(caller) - amount
        self.balances[to] = self.balance(to) + amount
        return "paid"

    def approve(self, caller, spender, amount):
        """A later allowance replaces an earlier one."""
        self.allowances[caller, spender] = amount

    def transfer_from(self, caller, owner, to, amount):
        """The allowance first; it falls only when the payment succeeds."""
        allowed = self.allowance(owner, caller)
        if allowed < amount:
            return "short of allowance"
        self.allowances[owner, caller] = allowed - amount
        return self.transfer(owner, to, amount)

    def balance(self, owner):
        """The units that this owner has."""
        return self.balances.get(owner, 0)

    def allowance(self, owner, spender):
        """What the spender may still take."""
        return self.allowances.get((owner, spender), 0)


def most_taken(held, allowances):
    """The spender takes each allowance before the next one replaces it."""
    return min(held, sum(allowances))


def most_claimed(held, claim, calls, forgets_first):
    """Forgotten first, a claim is paid once; otherwise each call pays it again, as long as the vault has it whole."""
    if not 0 < claim <= held:
        return 0
    return claim if forgets_first else claim * min(calls + 1, held // claim)


class Vault:
    """A vault for one token: accounts inside, claims on their way out."""

    def __init__(self, wallets):
        self.token = Token(wallets)
        self.accounts = {}
        self.claims = {}

    def approve(self, owner, amount):
        """The owner allows the vault to take this much."""
        self.token.approve(owner, "vault", amount)

    def send(self, owner, amount):
        """The owner pays to the vault without a deposit."""
        return self.token.transfer(owner, "vault", amount)

    def deposit(self, owner, amount):
        """Credit only what has arrived."""
        if amount <= 0:
            return "nothing to move"
        said = self.token.transfer_from("vault", owner, "vault", amount)
        if said == "paid":
            self.accounts[owner] = self.account(owner) + amount
        return said

    def settle(self, changes, exits):
        """Compute everything beside the old balances, and keep it only if all of it can be paid."""
        if sum(changes.values()) != 0:
            return "not zero-sum"
        after = dict(self.accounts)
        for owner, change in changes.items():
            after[owner] = after.get(owner, 0) + change
        for owner, amount in exits.items():
            after[owner] = after.get(owner, 0) - amount
        if min(after.values(), default=0) < 0:
            return "insolvent"
        self.accounts = after
        for owner, amount in exits.items():
            self.claims[owner] = self.claims.get(owner, 0) + amount
        return "settled"

    def claim(self, owner):
        """Forget the claim, then pay it."""
        amount = self.claims.pop(owner, 0)
        self.token.transfer("vault", owner, amount)
        return amount

    def account(self, owner):
        """What the owner's account holds."""
        return self.accounts.get(owner, 0)

    def sums(self):
        """The token knows what the vault has; the vault knows what it owes."""
        return self.token.balance("vault"), sum(self.accounts.values()), sum(self.claims.values())
