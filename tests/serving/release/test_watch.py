"""Looks run in threads and cross one another; the state is put together on the event loop."""

import asyncio
import threading
from functools import partial
from pathlib import Path

import pytest

from pipelines.errors import NotFound, RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import RegisteredVersion
from serving.release.alias_state import AliasState, Stop, Swap
from serving.release.cache import ReleaseCache
from serving.release.journal import Recorded
from serving.release.loader import ReleaseLoader
from serving.release.watch import AliasWatch
from tests.support.providers import until
from tests.support.registry import ScriptedRegistry

Releases = tuple[Path, Path]


@pytest.fixture
def loader(registry: ScriptedRegistry, tmp_path: Path) -> ReleaseLoader:
    return ReleaseLoader(lambda: registry, ReleaseCache(tmp_path / "releases"))


@pytest.fixture
def swaps() -> list[Swap]:
    return []


@pytest.fixture
def watch(loader: ReleaseLoader, swaps: list[Swap]) -> AliasWatch:
    return AliasWatch(loader, AliasState("default", "production"), on_swap=swaps.append)


def described(swaps: list[Swap]) -> list[tuple[str | None, str, str]]:
    return [(swap.before, swap.loaded.release.version, swap.loaded.source) for swap in swaps]


def recorded_of(version: RegisteredVersion) -> Recorded:
    """Give what the journal holds once the version was promoted."""
    return Recorded((version.version,), {version.version: version.tags["verdict"]})


async def hanging_look(watch: AliasWatch, registry: ScriptedRegistry) -> asyncio.Task[None]:
    registry.gate.clear()
    finds = len(registry.finds)
    look = asyncio.create_task(watch.refresh())
    await until(lambda: len(registry.finds) > finds)
    return look


async def test_answer_that_comes_after_the_cached_release_was_loaded_wins(
    watch: AliasWatch,
    loader: ReleaseLoader,
    registry: ScriptedRegistry,
    release_folders: Releases,
    swaps: list[Swap],
    tmp_path: Path,
) -> None:
    version = registry.promote("default", "1", release_folders[0])
    await AliasWatch(loader, watch.state).refresh()  # fills the cache
    look = await hanging_look(watch, registry)
    await watch.fall_back(partial(loader.load_cached, recorded=recorded_of(version)))
    assert watch.state.version == "1"
    registry.promote("default", "2", release_folders[1])
    registry.gate.set()
    await look
    assert watch.state.version == "2"
    assert described(swaps) == [(None, "1", "cache"), ("1", "2", "registry")]
    rows = ReleaseCache(tmp_path / "releases").read_journal("default")
    assert [(row["before"], row["version"], row["source"]) for row in rows[1:]] == described(swaps)


async def test_cached_release_that_is_loaded_after_the_answer_is_dropped(
    watch: AliasWatch,
    loader: ReleaseLoader,
    registry: ScriptedRegistry,
    release_folders: Releases,
    swaps: list[Swap],
) -> None:
    version = registry.promote("default", "1", release_folders[0])
    await AliasWatch(loader, watch.state).refresh()
    registry.promote("default", "2", release_folders[1])
    is_refreshed = threading.Event()

    async def refresh() -> None:
        await watch.refresh()
        is_refreshed.set()

    def load_late(state: AliasState) -> object:
        earlier = loader.load_cached(state, recorded_of(version))
        assert is_refreshed.wait(15)
        return earlier

    await asyncio.gather(watch.fall_back(load_late), refresh())  # type: ignore[arg-type]
    assert described(swaps) == [(None, "2", "registry")]
    assert watch.state.version == "2"


async def test_look_that_was_under_way_does_not_bring_a_stopped_canary_back(
    loader: ReleaseLoader, registry: ScriptedRegistry, release_folders: Releases
) -> None:
    version = registry.promote("default", "2", release_folders[1], alias="canary")
    watch = AliasWatch(loader, AliasState("default", "canary", "canary"))
    look = await hanging_look(watch, registry)
    watch.state = watch.state.after_stop(Stop(version, "its fallback rate"))
    registry.gate.set()
    await look
    assert watch.state.release is None


async def test_refusal_is_known_here_before_the_registry_shows_it(
    watch: AliasWatch, registry: ScriptedRegistry, release_folders: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote("default", "1", release_folders[0], passed=False)
    known: list[tuple[str, ...]] = []
    write = registry.set_tag

    def set_tag(version: RegisteredVersion, name: str, value: str) -> None:
        known.append(watch.state.refused)
        write(version, name, value)

    monkeypatch.setattr(registry, "set_tag", set_tag)
    for _ in range(2):
        await watch.refresh()
    assert len(known) == 1
    assert known[0][0].startswith("1: ")


async def test_fault_in_a_look_is_logged_and_shown_and_the_next_one_tries_again(
    watch: AliasWatch,
    registry: ScriptedRegistry,
    release_folders: Releases,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.promote("default", "1", release_folders[0])
    with monkeypatch.context() as patched:
        patched.setattr(registry, "find", lambda *_, **__: {}["scripted"])
        await watch.refresh()
    assert "release poll broke" in caplog.text
    assert "KeyError: 'scripted'" in str(watch.state.problem)
    await watch.refresh()
    assert (watch.state.version, watch.state.problem) == ("1", None)


async def test_problem_is_logged_once_while_it_stays_the_same(
    watch: AliasWatch, registry: ScriptedRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.is_down = True
    for _ in range(3):
        await watch.refresh()
    registry.is_down = False
    await watch.refresh()
    reasons = [getattr(record, "reason", "") for record in caplog.records]
    assert [record.getMessage() for record in caplog.records] == ["release poll failed", "release poll failed"]
    assert "did not answer" in reasons[0]
    assert isinstance(watch.state.problem, NotFound)


def test_look_sets_the_time_of_an_answer_also_where_it_brings_no_release(
    loader: ReleaseLoader, registry: ScriptedRegistry, release_folders: Releases
) -> None:
    state = AliasState("default", "production")
    look = loader.look(state)
    assert isinstance(look.problem, NotFound)
    assert look.answered_at is not None
    registry.promote("default", "1", release_folders[0])
    registry.has_files = False
    look = loader.look(state)
    assert isinstance(look.problem, RegistryUnavailable)
    assert look.answered_at is not None
    registry.is_down = True
    look = loader.look(state)
    assert isinstance(look.problem, RegistryUnavailable)
    assert look.answered_at is None


def test_look_keeps_no_frames_with_its_errors_since_they_would_keep_a_former_release(
    loader: ReleaseLoader, registry: ScriptedRegistry, release_folders: Releases
) -> None:
    state = AliasState("default", "production")
    looks = [loader.look(state)]
    registry.promote("default", "1", release_folders[0], passed=False)
    looks.append(loader.look(state))
    registry.is_down = True
    looks.append(loader.look(state))
    assert [type(look.problem) for look in looks] == [NotFound, ReleaseRefused, RegistryUnavailable]
    for look in looks:
        assert look.problem is not None
        assert (look.problem.__traceback__, look.problem.__cause__, look.problem.__context__) == (None, None, None)
