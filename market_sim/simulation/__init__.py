"""From a scenario to a result: the one road that every door enters."""
