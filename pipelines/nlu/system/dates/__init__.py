"""Dates: the finder and a file for each kind of date."""
