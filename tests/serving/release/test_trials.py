"""Canaries and shadows beside the release that answers, and the canary that is stopped."""

from dataclasses import replace
from pathlib import Path

import pytest

from serving.dialogue.messages import TurnSignals
from serving.release.canary import MIN_TURNS
from serving.release.provider import ReleaseProvider
from serving.store.client import Database
from serving.store.releases.promotions import Promotions
from tests.support.providers import MakeProvider, until
from tests.support.registry import ScriptedRegistry

THREADS = [f"t{number}" for number in range(400)]
GOOD, BAD = TurnSignals(), TurnSignals(fallback=True)


async def with_canary(
    make: MakeProvider,
    registry: ScriptedRegistry,
    releases: tuple[Path, Path],
    *,
    bot: str = "default",
    promotions: Promotions | None = None,
) -> ReleaseProvider:
    registry.promote(bot, "1", releases[0])
    registry.promote(bot, "2", releases[1], alias="canary")
    provider = make(canary_share=0.25)
    await provider.start(promotions)
    if bot != "default":
        await provider.ensure(bot)
    await until(lambda: provider.status(bot).canary == "2")
    return provider


def answered_by(provider: ReleaseProvider, version: str, bot: str = "default") -> list[str]:
    return [thread for thread in THREADS if provider.current(bot, thread).version == version]


def let_it_fail(provider: ReleaseProvider, bot: str = "default") -> None:
    for _ in range(200):
        provider.observe(bot, "1", GOOD)
    for _ in range(MIN_TURNS):
        provider.observe(bot, "2", BAD)


async def test_canary_answers_its_share_of_threads_and_nobody_without_a_thread(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    provider = await with_canary(make, registry, release_folders)
    chosen = answered_by(provider, "2")
    assert 60 < len(chosen) < 140
    assert answered_by(provider, "2") == chosen
    assert provider.current("default").version == "1"
    other = make(canary_share=0.25, home="elsewhere")
    await other.start()
    await until(lambda: other.status("default").canary == "2")
    assert answered_by(other, "2") == chosen
    registry.remove_alias("default", "canary")
    await until(lambda: provider.status("default").canary is None)
    assert answered_by(provider, "2") == []


async def test_canary_with_a_share_of_its_own_answers_that_until_it_is_taken_back(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    provider = await with_canary(make, registry, release_folders)
    canary = registry.known["default", "2"]
    registry.known["default", "2"] = replace(canary, tags={**canary.tags, "canary_share": "0.9"})
    await until(lambda: len(answered_by(provider, "2")) > 320)
    for odd in ("0", "1.5", "nan", "much"):
        registry.known["default", "2"] = replace(canary, tags={**canary.tags, "canary_share": odd})
        await until(lambda: 60 < len(answered_by(provider, "2")) < 140)


@pytest.mark.parametrize(("share", "verdict"), [(0.0, {}), (0.25, {"passed": False})])
async def test_canary_is_not_there_without_a_share_or_a_good_verdict(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    share: float,
    verdict: dict[str, bool],
) -> None:
    registry.promote("default", "1", release_folders[0])
    registry.promote("default", "2", release_folders[1], alias="canary", **verdict)
    provider = make(canary_share=share)
    await provider.start()
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 5)
    assert provider.status("default").canary is None
    assert answered_by(provider, "2") == []


async def test_canary_that_does_worse_is_stopped_and_stays_stopped(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    provider = await with_canary(make, registry, release_folders)
    registry.is_down = True  # its alias cannot be taken away now
    let_it_fail(provider)
    assert answered_by(provider, "2") == []
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)
    assert provider.status("default").canary is None
    registry.is_down = False
    await until(lambda: registry.aliases("default") == {"production": "1"})
    assert [name for _, name, _ in registry.tags_set] == ["canary_stopped"]
    assert "fallback rate is 100.0%" in registry.tags_set[0][2]
    polls = len(registry.finds)
    await until(lambda: len(registry.finds) > polls + 3)

    tagged = registry.promote("default", "2", release_folders[1], alias="canary")
    tagged.tags["canary_stopped"] = "its fallback rate"
    await until(lambda: "2" in registry.refusals)
    assert answered_by(provider, "2") == []
    del tagged.tags["canary_stopped"]
    await until(lambda: provider.status("default").canary == "2")


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
async def test_stop_of_a_canary_is_one_entry_of_the_journal(
    make: MakeProvider,
    registry: ScriptedRegistry,
    release_folders: tuple[Path, Path],
    database: Database,
    new_name: str,
) -> None:
    promotions = Promotions(database)
    for home in ("one", "two"):
        provider = await with_canary(
            lambda home=home, **options: make(home=home, **options),
            registry,
            release_folders,
            bot=new_name,
            promotions=promotions,
        )
        let_it_fail(provider, new_name)
        await provider.stop()
    moves = [entry.move for entry in await promotions.recent(new_name)]
    assert [(move.kind, move.from_version, move.to_version) for move in moves] == [
        ("noticed", None, "1"),
        ("canary_stop", "2", "1"),
    ]
    assert "by chance" in moves[1].why


async def test_promotion_of_the_canary_ends_the_trial(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    provider = await with_canary(make, registry, release_folders)
    registry.promote("default", "2", release_folders[1])
    await until(lambda: provider.status("default").canary is None)
    assert provider.current("default").version == "2"
    let_it_fail(provider)
    assert provider.current("default", "t1").version == "2"


async def test_shadow_answers_nobody_and_need_not_have_passed(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    registry.promote("default", "2", release_folders[1], alias="shadow", passed=False)
    provider = make(has_shadow=True)
    await provider.start()
    await until(lambda: provider.shadow("default") is not None)
    assert provider.status("default").shadow == "2"
    assert answered_by(provider, "2") == []
    await provider.log_shadow("default", "2", metrics={"shadow_turns": 3.0}, rows={"intents": []})
    await provider.log_shadow("default", "9", metrics={"shadow_turns": 3.0}, rows={"intents": []})
    assert registry.logged == [("2", {"shadow_turns": 3.0}, {"intents": []})]
    registry.remove_alias("default", "shadow")
    await until(lambda: provider.shadow("default") is None)


async def test_shadow_whose_verdict_was_changed_is_not_tried(
    make: MakeProvider, registry: ScriptedRegistry, release_folders: tuple[Path, Path]
) -> None:
    registry.promote("default", "1", release_folders[0])
    registry.promote("default", "2", release_folders[1], alias="shadow").tags["verdict"] = "0"
    provider = make(has_shadow=True)
    await provider.start()
    await until(lambda: "2" in registry.refusals)
    assert provider.shadow("default") is None
