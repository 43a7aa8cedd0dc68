"""Nothing that lies in the cache answers unproved, whether MLflow is up, down, or back after a while."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.errors import ModelNotLoaded, StoreUnavailable
from pipelines.registry.release import MANIFEST_FILE, load_release
from pipelines.registry.verdict import SIGNATURE_FILE, VERDICT_FILE, manifest_hash, write_verdict
from serving.release.cache import ReleaseCache
from serving.release.provider import ReleaseProvider
from serving.store.client import Database
from serving.store.releases.promotions import Promotions
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry
from tests.support.releases import made_for
from tests.support.verdicts import verdict_on

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)

KEY = "a key that only training and serving have"
FORGED_NAME = "Nobody evaluated this"


@dataclass(frozen=True)
class Site:
    """A machine whose cache holds version 1 of a bot, which answered last."""

    bot: str
    root: Path
    other: Path
    """A release that was never promoted."""

    @property
    def kept(self) -> Path:
        """The folder of version 1."""
        return self.root / self.bot / "1-run1run"

    @property
    def release(self) -> Path:
        """Its release."""
        return self.kept / "release"

    def rehash(self) -> None:
        """Make the manifest fit files that were changed."""
        manifest = json.loads((self.release / MANIFEST_FILE).read_text())
        files = [path for path in self.release.rglob("*") if path.is_file() and path.name != MANIFEST_FILE]
        manifest["sha256_by_file"] = {
            path.relative_to(self.release).as_posix(): _sha256(path) for path in sorted(files)
        }
        manifest["bot_hash"] = manifest["sha256_by_file"]["bot.json"]
        (self.release / MANIFEST_FILE).write_text(json.dumps(manifest))

    def forge(self) -> None:
        """Change what the bot says, and make the manifest fit."""
        bot = json.loads((self.release / "bot.json").read_text())
        bot["intents"][0]["name"] = FORGED_NAME
        (self.release / "bot.json").write_text(json.dumps(bot))
        self.rehash()

    def judge(self) -> None:
        """Write a verdict that fits whatever lies there."""
        write_verdict(self.kept / VERDICT_FILE, verdict_on(self.release))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed_and_verdict_deleted(site: Site) -> None:
    site.forge()
    (site.kept / VERDICT_FILE).unlink()


def changed_and_verdict_kept(site: Site) -> None:
    site.forge()


def changed_and_judged_anew(site: Site) -> None:
    site.forge()
    site.judge()


def changed_without_rehashing(site: Site) -> None:
    file = site.release / "bot.json"
    file.write_text(file.read_text() + " ")


def added_file(site: Site) -> None:
    (site.release / "more").touch()


def missing_file(site: Site) -> None:
    (site.release / "golden.jsonl").unlink()


def link_in_place_of_a_file(site: Site) -> None:
    file = site.release / "bot.json"
    shutil.move(file, site.kept / "elsewhere.json")
    file.symlink_to(site.kept / "elsewhere.json")


def link_in_place_of_the_release(site: Site) -> None:
    away = site.root.parent / "away"
    shutil.move(site.release, away)
    site.release.symlink_to(away)


def pipe_in_place_of_the_verdict(site: Site) -> None:
    (site.kept / VERDICT_FILE).unlink()
    os.mkfifo(site.kept / VERDICT_FILE)


def another_bots_release(site: Site) -> None:
    foreign = made_for("foreign", site.other, site.root.parent / "foreign")
    shutil.rmtree(site.release)
    shutil.copytree(foreign, site.release)
    site.judge()


def release_that_was_never_promoted(site: Site) -> None:
    shutil.rmtree(site.release)
    shutil.copytree(made_for(site.bot, site.other, site.root.parent / "never"), site.release)
    site.judge()


def last_good_leads_elsewhere(site: Site) -> None:
    away = site.root.parent / "1-evil"
    shutil.move(site.kept, away)
    (site.root / site.bot / "last_good.json").write_text(json.dumps({"key": "../../1-evil", "version": "1"}))


def half_of_a_file(site: Site) -> None:
    file = next((site.release / "nlu").rglob("*.npz"), site.release / "bot.json")
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


MANIPULATIONS: list[Callable[[Site], None]] = [
    changed_and_verdict_deleted,
    changed_and_verdict_kept,
    changed_and_judged_anew,
    changed_without_rehashing,
    added_file,
    missing_file,
    link_in_place_of_a_file,
    link_in_place_of_the_release,
    pipe_in_place_of_the_verdict,
    another_bots_release,
    release_that_was_never_promoted,
    last_good_leads_elsewhere,
    half_of_a_file,
]


@pytest.fixture
async def site(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
    tmp_path: Path,
    key: str | None,
) -> Site:
    registry.promote(new_name, "1", release_folders[0], key=key)
    first = make(default_bot=new_name, verdict_key=key)
    await first.start(Promotions(database))
    assert first.current(new_name).version == "1"
    await first.stop()
    return Site(new_name, tmp_path / "releases", release_folders[1])


async def start(make: MakeProvider, database: Database, site: Site, key: str | None) -> ReleaseProvider:
    provider = make(default_bot=site.bot, verdict_key=key)
    await provider.start(Promotions(database))
    return provider


def is_genuine(provider: ReleaseProvider, site: Site, registry: ScriptedRegistry) -> bool:
    """Whether what answers is what was promoted, to the byte of its manifest."""
    promoted = registry.folder_by_key["1-run1run"]
    return provider.current(site.bot).manifest == load_release(promoted, version="1").manifest


keys = pytest.mark.parametrize("key", [None, KEY], ids=["no key", "key"])


@keys
@pytest.mark.parametrize("manipulate", MANIPULATIONS, ids=lambda each: each.__name__)
async def test_manipulated_cache_answers_nobody(
    make: MakeProvider,
    registry: ScriptedRegistry,
    database: Database,
    site: Site,
    key: str | None,
    manipulate: Callable[[Site], None],
) -> None:
    manipulate(site)
    registry.is_down = True
    provider = await start(make, database, site, key)
    with pytest.raises(ModelNotLoaded):
        provider.current(site.bot)
    registry.is_down = False
    await until(lambda: provider.status(site.bot).version == "1")
    assert is_genuine(provider, site, registry)


@pytest.mark.parametrize("key", [KEY], ids=["key"])
@pytest.mark.parametrize("manipulate", MANIPULATIONS, ids=lambda each: each.__name__)
async def test_manipulated_cache_is_downloaded_anew_while_the_registry_answers(
    make: MakeProvider,
    registry: ScriptedRegistry,
    database: Database,
    site: Site,
    key: str | None,
    manipulate: Callable[[Site], None],
) -> None:
    manipulate(site)
    provider = await start(make, database, site, key)
    assert is_genuine(provider, site, registry)
    assert registry.refusals == {}


@keys
async def test_untouched_cache_answers_and_is_confirmed_once_the_registry_is_back(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    registry.is_down = True
    provider = await start(make, database, site, key)
    answering = provider.current(site.bot)
    registry.is_down = False
    await until(lambda: provider.status(site.bot).last_poll_at is not None)
    assert provider.current(site.bot).model is answering.model  # what was proved is not loaded a second time
    state = provider._watches[site.bot].state
    assert state.loaded is not None
    assert state.loaded.is_confirmed


@pytest.mark.parametrize("key", [None], ids=["no key"])
@pytest.mark.parametrize("moved", [False, True], ids=["alias stays", "alias moved to a refused version"])
async def test_verdict_that_was_withdrawn_while_the_registry_was_away_ends_the_answers(
    make: MakeProvider,
    registry: ScriptedRegistry,
    database: Database,
    site: Site,
    key: str | None,
    moved: bool,
) -> None:
    registry.is_down = True
    provider = await start(make, database, site, key)
    assert provider.current(site.bot).version == "1"
    registry.known[site.bot, "1"].tags["gate"] = "failed"
    if moved:
        registry.promote(site.bot, "2", site.other, passed=False)
    registry.is_down = False
    await until(lambda: provider.status(site.bot).version is None)
    with pytest.raises(ModelNotLoaded):
        provider.current(site.bot)
    await provider.stop()
    registry.is_down = True  # it does not come back with the next start without MLflow
    again = await start(make, database, site, key)
    with pytest.raises(ModelNotLoaded):
        again.current(site.bot)


@keys
async def test_alias_that_moved_to_a_refused_version_leaves_the_confirmed_one_answering(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    registry.is_down = True
    provider = await start(make, database, site, key)
    registry.promote(site.bot, "2", site.other, passed=False, key=key)
    registry.is_down = False
    await until(lambda: "2" in registry.refusals)
    assert provider.current(site.bot).version == "1"
    state = provider._watches[site.bot].state
    assert state.loaded is not None
    assert state.loaded.is_confirmed


@pytest.mark.parametrize("key", [None], ids=["no key"])
async def test_earlier_release_of_the_cache_answers_where_the_last_one_is_damaged(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    second = await start(make, database, site, key)
    registry.promote(site.bot, "2", site.other)
    await until(lambda: second.current(site.bot).version == "2")
    await second.stop()
    (site.root / site.bot / "2-run2run" / "release" / "bot.json").write_text("{}")
    registry.is_down = True
    provider = await start(make, database, site, key)
    assert provider.current(site.bot).version == "1"


class AbsentPromotions(Promotions):
    """A journal whose database does not answer."""

    is_down = True

    async def recent(self, bot: str) -> list[object]:  # type: ignore[override]
        if self.is_down:
            raise StoreUnavailable("scripted")
        return await super().recent(bot)  # type: ignore[return-value]


@keys
async def test_without_registry_and_database_only_a_signature_proves_the_cache(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    registry.is_down = True
    journal = AbsentPromotions(database)
    provider = make(default_bot=site.bot, verdict_key=key)
    await provider.start(journal)
    assert (provider.status(site.bot).version == "1") == (key is not None)
    journal.is_down = False
    await until(lambda: provider.status(site.bot).version == "1")  # as soon as the database answers


@pytest.mark.parametrize("key", [KEY], ids=["key"])
@pytest.mark.parametrize("signature", [None, "v1:" + "0" * 64, ""], ids=["none", "another", "empty"])
async def test_cache_without_the_verdicts_signature_waits_for_the_registry(
    make: MakeProvider,
    registry: ScriptedRegistry,
    database: Database,
    site: Site,
    key: str | None,
    signature: str | None,
) -> None:
    file = site.kept / SIGNATURE_FILE
    file.unlink()  # as an earlier version of the program left it
    if signature is not None:
        file.write_text(signature)
    registry.is_down = True
    provider = await start(make, database, site, key)
    with pytest.raises(ModelNotLoaded):
        provider.current(site.bot)
    registry.is_down = False
    await until(lambda: provider.status(site.bot).version == "1")
    assert registry.downloads == 1  # the files were proved by the tags
    await provider.stop()
    registry.is_down = True
    again = await start(make, database, site, key)
    assert again.current(site.bot).version == "1"


@pytest.mark.parametrize("key", [None], ids=["no key"])
async def test_download_cut_off_by_a_kill_leaves_nothing_that_answers(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    shutil.rmtree(site.kept)
    filling = (
        "import os, signal, sys; from pathlib import Path; from serving.release.cache import ReleaseCache\n"
        "def fill(folder):\n"
        " (folder / 'release').mkdir(); (folder / 'release' / 'manifest.json').write_text('{')\n"
        " os.kill(os.getpid(), signal.SIGKILL)\n"
        "ReleaseCache(Path(sys.argv[1])).add(sys.argv[2], '1-run1run', fill)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", filling, str(site.root), site.bot)
    assert await process.wait() == -signal.SIGKILL
    assert ReleaseCache(site.root).get(site.bot, "1-run1run") is None
    provider = await start(make, database, site, key)
    assert is_genuine(provider, site, registry)


@pytest.mark.parametrize("key", [None], ids=["no key"])
async def test_two_processes_repair_a_shared_cache_at_once(
    make: MakeProvider, registry: ScriptedRegistry, database: Database, site: Site, key: str | None
) -> None:
    changed_and_verdict_deleted(site)
    registry.is_down = True
    both = [await start(make, database, site, key) for _ in range(2)]
    registry.is_down = False
    for provider in both:
        await until(lambda provider=provider: provider.status(site.bot).version == "1")
        assert is_genuine(provider, site, registry)
    assert manifest_hash(site.release) == manifest_hash(registry.folder_by_key["1-run1run"])
