"""Trainings that run by themselves: asked for, taken from a queue, supervised, and one a bot at a time."""
