"""The steps of a training run: extract, validate, split, train, evaluate, register. DataFrames live here."""

import os
import warnings

# Both libraries tell their makers about each use, unless they find this when they are imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # one for each small file
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # the address of the run, cell after cell
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# In a notebook, tqdm complains in red that it cannot draw the bars of other libraries, which nobody needs.
warnings.filterwarnings("ignore", message="IProgress not found")
