"""The script that needs QuantLib is no test: it is run by hand (see its first lines)."""

collect_ignore = ["make_quantlib_grid.py"]
