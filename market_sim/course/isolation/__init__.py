"""The fence around a student's code: how much it may use, how well it is kept apart, and how one speaks with it."""
