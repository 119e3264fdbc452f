"""What an exchange does and who takes part in it."""
