"""The data gate: checks of a bot before it is trained, their repairs and their report."""
