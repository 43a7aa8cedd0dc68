"""The commands of the labelling queue."""
