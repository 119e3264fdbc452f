"""The doors of a live market for other programs: one intake for all of them, REST, stream and client."""
