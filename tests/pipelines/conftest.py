"""What the tests of training share: the tiny model, a hypothesis profile, and a real MLflow server."""

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from tests.support.dask_cluster import dask_cluster
from tests.support.mlflow_store import tracked_at
from tests.support.servers import free_port, start, stop

hypothesis.settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, max_examples=200, print_blob=False
)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def tiny_model(tiny_release: Release) -> NluModel:
    """Give the tiny bot's model, as a release loads it."""
    return tiny_release.model


@pytest.fixture(scope="session")
def great_expectations() -> None:
    """Import the library once, which takes seconds and warns of its own use of old modules."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("great_expectations")


@pytest.fixture(scope="session")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Dask cluster of two worker processes."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), n_workers=2) as address:
        yield address


@pytest.fixture(scope="session")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URI of a real MLflow server on loopback, with SQLite and files in a temporary folder."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    os.environ |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = start(command, port=port, folder=folder)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a SQLite store; making its tables takes seconds, so all tests share it."""
    return tmp_path_factory.mktemp("mlflow-store") / "mlflow.db"


@pytest.fixture
def mlflow_store(mlflow_database: Path) -> Iterator[str]:
    """Give the URI of a SQLite store, in use for as long as the test runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("mlflow.store.tracking.sqlalchemy_store")  # warns of its own mappings
    uri = f"sqlite:///{mlflow_database}"
    with tracked_at(uri):
        yield uri


@pytest.fixture
def mlflow_in_use(mlflow_uri: str) -> Iterator[str]:
    """Give the URI of the real MLflow server, in use for as long as the test runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("mlflow.pyfunc")  # warns of its own type hints
    with tracked_at(mlflow_uri):
        yield mlflow_uri
