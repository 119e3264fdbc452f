"""What things should be worth and what they could cost: theory as pure functions over shared terms."""
