"""From a scenario to a result: runs, sessions, and the search for attacks."""
