"""The tag `stage` says which version answers, however the alias was moved."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipelines.registry.client import Registry
from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from tests.support.mlflow_server import register_for
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def stages(registry: Registry, bot: str) -> dict[str, str | None]:
    return {version.version: version.tags.get("stage") for version in registry.versions(bot)}


@pytest.fixture
async def servers(mlflow_uri: str, new_name: str, tmp_path: Path) -> AsyncIterator[list[ReleaseProvider]]:
    """Give three servers of one bot, each a machine of its own."""
    made = [
        ReleaseProvider(
            lambda: Registry(mlflow_uri),
            cache=ReleaseCache(tmp_path / f"machine-{number}"),
            alias="production",
            poll_seconds=0.2,
            default_bot=new_name,
        )
        for number in range(3)
    ]
    yield made
    for provider in made:
        await provider.stop()


@pytest.mark.integration
async def test_stage_follows_an_alias_that_is_moved_in_the_ui_while_several_servers_watch(
    mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str, servers: list[ReleaseProvider]
) -> None:
    registry = Registry(mlflow_uri)
    first, second = [register_for(mlflow_uri, folder, bot=new_name) for folder in release_folders]
    refused = register_for(mlflow_uri, release_folders[0], bot=new_name, passed=False, reasons=("too bad",))
    registry.set_alias(new_name, "production", first)
    await asyncio.gather(*(server.start() for server in servers))
    await until(lambda: stages(registry, new_name) == {first: "Production", second: None, refused: None})
    for now, before in ((second, first), (first, second), (second, first)):
        registry.set_alias(new_name, "production", now)
        await until(lambda now=now: all(server.current(new_name).version == now for server in servers))
        expected = {now: "Production", before: "Archived", refused: None}
        await until(lambda expected=expected: stages(registry, new_name) == expected)
    promoted_at = [registry.find_version(new_name, version).tags["promoted_at"] for version in (first, second)]
    assert promoted_at == sorted(promoted_at)
    registry.set_alias(new_name, "production", refused)
    await until(lambda: all(server.status(new_name).problem for server in servers))
    assert stages(registry, new_name) == {first: "Archived", second: "Production", refused: None}


async def test_stage_that_another_server_wrote_late_is_repaired_and_what_is_right_is_left_alone(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    version = registry.promote("default", "1", release_folders[0])
    provider = make()
    await provider.start()
    await until(lambda: version.tags.get("stage") == "Production")
    written_at, polls = version.tags["promoted_at"], len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)
    assert version.tags["promoted_at"] == written_at
    registry.set_tag(version, "stage", "Archived")
    await until(lambda: version.tags["stage"] == "Production")


async def test_stage_belongs_to_the_alias_production(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    answering = registry.promote("default", "1", release_folders[0])
    canary = registry.promote("default", "2", release_folders[1], alias="canary")
    provider = make(canary_share=0.5)
    await provider.start()
    await until(lambda: provider.status("default").canary == "2")
    assert answering.tags["stage"] == "Production"
    assert "stage" not in canary.tags
