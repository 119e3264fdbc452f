"""What is measured, and how: each module measures one level and prints one JSON object; `python -m benchmarks` runs all."""
