"""Writing a release, logging it to MLflow, and registering it as a version."""
