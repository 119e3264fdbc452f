"""The market of MARKSIM by its names: a maker, noise, and one who believes in another price.

python -m examples.marksim
"""

from __future__ import annotations

from decimal import Decimal

from market_sim.api.marksim import InformedTraderAgent, MarketMakerAgent, MarketSimulation, NoiseTraderAgent


def main() -> None:
    """Play four epochs at ten times the speed of the clock, and say what became of the price."""
    simulation = MarketSimulation(initial_price=50_000, wakeup_us=100_000, speed=10.0)
    simulation.add_agent(MarketMakerAgent(agent_id="mm_1", spread=Decimal("0.005"), order_size=0.5, max_position=10.0))
    simulation.add_agent(NoiseTraderAgent(agent_id="noise_1", trade_probability=0.05, max_size=2.0))
    simulation.add_agent(InformedTraderAgent(agent_id="informed_1", signal=50_500))
    result = simulation.run(epochs=4)
    prices = result.trades.column("price")
    print(f"{len(prices)} trades took the price from {prices[0]:,} to {prices[-1]:,}.")
    print(result.leaderboard)


if __name__ == "__main__":
    main()
