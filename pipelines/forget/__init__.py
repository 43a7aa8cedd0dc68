"""Finding and removing what a person wrote from snapshots, runs and versions."""
