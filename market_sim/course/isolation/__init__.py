"""The sandbox for student code: isolation levels, limits, the supervisor, and the student's process."""
