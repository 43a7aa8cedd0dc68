"""Channels, settings, and who may chat."""
