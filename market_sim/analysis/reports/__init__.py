"""Reports over the days of a run, in the form of those of brokers and venues: a teaching format, not a filing."""
