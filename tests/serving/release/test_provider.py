import asyncio
import json
import shutil
from pathlib import Path

import pytest

from pipelines.errors import ModelNotLoaded, NotFound, ReleasePending, ReleaseRefused
from serving.release.provider import ReleaseProvider
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry

KEY = "a key that only training and serving have"


async def test_start_loads_what_is_promoted(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    registry.promote("default", "7", release_folders[0])
    provider = make()
    await provider.start()
    assert provider.current("default").version == "7"
    status = provider.status("default")
    assert (status.version, status.refused) == ("7", ())
    assert status.last_poll_at is not None
    rows = [json.loads(line) for line in (tmp_path / "releases/default/journal.jsonl").read_text().splitlines()]
    assert [(row["before"], row["version"], row["source"]) for row in rows] == [(None, "7", "registry")]


async def test_moved_alias_is_picked_up_and_moves_back(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    provider = make()
    await provider.start()
    kept = provider.current("default")
    registry.promote("default", "2", release_folders[1])
    await until(lambda: provider.current("default").version == "2")
    assert kept.model.parse("where is my order").ranking  # a turn in flight goes on with the one it began with
    registry.promote("default", "1", release_folders[0])
    await until(lambda: provider.current("default").version == "1")
    assert registry.downloads == 2  # the way back is in the cache


async def test_wake_ends_the_pause(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    provider = make(poll_seconds=600)
    await provider.start()
    registry.promote("default", "2", release_folders[1])
    provider.wake()
    await until(lambda: provider.current("default").version == "2")


@pytest.mark.parametrize("tags", [{}, {"gate": "failed"}])
async def test_version_without_passed_gate_is_refused_once_and_the_last_good_one_answers(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tags: dict[str, str]
) -> None:
    registry.promote("default", "1", release_folders[0])
    provider = make()
    await provider.start()
    registry.promote("default", "2", release_folders[1], tags=tags)
    await until(lambda: "2" in registry.refusals)
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)
    assert provider.current("default").version == "1"
    assert len(provider.status("default").refused) == 1
    assert "gate" in registry.refusals["2"]
    assert registry.downloads == 1


async def test_refused_version_is_tried_again_when_its_gate_tag_changes(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "2", release_folders[1], tags={})
    provider = make()
    await provider.start()
    with pytest.raises(ReleaseRefused):
        provider.current("default")
    registry.promote("default", "2", release_folders[1]).tags["refused_reason"] = "old"
    await until(lambda: provider.status("default").version == "2")
    await until(lambda: registry.tags_deleted == [("2", "refused_reason")])


async def test_refusal_that_is_raised_again_and_again_does_not_grow(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0], passed=False)
    provider = make()
    await provider.start()
    lengths = []
    for _ in range(3):
        with pytest.raises(ReleaseRefused) as refusal:
            provider.current("default")
        lengths.append(len(refusal.traceback))
    assert lengths[0] == lengths[-1]


async def test_damaged_release_is_refused(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(release_folders[1], damaged)
    with (damaged / "bot.json").open("a") as file:
        file.write(" ")
    registry.promote("default", "1", release_folders[0])
    provider = make()
    await provider.start()
    registry.promote("default", "2", damaged)
    await until(lambda: "2" in registry.refusals)
    assert "hash of bot.json" in registry.refusals["2"]
    assert provider.current("default").version == "1"
    assert not (tmp_path / "releases/default/2-run2run").exists()


async def test_version_that_holds_no_release_is_refused(
    make: MakeProvider, registry: ScriptedRegistry, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    registry.promote("default", "1", tmp_path / "empty")
    provider = make()
    await provider.start()
    with pytest.raises(ReleaseRefused, match=r"manifest\.json"):
        provider.current("default")


async def test_start_from_the_cache_when_the_registry_is_down(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0], key=KEY)
    first = make(verdict_key=KEY)
    await first.start()
    await first.stop()
    registry.is_down = True
    second = make(verdict_key=KEY)
    await second.start()
    assert second.current("default").version == "1"
    assert second.status("default").last_poll_at is None
    registry.is_down = False
    registry.promote("default", "2", release_folders[1], key=KEY)
    await until(lambda: second.current("default").version == "2")


async def test_start_does_not_wait_for_a_hanging_registry(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote("default", "1", release_folders[0], key=KEY)
    first = make(verdict_key=KEY)
    await first.start()
    await first.stop()
    monkeypatch.setattr("serving.release.provider._FIRST_POLL_SECONDS", 0.1)
    registry.gate.clear()
    second = make(verdict_key=KEY)
    await second.start()
    assert second.current("default").version == "1"
    assert registry.n_waited_in_vain == 0
    registry.gate.set()


async def test_nothing_promoted_and_no_cache_says_what_to_do(make: MakeProvider, registry: ScriptedRegistry) -> None:
    registry.is_down = True
    provider = make()
    await provider.start()
    with pytest.raises(ReleasePending, match="did not answer"):
        provider.current("default")
    registry.is_down = False
    await until(lambda: isinstance(_problem(provider, "default"), NotFound))


async def test_other_bots_are_loaded_on_first_use(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    registry.promote("other", "4", release_folders[1])
    provider = make()
    await provider.start()
    assert (await provider.ensure("other")).version == "4"
    registry.promote("other", "5", release_folders[0])
    await until(lambda: provider.current("other").version == "5")


async def test_current_begins_to_load_a_bot_that_nobody_used_yet(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("other", "4", release_folders[1])
    provider = make()
    await provider.start()
    with pytest.raises(ReleasePending):
        provider.current("other")
    await until(lambda: provider.status("other").version == "4")


async def test_made_up_names_do_not_reach_the_registry_again(make: MakeProvider, registry: ScriptedRegistry) -> None:
    provider = make(poll_seconds=60)
    await provider.start()
    for _ in range(5):
        with pytest.raises(NotFound):
            await provider.ensure("nobody")
    for name in ("../../etc", "a/b", "", "x" * 200, "ünï", "a\n"):
        with pytest.raises(NotFound):
            await provider.ensure(name)
    assert registry.finds.count("nobody") == 1
    assert set(registry.finds) == {"default", "nobody"}


async def test_many_made_up_names_are_forgotten_again(make: MakeProvider) -> None:
    provider = make(poll_seconds=60)
    await provider.start()
    for number in range(1100):
        with pytest.raises(NotFound):
            await provider.ensure(f"n{number}")
    assert len(provider._absent) <= 1000


async def test_old_releases_are_deleted(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    provider = make()
    registry.promote("default", "1", release_folders[0])
    await provider.start()
    for version in ("2", "3", "4", "5"):
        registry.promote("default", version, release_folders[int(version) % 2])
        await until(lambda version=version: provider.current("default").version == version)
        await asyncio.sleep(0.02)
    await until(lambda: len(list((tmp_path / "releases/default").glob("*-run*"))) == 3)
    assert (tmp_path / "releases/default/5-run5run").is_dir()


def _problem(provider: ReleaseProvider, bot: str) -> Exception | None:
    try:
        provider.current(bot)
    except ModelNotLoaded as error:
        return error
    except NotFound as error:
        return error
    return None
