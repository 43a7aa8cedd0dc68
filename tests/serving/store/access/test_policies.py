"""Policies: edited by compare-and-set, followed by every process, and never a round trip too many."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import EditConflict, StoreUnavailable
from pipelines.schemas.policy import BotPolicy, PrivacyPolicy
from serving.store.access.policies import STALE_SECONDS, Lifetimes, Policies
from serving.store.client import Database
from tests.support.clocks import Ticking
from tests.support.servers import free_port


def requiring(policy: BotPolicy) -> BotPolicy:
    return policy.model_copy(update={"require_widget_key": True})


async def test_edits_at_once_lose_none(database: Database, new_name: str) -> None:
    policies = Policies(database)

    async def add(number: int) -> None:
        await policies.edit(
            new_name,
            lambda old: old.model_copy(update={"frame_ancestors": (*old.frame_ancestors, f"https://{number}.test")}),
        )

    await asyncio.gather(*(add(number) for number in range(8)))
    stored = await policies.load(new_name)
    assert sorted(stored.frame_ancestors) == [f"https://{number}.test" for number in range(8)]
    assert stored.revision == 8
    assert policies.known(new_name) == stored


async def test_edit_that_changes_nothing_or_is_refused_writes_nothing(database: Database, new_name: str) -> None:
    policies = Policies(database)
    assert (await policies.edit(new_name, lambda old: old)).revision == 0

    def refuse(_: BotPolicy) -> BotPolicy:
        raise EditConflict(None, etag=None)

    with pytest.raises(EditConflict):
        await policies.edit(new_name, refuse)
    assert await database.collection("policies").find_one({"_id": new_name}) is None


async def test_refresh_follows_other_processes(database: Database, new_name: str) -> None:
    here, there = Policies(database), Policies(database)
    await there.refresh()
    await here.edit(new_name, requiring)
    assert not there.known(new_name).require_widget_key
    await there.refresh()
    assert there.known(new_name).require_widget_key
    await database.collection("policies").delete_one({"_id": new_name})
    await there.refresh()
    assert there.known(new_name) == BotPolicy()


async def test_refresh_that_began_before_an_edit_does_not_undo_it(
    database: Database, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = Policies(database)
    real = database.call

    async def edit_meanwhile(what: str, *arguments: Any) -> Any:
        found = await real(what, *arguments)
        if what == "read policies" and not policies.known(new_name).require_widget_key:
            await policies.edit(new_name, requiring)
        return found

    monkeypatch.setattr(database, "call", edit_meanwhile)
    await policies.refresh()
    assert policies.known(new_name).require_widget_key


async def test_keep_fresh_reads_only_what_is_old(database: Database, new_name: str) -> None:
    clock = Ticking()
    policies, other = Policies(database, clock=clock), Policies(database)
    await policies.keep_fresh()
    await other.edit(new_name, lambda old: old.model_copy(update={"privacy": PrivacyPolicy(redact=("phone",))}))
    clock.seconds = STALE_SECONDS
    assert not (await policies.fresh(new_name)).privacy.redact
    clock.seconds = STALE_SECONDS + 0.1
    assert (await policies.fresh(new_name)).privacy.redact == ("phone",)


async def test_keep_fresh_says_that_the_database_is_away() -> None:
    away = Database(f"mongodb://127.0.0.1:{free_port()}", name="none", timeout_seconds=0.2)
    policies = Policies(away)
    results = await asyncio.gather(*(policies.keep_fresh() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, StoreUnavailable) for result in results)
    away.close()


@pytest.mark.parametrize(("days", "kept"), [(1.5, 1.5), (None, 30), (31.0, 30), (1e12, 30), (1e300, 30)])
async def test_a_policy_of_any_length_shortens_or_leaves_the_times(
    database: Database, new_name: str, days: float | None, kept: float
) -> None:
    policies, usual = Policies(database), timedelta(days=30)
    privacy = PrivacyPolicy(state_days=days, turn_days=days)
    await policies.edit(new_name, lambda old: old.model_copy(update={"privacy": privacy}))
    lifetimes = Lifetimes(policies, state_ttl=usual, turn_ttl=usual)
    assert lifetimes.of_state(new_name) == lifetimes.of_turn(new_name) == timedelta(days=kept)
