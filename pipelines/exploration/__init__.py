"""A first look at a bot's examples."""
