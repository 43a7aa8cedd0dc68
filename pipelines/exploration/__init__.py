"""Exploration of a bot's examples."""
