"""The labelling queue."""
