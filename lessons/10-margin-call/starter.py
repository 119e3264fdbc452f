"""10-margin-call: what is an account with debts worth, and when does its broker call?

All amounts and prices are whole cents.
"""


def equity(cash, loan, shares, borrowed, mark):
    """Return what the account would have left if everything were closed at the mark.

    cash      what it has, with the proceeds of short sales
    loan      the cash that it owes
    shares    the shares that it holds
    borrowed  the shares that it owes
    mark      the price at which a share counts now
    """
    return 0


def requirement(shares, borrowed, mark):
    """Return the maintenance margin of the net position."""
    return 0


def margin_call(cash, loan, shares, borrowed, mark):
    """Return how much is missing; 0 if nothing is."""
    return 0


def called_at(cash, loan, shares, borrowed):
    """Return the mark at which the first call comes, None if there is none from 1 to 20_000."""
    return None
