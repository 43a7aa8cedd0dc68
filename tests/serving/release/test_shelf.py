import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from pipelines.errors import ModelNotLoaded, NotFound, RegistryUnavailable, ReleaseRefused
from serving.release.cache import ReleaseCache
from serving.release.loader import ReleaseLoader
from serving.release.shelf import IDLE_SECONDS, MOST_LOADED, ReleaseShelf
from tests.support.providers import MakeProvider
from tests.support.registry import ScriptedRegistry


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def shelf(registry: ScriptedRegistry, tmp_path: Path, clock: list[float]) -> ReleaseShelf:
    loader = ReleaseLoader(lambda: registry, ReleaseCache(tmp_path / "tried", keep=2))
    return ReleaseShelf(loader, clock=lambda: clock[0])


async def test_get_loads_any_whole_version_once_and_keeps_few(
    shelf: ReleaseShelf, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    for version in ("1", "2", "3"):
        registry.promote("shop", version, release_folders[0], alias=f"none{version}", passed=version != "2")
    first, again = await asyncio.gather(shelf.get("shop", "1"), shelf.get("shop", "1"))
    assert first is again
    assert first.version == "1"
    gone = weakref.ref(first)
    del first, again
    for version in ("2", "3"):  # the second has not passed its gate, and answers nobody
        assert (await shelf.get("shop", version)).version == version
    gc.collect()
    assert gone() is None
    assert MOST_LOADED == 2
    assert registry.downloads == 3
    assert registry.refusals == {}
    assert {path.name for path in (tmp_path / "tried" / "shop").iterdir() if path.is_dir()} == {
        "2-run2run",
        "3-run3run",
    }


async def test_get_asks_the_registry_every_time(
    shelf: ReleaseShelf, registry: ScriptedRegistry, release_folders: tuple[Path, Path], clock: list[float]
) -> None:
    registry.promote("shop", "1", release_folders[0])
    loaded = await shelf.get("shop", "1")
    clock[0] += IDLE_SECONDS + 1
    assert await shelf.get("shop", "1") is not loaded
    registry.known["shop", "1"].tags["gate"] = "failed"  # judged anew, as its tags say otherwise
    assert (await shelf.get("shop", "1")).version == "1"
    registry.is_down = True
    with pytest.raises(RegistryUnavailable):
        await shelf.get("shop", "1")
    registry.is_down = False
    del registry.known["shop", "1"]
    for bot, version in (("shop", "1"), ("../shop", "1")):
        with pytest.raises(NotFound):
            await shelf.get(bot, version)


async def test_damaged_version_is_refused_and_newest_takes_the_one_before(
    shelf: ReleaseShelf, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    with pytest.raises(ModelNotLoaded, match="bot 'shop' has never been trained; train it first"):
        await shelf.newest("shop")
    registry.promote("shop", "1", release_folders[0])
    second = registry.promote("shop", "2", release_folders[1])
    registry.known = dict(reversed(registry.known.items()))  # newest first, as the real one has them
    (registry.folder_by_key[second.key] / "bot.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match=r"bot\.json"):
        await shelf.get("shop", "2")
    assert (await shelf.newest("shop")).version == "1"


async def test_provider_tries_versions_beside_the_one_that_answers(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    registry.promote("default", "1", release_folders[0])
    registry.promote("default", "2", release_folders[1], alias="none")
    provider = make()
    await provider.start()
    assert (await provider.version("default", "2")).version == "2"
    assert provider.current("default").version == "1"
    assert (await provider.newest("default")).version in ("1", "2")
    assert [path.name for path in (tmp_path / "releases/default").iterdir() if path.is_dir()] == ["1-run1run"]
