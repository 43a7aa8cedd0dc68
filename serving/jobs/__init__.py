"""Unattended trainings: requested, queued, supervised, and one per bot at a time."""
