"""The course: lessons as data, checks of answers in isolated processes, and grading."""
