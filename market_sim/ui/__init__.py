"""The user interfaces: command line and site."""
