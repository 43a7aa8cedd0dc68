"""Conversations: their state, the log of turns, and what is asked of both."""
