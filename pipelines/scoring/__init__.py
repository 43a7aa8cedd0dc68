"""Scoring the message log in parts, resumable, on one machine or a Dask cluster."""
