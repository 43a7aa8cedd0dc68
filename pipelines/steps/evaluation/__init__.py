"""Measuring a model, comparing it with the one in production, and the gate it must pass."""
