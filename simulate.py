"""Run the market sandbox: `python simulate.py --epochs 12`, or `--help`."""

import sys

OLDEST, NEWEST = (3, 10), (3, 13)  # for which requirements.txt has ready-made packages

if __name__ == "__main__":
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write("simulate.py: the sandbox needs Python 3.10 to 3.13, this is Python " + found + "\n")
        sys.exit(2)
    try:
        from market_sim.ui.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("simulate.py: interrupted before the run began\n")
        sys.exit(130)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in ("", "market_sim"):
            raise
        command = sys.executable + " -m pip install -r requirements.txt"
        sys.stderr.write("simulate.py: the package " + str(missing.name) + " is not installed; run: " + command + "\n")
        sys.exit(2)

    sys.exit(main())
