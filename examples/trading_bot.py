"""A market maker over REST: it quotes both sides of one instrument around the middle of the market.

python simulate.py serve --scenario first-market
python -m examples.trading_bot --name my-bot --rounds 100
"""

from __future__ import annotations

import argparse
import time

from market_sim.api.client import ADDRESS, Client, Refused
from market_sim.core.models.intents import BUY, SELL, PlaceOrder

SIZE, LIMIT, HALF = 5, 40, 3


def quotes(bid: int | None, ask: int | None, held: int, away: int) -> list[tuple[int, int, int]]:
    """Side, quantity and price of each quote: lower the further above its start it is, and never one that takes."""
    if bid is None or ask is None:
        return []
    centre = (bid + ask) // 2 - away * HALF // LIMIT
    buy = BUY, min(SIZE, LIMIT - away), min(centre - HALF, ask - 1)
    sell = SELL, min(SIZE, held, LIMIT + away), max(centre + HALF, bid + 1)
    return [quote for quote in (buy, sell) if quote[1] > 0]


def renew(client: Client, symbol: str, home: int) -> None:
    """Leave what is still right, cancel the rest, place what is missing."""
    market, held = client.quote(symbol), client.holds(symbol)
    wanted = quotes(market.bid, market.ask, held, held - home)
    for order in client.orders():
        quote = order.side, order.remaining, order.limit
        if quote in wanted:
            wanted.remove(quote)
        else:
            client.cancel(order.order)
    for side, quantity, price in wanted:
        client.place(PlaceOrder(symbol, side, quantity, price))


def main(arguments: list[str] | None = None) -> None:
    """Join the market, quote for some rounds, and leave nothing behind in the book."""
    parser = argparse.ArgumentParser(description="A market maker over REST.")
    parser.add_argument("--address", default=ADDRESS)
    parser.add_argument("--name", default="trading-bot")
    parser.add_argument("--code", default="", help="the code of a class")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=0.1, help="between two rounds")
    typed = parser.parse_args(arguments)
    client = Client.join(typed.address, typed.name, code=typed.code)
    symbol = client.instruments()[0].symbol
    home = client.holds(symbol)
    for _ in range(typed.rounds):
        try:
            renew(client, symbol, home)
        except Refused as refusal:  # an order that was filled meanwhile cannot be cancelled; a halt refuses orders
            print(refusal)
        time.sleep(typed.seconds)
    client.cancel_all()
    traded = sum(report.kind == "Filled" for report in client.reports())
    print(f"{typed.name} was filled {traded} times and holds {client.holds(symbol)} {symbol}.")


if __name__ == "__main__":
    main()
