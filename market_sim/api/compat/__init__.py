"""The live market in the words of another exchange, so that programs written for that one trade here unchanged."""
