"""What stands inside the student's process: standard library only, because nothing installed can be seen there."""
