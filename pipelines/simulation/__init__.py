"""A simulated month of the training loop."""
