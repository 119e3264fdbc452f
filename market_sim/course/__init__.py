"""The course: lessons as data, a student's answer in a process of its own, and what it is graded by."""
