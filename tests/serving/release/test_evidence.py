"""Whatever carries the alias, only what was judged answers; the last good release answers on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import ReleasePending, ReleaseRefused
from pipelines.registry.client import Registry
from pipelines.registry.release import MANIFEST_FILE
from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from serving.store.client import Database
from serving.store.releases.promotions import Promotions
from tests.support.mlflow_server import register_for
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry

KEY = "a key that only training and serving have"
Tamper = Callable[[ScriptedRegistry, Path], None]


def flip(file: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "no verdict": (lambda registry, _: registry.verdict_of("2").unlink(), "has no verdict.json"),
    "a byte of the verdict": (lambda registry, _: flip(registry.verdict_of("2")), "hash of verdict.json"),
    "a byte of the manifest": (lambda _, release: flip(release / MANIFEST_FILE), "other files"),
    "a byte of the bot": (lambda _, release: flip(release / "bot.json"), "hash of bot.json"),
    "a byte of a golden row": (lambda _, release: flip(release / "golden.jsonl"), "hash of golden.jsonl"),
    "an added file": (lambda _, release: (release / "more").touch(), "differ from the manifest"),
    "another data hash": (
        lambda registry, _: registry.known["default", "2"].tags.update(data_hash="1" * 64),
        "other training data",
    ),
    "no tag of the verdict": (
        lambda registry, _: registry.known["default", "2"].tags.update(verdict=""),
        "hash of verdict.json",
    ),
}


async def serving_version_1(make: MakeProvider, registry: ScriptedRegistry, release: Path) -> ReleaseProvider:
    registry.promote("default", "1", release)
    provider = make()
    await provider.start()
    return provider


@pytest.mark.parametrize("what", TAMPERED)
async def test_what_was_not_judged_is_refused_and_the_last_good_one_answers(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path, what: str
) -> None:
    provider = await serving_version_1(make, registry, release_folders[0])
    release = tmp_path / "tampered"
    shutil.copytree(release_folders[1], release)
    version = registry.promote("default", "2", release, alias="candidate")
    tamper, reason = TAMPERED[what]
    tamper(registry, release)
    registry.version_by_alias["default", "production"] = version
    await until(lambda: "2" in registry.refusals)
    assert reason in registry.refusals["2"]
    assert provider.current("default").version == "1"
    assert provider.status("default").refused[-1].startswith("2: ")


@pytest.mark.parametrize(("key", "sentence"), [(None, "not signed"), ("another key than serving has", "another")])
async def test_verdict_that_is_not_signed_with_the_key_is_refused(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    key: str | None,
    sentence: str,
) -> None:
    registry.promote("default", "1", release_folders[0], key=KEY)
    provider = make(verdict_key=KEY)
    await provider.start()
    registry.promote("default", "2", release_folders[1], key=key)
    await until(lambda: "2" in registry.refusals)
    assert sentence in registry.refusals["2"]
    assert provider.current("default").version == "1"


async def test_files_that_cannot_be_had_are_no_reason_to_refuse(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    provider = await serving_version_1(make, registry, release_folders[0])
    registry.has_files = False
    registry.promote("default", "2", release_folders[1])
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)
    assert provider.current("default").version == "1"
    assert registry.tags_set == []
    registry.has_files = True
    await until(lambda: provider.current("default").version == "2")


async def test_files_damaged_on_this_machine_are_downloaded_anew(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    provider = await serving_version_1(make, registry, release_folders[0])
    registry.promote("default", "2", release_folders[1])
    await until(lambda: provider.current("default").version == "2")
    flip(tmp_path / "releases/default/1-run1run/release/bot.json")
    registry.promote("default", "1", release_folders[0])
    await until(lambda: provider.current("default").version == "1")
    assert registry.downloads == 3
    assert registry.refusals == {}


async def test_restart_while_a_refused_version_carries_the_alias_goes_on_with_the_last_good_one(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    first = await serving_version_1(make, registry, release_folders[0])
    await first.stop()
    registry.promote("default", "2", release_folders[1], passed=False)
    second = make()
    await second.start()
    assert second.current("default").version == "1"
    registry.promote("default", "3", release_folders[1])
    await until(lambda: second.current("default").version == "3")


async def test_version_that_was_refused_since_is_not_taken_from_the_cache(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    first = await serving_version_1(make, registry, release_folders[0])
    await first.stop()
    registry.promote("default", "1", release_folders[0], passed=False)
    second = make()
    await second.start()
    with pytest.raises(ReleaseRefused):
        second.current("default")


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
async def test_new_machine_finds_the_last_good_release_in_the_journal(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
) -> None:
    promotions = Promotions(database)
    registry.promote(new_name, "1", release_folders[0])
    first = make()
    await first.start(promotions)
    await first.ensure(new_name)
    await first.stop()
    registry.promote(new_name, "2", release_folders[1], passed=False)
    elsewhere = make(home="elsewhere")
    await elsewhere.start(promotions)
    assert (await elsewhere.ensure(new_name)).version == "1"
    await elsewhere.stop()
    assert [entry.move.to_version for entry in await promotions.recent(new_name)] == ["1"]


async def test_swap_goes_on_where_nothing_can_be_written_down(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path], tmp_path: Path
) -> None:
    registry.promote("default", "1", release_folders[0])
    (tmp_path / "releases" / "default").mkdir(parents=True)
    (tmp_path / "releases" / "default" / "journal.jsonl").mkdir()  # a file cannot be written where a folder is
    provider = make()
    await provider.start()
    assert provider.current("default").version == "1"


async def test_silence_at_the_start_says_what_is_missing(make: MakeProvider, registry: ScriptedRegistry) -> None:
    registry.is_down = True
    provider = make()
    await provider.start()
    with pytest.raises(ReleasePending):
        provider.current("default")


@pytest.mark.integration
async def test_alias_set_by_hand_on_a_real_server_is_refused_in_the_log_and_on_the_version(
    mlflow_uri: str,
    release_folders: tuple[Path, Path],
    new_name: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = Registry(mlflow_uri)
    good, better = release_folders
    versions = [
        register_for(mlflow_uri, folder, bot=new_name, is_judged=number != 1)
        for number, folder in enumerate((good, good, better, better))
    ]
    registry.set_alias(new_name, "production", versions[0])
    provider = ReleaseProvider(
        lambda: registry,
        cache=ReleaseCache(tmp_path / "releases"),
        alias="production",
        poll_seconds=0.2,
        default_bot=new_name,
    )
    await provider.start()
    try:
        registry.set_tag(registry.find_version(new_name, versions[2]), "data_hash", "1" * 64)
        registry.set_tag(registry.find_version(new_name, versions[3]), "gate", "failed")
        for version, reason in zip(versions[1:], ("no evaluation", "other training data", "not passed"), strict=True):
            registry.set_alias(new_name, "production", version)
            await until(lambda version=version: "refused_reason" in registry.find_version(new_name, version).tags)
            assert reason in registry.find_version(new_name, version).tags["refused_reason"]
            assert provider.status(new_name).refused[-1].startswith(f"{version}: ")
            assert provider.current(new_name).version == versions[0]
        assert [record.getMessage() for record in caplog.records].count("release refused") == 3
        registry.set_tag(registry.find_version(new_name, versions[3]), "gate", "passed")
        await until(lambda: provider.current(new_name).version == versions[3])
        await until(lambda: "refused_reason" not in registry.find_version(new_name, versions[3]).tags)
    finally:
        await provider.stop()
