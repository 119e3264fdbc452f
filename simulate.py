"""Run the market sandbox: `python simulate.py --epochs 12`, or `--help`."""

import sys

from market_sim.ui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
