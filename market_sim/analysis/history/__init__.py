"""The history of a run in the order of time, from its journal: the data of charts, steps and traces."""
