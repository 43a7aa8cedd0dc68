"""Trainings, releases, and replays of stored conversations."""
