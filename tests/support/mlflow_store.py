"""Using an MLflow store in a test without leaving it in use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow


@contextmanager
def tracked_at(uri: str) -> Iterator[None]:
    """Use an MLflow store, and forget it afterwards: the library writes it into the environment too."""
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        while mlflow.active_run():
            mlflow.end_run()
        mlflow.set_tracking_uri("")
        os.environ.pop("MLFLOW_TRACKING_URI", None)
