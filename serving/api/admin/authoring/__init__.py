"""Bots, their drafts, and trying them."""
