"""12-warrants-dilute: what does the exercise of warrants do to a company and its shares?

All amounts and prices are in cents. Each warrant is for one new share.
"""


def after(company, shares, warrants, strike):
    """Return (shares, company, price) after everybody has decided; the price in whole cents, rounded down.

    company   what the company is worth before
    shares    how many shares there are before
    warrants  how many warrants there are
    strike    what the company gets for a new share
    """
    return shares, company, 0


def transfer(company, shares, warrants, strike):
    """Return (loss, gain): what one old share has lost and what one warrant has gained, not rounded."""
    return 0, 0


def value(company, shares, warrants, strike, up, down, steps):
    """Return the value of one warrant today; the worth of the company moves by `up` or `down` in each step."""
    return 0.0
