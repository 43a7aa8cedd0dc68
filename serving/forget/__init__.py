"""Forgetting a person: the store, and everything trained on what they wrote."""
