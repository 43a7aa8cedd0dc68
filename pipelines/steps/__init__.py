"""The steps of a training run: extract, validate, split, train, evaluate, register. DataFrames live here."""

import os

# Both libraries tell their makers about each use, unless they find this when they are imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # one for each small file
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
