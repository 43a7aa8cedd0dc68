from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bots import TINY_BOT
from tests.support.mlflow_server import mlflow_server
from tests.support.releases import make_release


@pytest.fixture(scope="session")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URI of a running MLflow server. Tests share it: use bot names of your own (`new_name`)."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


@pytest.fixture(scope="session")
def release_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give two releases of the tiny bot, trained with different seeds."""
    folder = tmp_path_factory.mktemp("releases")
    return make_release(folder / "one", TINY_BOT, seed=1), make_release(folder / "two", TINY_BOT, seed=2)
