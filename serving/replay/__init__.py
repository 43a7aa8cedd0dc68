"""Answering stored conversations again: replay, comparison, shadow, gate."""
