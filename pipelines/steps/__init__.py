"""The steps of a training run: extract, validate, split, train, evaluate, register. DataFrames live here."""
