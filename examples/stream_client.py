"""Follow a live market in Python: one line for each ticker.

    python simulate.py serve --scenario marksim --speed 10
    python examples/stream_client.py --messages 20

It needs the package `websockets`. The stream sends a ticker of each book every 100 ms of simulated time, unasked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import datetime, timezone
from typing import Any

from websockets.asyncio.client import connect


def line(ticker: dict[str, Any]) -> str:
    """A ticker as one line; a side of the book without orders is shown as a dash."""
    time = datetime.fromtimestamp(ticker["timestamp"] / 1_000_000, timezone.utc)
    prices = (ticker[key] for key in ("last_price", "bid_price", "ask_price"))
    last, bid, ask = ("-" if price is None else f"{price:.2f}" for price in prices)
    return f"{time:%H:%M:%S.%f} {ticker['symbol']} last {last} bid {bid} ask {ask} volume {ticker['volume_24h']:.2f}"


async def follow(address: str, messages: int) -> None:
    """Print tickers until there were as many as asked for, or the market ends."""
    async with connect(address, close_timeout=1) as stream:  # who leaves early does not wait long for the answer
        async for message in stream:
            print(line(json.loads(message)), flush=True)
            messages -= 1
            if messages == 0:
                return
    print(f"The stream has ended: {stream.close_reason or stream.close_code}.")


def main() -> None:
    """Read the arguments and follow."""
    parser = argparse.ArgumentParser(description="Print the tickers of a live market.")
    parser.add_argument("address", nargs="?", default="ws://localhost:8765")
    parser.add_argument(
        "--messages", type=int, default=0, metavar="N", help="stop after this number; 0: at the end of the market"
    )
    typed = parser.parse_args()
    try:
        asyncio.run(follow(typed.address, typed.messages))
    except OSError as refused:
        parser.exit(1, f"No stream at {typed.address}: {refused.strerror or refused}\n")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
