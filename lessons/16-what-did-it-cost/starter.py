"""16-what-did-it-cost: what does an order cost, and how fast should one trade?

Prices and amounts are in cents; a midpoint may end in a half. The side of a buyer is 1, that of a seller -1.
"""


def shortfall(side, quantity, decision, fills, last):
    """Return (delay, trading, opportunity, fees) of an order; a cost is positive.

    quantity  how much was to be traded
    decision  the midpoint at the decision
    fills     a list of (quantity, price, arrived, fee); arrived is the midpoint when the order of the fill arrived
    last      the midpoint at the end
    """
    return 0, 0, 0, 0


def slices(weights, total):
    """Return a list of whole numbers in proportion to the weights, whose sum is exactly the total."""
    return [0 for weight in weights]


def trajectory(quantity, slices, seconds, sigma, eta, aversion):
    """Return what is held at the start and after each slice: a list from quantity to 0."""
    return [quantity, 0]
