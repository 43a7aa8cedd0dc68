"""Numbers and amounts of money: the finders and what they read."""
