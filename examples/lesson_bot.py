"""The bot of lesson 13 in a live market: messages come from the stream, requests go to REST.

python simulate.py serve --scenario first-market
python -m examples.lesson_bot answers/13-your-own-bot.py --messages 200
"""

from __future__ import annotations

import argparse
import runpy
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from market_sim.api.client import ADDRESS, STREAM, Client, Refused, tickers
from market_sim.core.models.intents import BUY, SELL, PlaceOrder

Decide = Callable[[str, list[Any], list[Any]], list[Any]]


def turn(client: Client, symbol: str, decide: Decide, message: str, reports: list[Any]) -> None:
    """One message: what is new, what the bot asks for, and a line for each refusal."""
    last = reports[-1]["number"] if reports else 0
    reports += msgspec.to_builtins(client.reports(after=last))
    orders = [
        {"order": one.order, "side": one.side, "price": one.limit, "remaining": one.remaining}
        for one in client.orders()
    ]
    for what, *numbers in decide(message, reports, orders):
        try:
            if what == "cancel":
                client.cancel(numbers[0])
            else:
                client.place(PlaceOrder(symbol, BUY if what == "buy" else SELL, *numbers))
        except Refused as refusal:
            print(refusal)


def main(arguments: list[str] | None = None) -> None:
    """Let the answer of a lesson trade for some messages, and take its orders back."""
    parser = argparse.ArgumentParser(description="The bot of lesson 13 in a live market.")
    parser.add_argument("file", help="your answer, such as answers/13-your-own-bot.py")
    parser.add_argument("--address", default=ADDRESS)
    parser.add_argument("--stream", default=STREAM)
    parser.add_argument("--name", default="lesson-bot")
    parser.add_argument("--code", default="", help="the code of a class")
    parser.add_argument("--messages", type=int, default=200)
    typed = parser.parse_args(arguments)
    answer = runpy.run_path(typed.file)
    client = Client.join(typed.address, typed.name, code=typed.code)
    symbol = client.instruments()[0].symbol
    reports: list[Any] = []
    for ticker in islice(tickers(typed.stream, symbol), typed.messages):
        turn(client, symbol, answer["decide"], msgspec.json.encode(ticker).decode(), reports)
    client.cancel_all()
    position, cash = answer["inventory"](reports)
    print(f"{typed.name} holds {position} {symbol} more than at first, and {cash / 100:+,.2f} in cash.")


if __name__ == "__main__":
    main()
