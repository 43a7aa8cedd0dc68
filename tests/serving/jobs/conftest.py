from collections.abc import Iterator

import pytest

from tests.support.servers import mongo_server
from tests.support.trainings import Platform, platform


@pytest.fixture(scope="session")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Give a database and an MLflow server; tests share them and use bots of their own."""
    with platform(tmp_path_factory.mktemp("trainings")) as running:
        yield running


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Give a database where trainings are only played, as `plan` says."""
    folder = tmp_path_factory.mktemp("planned")
    with mongo_server("nx-27017", folder / "mongo") as uri:
        yield Platform(uri, folder)
