"""What stands inside the student's process: standard library only, because nothing that is installed can be seen there."""
