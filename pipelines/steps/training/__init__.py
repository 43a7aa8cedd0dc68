"""Fitting a model, and searching for better hyper-parameters."""
