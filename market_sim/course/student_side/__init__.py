"""The modules inside the student's process: standard library only, since no installed package is visible there."""
