from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.release.registry import model_name
from tests.support.bots import TINY_BOT
from tests.support.mlflow_server import mlflow_server, register_release
from tests.support.providers import MakeProvider, provider_maker
from tests.support.registry import ScriptedRegistry
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


@dataclass(frozen=True)
class Registered:
    """Versions on the server, as `(name, version)`: two good ones, and one that nobody judged."""

    good: tuple[str, str]
    better: tuple[str, str]
    unjudged: tuple[str, str]


@pytest.fixture(scope="session")
def registered(mlflow_uri: str, release_folders: tuple[Path, Path]) -> Registered:
    """Register the releases once, which takes seconds; `copy_version` gives them to a test's own bot."""
    name = model_name("registered-once")
    good, better = [(name, register_release(mlflow_uri, folder, name=name)) for folder in release_folders]
    unjudged = (name, register_release(mlflow_uri, release_folders[0], name=name, is_judged=False))
    return Registered(good, better, unjudged)


@pytest.fixture
def registry(tmp_path: Path) -> ScriptedRegistry:
    """Give a registry that does what the test says."""
    return ScriptedRegistry(tmp_path / "verdicts")


@pytest.fixture
async def make(registry: ScriptedRegistry, tmp_path: Path) -> AsyncIterator[MakeProvider]:
    """Give a function that makes providers, each as a process of its own would; they end with the test."""
    async with provider_maker(registry, tmp_path) as make:
        yield make
