"""Every swap is written down once, whoever notices it, and none is held up by it."""

import asyncio
from pathlib import Path

import pytest

from pipelines.errors import StoreUnavailable
from serving.release.provider import ReleaseProvider
from serving.store.client import Database
from serving.store.releases.promotions import Move, Promotions
from tests.support.providers import MakeProvider, until
from tests.support.records import now
from tests.support.registry import ScriptedRegistry

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)


class FailingPromotions(Promotions):
    """A journal whose database comes and goes."""

    is_down = False

    async def append(self, *arguments: object, **options: object) -> int:
        if self.is_down:
            raise StoreUnavailable("scripted")
        return await super().append(*arguments, **options)  # type: ignore[arg-type]


async def steps_of(promotions: Promotions, bot: str) -> list[tuple[str, str | None, str | None]]:
    entries = await promotions.recent(bot)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return [(entry.move.kind, entry.move.from_version, entry.move.to_version) for entry in entries]


async def two_processes(
    make: MakeProvider, promotions: Promotions, bot: str
) -> tuple[ReleaseProvider, ReleaseProvider]:
    one, two = make(home="one"), make(home="two")
    for provider in (one, two):
        await provider.start(promotions)
        await provider.ensure(bot)
    return one, two


async def test_two_processes_that_see_the_same_swaps_write_each_once(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
) -> None:
    promotions = Promotions(database)
    registry.promote(new_name, "1", release_folders[0])
    both = await two_processes(make, promotions, new_name)
    expected = [("noticed", None, "1")]
    for before, version in (("1", "2"), ("2", "1"), ("1", "2"), ("2", "3")):
        registry.promote(new_name, version, release_folders[int(version) % 2])
        for provider in both:
            await until(lambda provider=provider, version=version: provider.current(new_name).version == version)
        expected.append(("noticed", before, version))
    for provider in both:
        await provider.stop()
    assert await steps_of(promotions, new_name) == expected
    assert all(len(entry.move.verdict or "") == 64 for entry in await promotions.recent(new_name))


async def test_swap_of_a_look_that_was_under_way_at_the_end_is_written_down(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a busy machine takes longer to load a release than a process that ends would wait
    monkeypatch.setattr("serving.release.provider._LAST_LOOK_SECONDS", 20.0)
    promotions = Promotions(database)
    registry.promote(new_name, "1", release_folders[0])
    provider = make(default_bot=new_name)
    await provider.start(promotions)
    await provider.ensure(new_name)
    registry.gate.clear()
    looks = len(registry.finds)
    await until(lambda: len(registry.finds) > looks)
    registry.promote(new_name, "2", release_folders[1])
    stopping = asyncio.create_task(provider.stop())
    await asyncio.sleep(0.05)  # it waits for the look
    registry.gate.set()
    await stopping
    assert provider.current(new_name).version == "2"
    assert await steps_of(promotions, new_name) == [("noticed", None, "1"), ("noticed", "1", "2")]


async def test_swap_that_a_command_has_written_down_is_not_written_again(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
) -> None:
    promotions = Promotions(database)
    registry.promote(new_name, "1", release_folders[0])
    both = await two_processes(make, promotions, new_name)
    async with asyncio.timeout(120):
        while await steps_of(promotions, new_name) != [("noticed", None, "1")]:  # noqa: ASYNC110 - written in its time
            await asyncio.sleep(0.02)
    command = Move(
        bot=new_name, kind="promotion", from_version="1", to_version="2", at=now(), by="ada@lab", why="better"
    )
    await promotions.append(command)
    registry.promote(new_name, "2", release_folders[1])
    for provider in both:
        await until(lambda provider=provider: provider.current(new_name).version == "2")
        await provider.stop()
    assert await steps_of(promotions, new_name) == [("noticed", None, "1"), ("promotion", "1", "2")]


async def test_restart_writes_nothing_and_a_start_from_the_cache_only_if_it_changes_what_answers(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
) -> None:
    promotions = Promotions(database)
    registry.promote(new_name, "1", release_folders[0])
    for is_down in (False, False, True):
        registry.is_down = is_down
        provider = make(home="one")
        await provider.start(promotions)
        assert (await provider.ensure(new_name)).version == "1"
        await provider.stop()
    assert await steps_of(promotions, new_name) == [("noticed", None, "1")]


async def test_journal_that_is_down_holds_nothing_up_and_is_completed_later(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    promotions = FailingPromotions(database)
    promotions.is_down = True
    registry.promote(new_name, "1", release_folders[0])
    provider = make()
    await provider.start(promotions)
    await provider.ensure(new_name)
    registry.promote(new_name, "2", release_folders[1])
    await until(lambda: provider.current(new_name).version == "2")
    assert "a promotion waits to be recorded" in caplog.text
    promotions.is_down = False
    await until(lambda: not provider._journal._waiting)
    await provider.stop()
    assert await steps_of(promotions, new_name) == [("noticed", None, "1"), ("noticed", "1", "2")]
