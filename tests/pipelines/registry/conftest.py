from pathlib import Path

import pytest

from tests.support.mlflow_server import Registered, register_once
from tests.support.releases import make_two_releases


@pytest.fixture(scope="session")
def release_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give two releases of the tiny bot, trained with different seeds."""
    return make_two_releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def registered(mlflow_uri: str, release_folders: tuple[Path, Path]) -> Registered:
    """Give versions that `copy_version` gives to a test's own bot."""
    return register_once(mlflow_uri, release_folders)
