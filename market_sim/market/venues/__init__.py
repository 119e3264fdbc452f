"""The venues of a world, the terms of each, and what carries the messages of participants to them."""
