"""What is measured, and how: each module measures one level and prints JSON; `python -m benchmarks` runs all."""
