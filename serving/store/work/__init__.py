"""Trainings, tasks, and the leases on exclusive work."""
