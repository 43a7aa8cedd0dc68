from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.mlflow_server import Registered, mlflow_server, register_once
from tests.support.providers import MakeProvider, provider_maker
from tests.support.registry import ScriptedRegistry
from tests.support.releases import make_two_releases


@pytest.fixture(scope="session")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URI of a running MLflow server. Tests share it: use bot names of your own (`new_name`)."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


@pytest.fixture(scope="session")
def release_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give two releases of the tiny bot, trained with different seeds."""
    return make_two_releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def registered(mlflow_uri: str, release_folders: tuple[Path, Path]) -> Registered:
    """Give versions that `copy_version` gives to a test's own bot."""
    return register_once(mlflow_uri, release_folders)


@pytest.fixture
def registry(tmp_path: Path) -> ScriptedRegistry:
    """Give a registry that does what the test says."""
    return ScriptedRegistry(tmp_path / "verdicts")


@pytest.fixture
async def make(registry: ScriptedRegistry, tmp_path: Path) -> AsyncIterator[MakeProvider]:
    """Give a function that makes providers, each as a process of its own would; they end with the test."""
    async with provider_maker(registry, tmp_path) as make:
        yield make
