"""The tags of versions that an alias has left say nothing that no longer holds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from pipelines.registry.client import Registry, model_name
from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from tests.support.mlflow_server import copy_version, register_for
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
Start = Callable[[], ReleaseProvider]


@pytest.fixture
async def server(mlflow_uri: str, new_name: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Give a function that makes a server of the bot, each a machine of its own."""
    made: list[ReleaseProvider] = []

    def make_one() -> ReleaseProvider:
        made.append(
            ReleaseProvider(
                lambda: Registry(mlflow_uri),
                cache=ReleaseCache(tmp_path / f"machine-{len(made)}"),
                alias="production",
                poll_seconds=0.2,
                default_bot=new_name,
            )
        )
        return made[-1]

    yield make_one
    for provider in made:
        await provider.stop()


def _tags(uri: str, bot: str, version: str) -> dict[str, str]:
    return Registry(uri).find_version(bot, version).tags


def _are_refused(uri: str, bot: str, expected: set[str]) -> bool:
    refused = {version.version for version in Registry(uri).versions(bot) if "refused_reason" in version.tags}
    return refused == expected


def _never_answered(uri: str, bot: str, version: str) -> bool:
    return "promoted_at" not in _tags(uri, bot, version)


def _has_stage(uri: str, bot: str, version: str, stage: str) -> bool:
    return _tags(uri, bot, version).get("stage") == stage


@pytest.mark.integration
async def test_refusal_goes_with_the_alias_and_comes_back_with_it_while_several_servers_watch(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, server: Start
) -> None:
    registry = Registry(mlflow_uri)
    good = register_for(mlflow_uri, release_folders[0], bot=new_name)
    bad, worse = [
        register_for(mlflow_uri, release_folders[1], bot=new_name, passed=False, reasons=("too bad",)) for _ in range(2)
    ]
    registry.set_alias(new_name, "production", good)
    await asyncio.gather(server().start(), server().start())
    for now in (bad, worse, bad, good, bad):
        registry.set_alias(new_name, "production", now)
        expected = {now} - {good}
        await until(partial(_are_refused, mlflow_uri, new_name, expected))
    registry.remove_alias(new_name, "production")
    await until(lambda: "refused_reason" not in _tags(mlflow_uri, new_name, bad))


@pytest.mark.integration
async def test_refusal_that_nobody_withdrew_is_withdrawn_by_the_next_server_that_starts(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, server: Start
) -> None:
    registry = Registry(mlflow_uri)
    good, left, tried = [register_for(mlflow_uri, release_folders[0], bot=new_name) for _ in range(3)]
    for version in (left, tried):
        registry.set_tag(registry.find_version(new_name, version), "refused_reason", "it did not look well")
    registry.set_alias(new_name, "production", good)
    registry.set_alias(new_name, "canary", tried)
    await server().start()
    await until(lambda: "refused_reason" not in _tags(mlflow_uri, new_name, left))
    assert "refused_reason" in _tags(mlflow_uri, new_name, tried)  # whoever follows that alias has written it


async def test_withdrawal_that_fails_is_tried_again(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote("default", "1", release_folders[0], alias="elsewhere").tags["refused_reason"] = "old"
    registry.remove_alias("default", "elsewhere")
    registry.promote("default", "2", release_folders[1])
    attempts: list[str] = []

    def fail_twice(bot: str) -> dict[str, str]:
        attempts.append(bot)
        registry.is_down = len(attempts) < 3
        try:
            return ScriptedRegistry.aliases(registry, bot)
        finally:
            registry.is_down = False

    monkeypatch.setattr(registry, "aliases", fail_twice)
    await make().start()
    await until(lambda: ("1", "refused_reason") in registry.tags_deleted)
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)
    assert len(attempts) == 3  # nothing is left to do


@pytest.mark.integration
async def test_copy_into_the_same_model_has_not_answered_until_it_does(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, server: Start
) -> None:
    registry, name = Registry(mlflow_uri), model_name(new_name)
    first, second = [register_for(mlflow_uri, folder, bot=new_name) for folder in release_folders]
    registry.set_alias(new_name, "production", first)
    watching = server()
    await watching.start()
    await until(lambda: _tags(mlflow_uri, new_name, first).get("stage") == "Production")
    of_live = copy_version(mlflow_uri, (name, first), name=name)
    registry.set_alias(new_name, "production", second)
    await until(lambda: _tags(mlflow_uri, new_name, first).get("stage") == "Archived")
    of_former = copy_version(mlflow_uri, (name, first), name=name)
    assert _tags(mlflow_uri, new_name, of_former)["stage"] == "Archived"  # MLflow copies the tags
    await server().start()
    for copy in (of_live, of_former):
        await until(partial(_has_stage, mlflow_uri, new_name, copy, "Staging"))
        await until(partial(_never_answered, mlflow_uri, new_name, copy))

    registry.set_alias(new_name, "production", of_former)
    await until(lambda: watching.current(new_name).version == of_former)
    await until(lambda: _tags(mlflow_uri, new_name, of_former).get("stage") == "Production")
    assert _tags(mlflow_uri, new_name, second)["stage"] == "Archived"
    promoted, created = (
        getattr(registry.find_version(new_name, of_former), name) for name in ("promoted_at", "created_at")
    )
    assert promoted > created
