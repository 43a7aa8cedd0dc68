"""Filling an intent's parameters from a message."""
