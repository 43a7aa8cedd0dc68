"""Releases over the admin API, on a real MLflow server and a real database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from pipelines.registry.client import Registry, model_name
from pipelines.registry.runs import Runs
from pipelines.settings import Settings
from serving.store.drafts.bots import import_bot
from serving.store.releases.shadows import ShadowCount, ShadowCounts
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.fixed import FixedReleases
from tests.support.mlflow_server import copy_version, register_for
from tests.support.servers import free_port

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)]


@pytest.fixture
async def versions(mlflow_uri: str, release_folders: tuple[Path, Path], new_name: str) -> list[str]:
    """Give the bot two good versions and one that nobody judged."""
    good, better = release_folders

    def register() -> list[str]:
        folders = (good, better, good)
        return [
            register_for(mlflow_uri, folder, bot=new_name, is_judged=place < 2) for place, folder in enumerate(folders)
        ]

    return await asyncio.to_thread(register)


@pytest.fixture
async def admin(settings: Settings, mongo_uri: str, mlflow_uri: str, new_name: str) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}", "mlflow_tracking_uri": mlflow_uri}
    async with open_admin(settings.model_copy(update=more), FixedReleases()) as admin:
        yield admin


@pytest.fixture
def url(new_name: str) -> str:
    return f"/api/v1/bots/{new_name}/releases"


async def ok(response: httpx2.Response) -> dict[str, object]:
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_releases_are_listed_with_verdict_and_shown_with_figures(
    admin: AdminApi, url: str, versions: list[str], mlflow_uri: str, new_name: str
) -> None:
    registry = Registry(mlflow_uri)
    second = registry.find_version(new_name, versions[1])
    for tag, value in {"accuracy": "0.9", "accuracy_rows": "200"}.items():
        registry.set_tag(second, tag, value)
    registry.log_figures(second, {"holdout_accuracy": 0.9}, table="any.json", rows={})
    first_page = await ok(await admin.owner.get(url, params={"limit": 2}))
    second_page = await ok(await admin.owner.get(url, params={"limit": 2, "cursor": first_page["next"]}))
    listed = [*first_page["items"], *second_page["items"]]
    assert [each["version"] for each in listed] == versions[::-1]
    assert second_page["next"] is None
    assert [each["verdict"] for each in listed] == ["none", "passed", "passed"]
    accuracy = listed[1]["accuracy"]
    assert (accuracy["value"], accuracy["n"]) == (0.9, 200)
    assert 0.84 < accuracy["low"] < 0.9 < accuracy["high"] < 0.95
    assert listed[0]["accuracy"] is None
    assert not any(each["is_live"] for each in listed)

    shown = await ok(await admin.owner.get(f"{url}/{versions[1]}"))
    assert shown["figures"] == {"holdout_accuracy": 0.9}
    assert (shown["gate"], shown["version"]) == (None, versions[1])
    assert shown["page"].startswith(mlflow_uri)
    compared = await ok(await admin.owner.get(f"{url}/compare", params={"first": versions[0], "second": versions[1]}))
    assert compared["figures"] == [{"name": "holdout_accuracy", "first": None, "second": 0.9, "difference": None}]
    for path in ("/99", "/compare?first=1&second=99"):
        assert (await admin.owner.get(f"{url}{path}")).status_code == 404
    assert (await admin.owner.get(f"/api/v1/bots/{new_name}x/releases")).status_code == 404
    assert (await admin.owner.get(f"{url}/x")).status_code == 422


async def test_a_bot_that_was_never_trained_has_no_releases_and_is_not_denied(
    admin: AdminApi, url: str, new_name: str
) -> None:
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot=new_name, source="test")
    assert await ok(await admin.owner.get(url)) == {"items": [], "next": None}
    assert (await ok(await admin.owner.get(f"{url}/live")))["release"] is None
    for trial in ("canary", "shadow"):
        assert (await ok(await admin.owner.get(f"{url}/{trial}")))["version"] is None
    none = await admin.owner.get(f"{url}/1")
    assert none.status_code == 404
    assert (
        f"it has never been trained; train it with `intentloop train` or POST /api/v1/bots/{new_name}/trainings"
        in (none.json()["detail"])
    )
    unknown = await admin.owner.get(f"/api/v1/bots/{new_name}x/releases")
    assert (unknown.status_code, unknown.json()["detail"].split(";")[0]) == (404, f"there is no bot '{new_name}x'")


async def test_releases_are_promoted_and_rolled_back_in_the_name_of_the_caller(
    admin: AdminApi, url: str, versions: list[str], mlflow_uri: str, new_name: str
) -> None:
    operator = await admin.as_("operator", bot=new_name)
    live = await ok(await operator.get(f"{url}/live"))
    assert (live["release"], live["problem"]) == (None, "")
    moved = await ok(await operator.post(f"{url}/{versions[0]}/promote", json={"why": "the first"}))
    assert (moved["alias"], moved["version"], moved["before"], moved["is_journaled"]) == (
        "production", versions[0], None, True,
    )  # fmt: skip
    moved = await ok(await operator.post(f"{url}/{versions[1]}/promote", json={"instead_of": versions[0]}))
    assert moved["before"] == versions[0]
    assert "every server notices within about" in moved["message"]
    late = await operator.post(f"{url}/{versions[0]}/promote", json={"instead_of": versions[0]})
    assert (late.status_code, late.json()["error"]) == (409, "conflict")
    assert f"version {versions[1]} answers for bot '{new_name}' now" in late.json()["detail"]
    live = await ok(await operator.get(f"{url}/live"))
    assert (live["release"]["version"], live["release"]["is_live"]) == (versions[1], True)
    assert (live["promoted_by"], live["promoted_why"]) == (f"operator of {new_name} over the admin API", "")
    assert live["rolls_back_to"] == versions[0]

    back = await ok(await operator.post(f"{url}/rollback", json={"why": "it asks too often"}))
    assert back["version"] == versions[0]
    live = await ok(await operator.get(f"{url}/live"))
    assert (live["promoted_why"], live["rolls_back_to"]) == ("it asks too often", None)
    none_left = await operator.post(f"{url}/rollback", json={})
    assert (none_left.status_code, none_left.json()["error"]) == (422, "invalid_input")
    assert Registry(mlflow_uri).find(new_name, alias="production").version == versions[0]
    assert admin.services.releases.wakes == 3  # this server does not wait for its next look

    page = await ok(await operator.get(f"{url}/journal", params={"limit": 2}))
    rest = await ok(await operator.get(f"{url}/journal", params={"limit": 2, "cursor": page["next"]}))
    moves = [(each["kind"], each["from_version"], each["to_version"]) for each in [*page["items"], *rest["items"]]]
    assert moves == [
        ("rollback", versions[1], versions[0]),
        ("promotion", versions[0], versions[1]),
        ("promotion", None, versions[0]),
    ]
    assert page["items"][0]["by"] == f"operator of {new_name} over the admin API"
    assert page["items"][0]["why"] == "it asks too often"
    entry = next(each for each in await admin.audit(bot=new_name) if each.action == "Roll back" and each.before)
    assert (entry.action, entry.before, entry.after) == (
        "Roll back", {"production": versions[1]}, {"production": versions[0]},
    )  # fmt: skip


async def test_tables_of_a_training_and_the_last_look_for_drift_are_shown(
    admin: AdminApi, url: str, versions: list[str], mlflow_uri: str, new_name: str
) -> None:
    registry, runs = Registry(mlflow_uri), Runs(mlflow_uri)
    tables = {
        "holdout/intents.csv": "intent,precision,recall,f1,low,high,support\ngreet,1,0.5,0.66667,0.4,,4\n",
        "holdout/confusions.csv": "gold,predicted,count\ngreet,buy,2\n",
        "gate/comparison.csv": "subject,utterances,only version 1 right,only this one right,chance\n"
        "intents,9,1,3,0.6\n",
        "gate/replay.csv": "thread,channel,turn,intent,intent_now,changes,lost\n"
        "t1,rest,1,greet,greet,reply,\nt2,rest,3,greet,greet,reply,\nt3,rest,1,buy,fallback,intent,buy\n",
    }

    def log() -> None:
        run_id = registry.find_version(new_name, versions[1]).run_id
        for path, text in tables.items():
            runs.log_text(run_id, text, path)
        for reading in ("stable", "changed"):
            look = runs.begin(new_name, kind="drift", name="look", tags={"version": versions[0], "reading": reading})
            head = "week,messages,psi_intents,psi_confidence,unknown_words,psi_week_before,reading\n"
            runs.log_text(look, f"{head}2026-W48,7,0.3,0.1,0.25,,{reading}\n", "drift/weeks.csv")
            runs.end(look, succeeded=True)

    look_url = url.replace("/releases", "/drift")
    assert (await ok(await admin.owner.get(look_url)))["looked_at"] is None
    await asyncio.to_thread(log)
    viewer = await admin.as_("viewer", bot=new_name)
    measured = await ok(await viewer.get(f"{url}/{versions[1]}/measured"))
    (greet,) = measured["intents"]
    assert (greet["name"], greet["f1"], greet["low"], greet["high"], greet["support"]) == (
        "greet",
        0.66667,
        0.4,
        None,
        4,
    )
    assert measured["confusions"] == [{"intent_id": "greet", "taken_for": "buy", "count": 2}]
    assert (measured["compared_with"], measured["entities"]) == ("1", [])
    (test,) = measured["tests"]
    assert (test["only_other"], test["only_this"], test["chance"]) == (1, 3, 0.6)
    changed = [
        (each["intent_id"], each["intent_id_now"], each["turns"], each["losing"]) for each in measured["changed"]
    ]
    assert changed == [("buy", "fallback", 1, 1), ("greet", "greet", 2, 0)]
    assert "t1" not in str(measured)
    empty = await ok(await viewer.get(f"{url}/{versions[0]}/measured"))
    assert (empty["intents"], empty["compared_with"], empty["changed"]) == ([], None, [])

    drift = await ok(await viewer.get(look_url))
    assert (drift["reading"], drift["version"], [week["messages"] for week in drift["weeks"]]) == (
        "changed", versions[0], [7],
    )  # fmt: skip
    assert (await viewer.post(look_url)).status_code == 403


async def test_a_version_that_serving_would_refuse_or_that_is_anothers_is_not_promoted(
    admin: AdminApi, url: str, versions: list[str], mlflow_uri: str, new_name: str, release_folders: tuple[Path, Path]
) -> None:
    refused = await admin.owner.post(f"{url}/{versions[2]}/promote", json={})
    assert (refused.status_code, refused.json()["error"]) == (409, "release_refused")
    assert "no evaluation has found it fit to answer; nothing was moved" in refused.json()["detail"]
    other = f"{new_name}-other"

    def copy() -> str:
        version = register_for(mlflow_uri, release_folders[0], bot=other)
        return copy_version(mlflow_uri, (model_name(other), version), name=model_name(new_name))

    foreign = await admin.owner.post(f"{url}/{await asyncio.to_thread(copy)}/promote", json={})
    assert (foreign.status_code, foreign.json()["error"]) == (422, "invalid_input")
    assert f"it is a release of bot '{other}'" in foreign.json()["detail"]
    assert "production" not in Registry(mlflow_uri).aliases(new_name)
    assert (await admin.owner.get(f"{url}/journal")).json()["items"] == []
    for body in ({"why": "a\x1b[2J"}, {"why": "x" * 501}, {"instead_of": "x"}, {"whatever": 1}):
        assert (await admin.owner.post(f"{url}/{versions[0]}/promote", json=body)).status_code == 422
    author = await admin.as_("author", bot=new_name)
    assert (await author.post(f"{url}/{versions[0]}/promote", json={})).status_code == 403


async def test_a_canary_and_a_shadow_are_started_and_stopped(
    admin: AdminApi, url: str, versions: list[str], mlflow_uri: str, new_name: str
) -> None:
    await ok(await admin.owner.post(f"{url}/{versions[0]}/promote"))
    idle = await ok(await admin.owner.get(f"{url}/canary"))
    assert (idle["version"], idle["share"], idle["canary"]) == (None, 0.05, None)
    moved = await ok(await admin.owner.post(f"{url}/canary", json={"version": versions[1], "share": 0.2}))
    assert (moved["alias"], moved["version"]) == ("canary", versions[1])
    assert (await ok(await admin.owner.get(f"{url}/canary")))["share"] == 0.2
    await ok(await admin.owner.post(f"{url}/canary", json={"version": versions[1]}))
    assert (await ok(await admin.owner.get(f"{url}/canary")))["share"] == 0.05
    itself = await admin.owner.post(f"{url}/canary", json={"version": versions[0]})
    assert (itself.status_code, "answers already" in itself.json()["detail"]) == (422, True)
    unjudged = await admin.owner.post(f"{url}/canary", json={"version": versions[2]})
    assert (unjudged.status_code, unjudged.json()["error"]) == (409, "release_refused")
    stopped = await ok(await admin.owner.post(f"{url}/canary/stop", json={"why": "enough"}))
    assert (stopped["version"], stopped["before"]) == (None, versions[1])
    assert (await admin.owner.post(f"{url}/canary/stop", json={})).status_code == 404
    assert "canary" not in Registry(mlflow_uri).aliases(new_name)

    await ok(await admin.owner.post(f"{url}/shadow", json={"version": versions[1]}))
    counts = ShadowCounts(admin.services.database)
    for intent_id, different in (("greet", 1), ("order", 3)):
        count = ShadowCount(
            bot=new_name, shadow=versions[1], against=versions[0], intent_id=intent_id, turns=5, different=different
        )
        await counts.add(count, now=admin.services.now())
    shadow = await ok(await admin.owner.get(f"{url}/shadow"))
    assert (shadow["version"], shadow["total"]["turns"], shadow["total"]["different"]) == (versions[1], 10, 4)
    assert [row["intent_id"] for row in shadow["by_intent"]] == ["order", "greet"]
    await ok(await admin.owner.post(f"{url}/shadow/stop"))
    assert (await ok(await admin.owner.get(f"{url}/shadow")))["version"] is None
    journal = (await admin.owner.get(f"{url}/journal")).json()["items"]
    assert [(each["kind"], each["why"]) for each in journal[:2]] == [
        ("trial", "alias shadow removed"), ("trial", "alias shadow"),
    ]  # fmt: skip
    assert (journal[2]["kind"], journal[2]["why"]) == ("canary_stop", "alias canary removed: enough")
    assert journal[2]["to_version"] == versions[0]


async def test_mlflow_that_is_down_is_said_in_a_plain_sentence_and_soon(
    settings: Settings, mongo_uri: str, new_name: str, url: str
) -> None:
    more = {"mongo_uri": mongo_uri, "mlflow_tracking_uri": f"http://127.0.0.1:{free_port()}"}
    async with open_admin(settings.model_copy(update=more), FixedReleases()) as admin:
        for method, path in (
            ("GET", url),
            ("GET", f"{url}/1"),
            ("POST", f"{url}/1/promote"),
            ("POST", f"{url}/rollback"),
        ):
            async with asyncio.timeout(30):
                response = await admin.owner.request(method, path, json={} if method == "POST" else None)
            assert (response.status_code, response.json()["error"]) == (503, "registry_unavailable")
            assert "the MLflow server at *** did not answer" in response.json()["detail"]
        journal = await admin.owner.get(f"{url}/journal")  # which the database has
        assert journal.json() == {"items": [], "next": None}


async def test_trials_that_are_switched_off_are_refused(
    settings: Settings, mongo_uri: str, mlflow_uri: str, versions: list[str], url: str
) -> None:
    more = {"mongo_uri": mongo_uri, "mlflow_tracking_uri": mlflow_uri, "canary_share": 0.0, "shadow_cpu_share": 0.0}
    async with open_admin(settings.model_copy(update=more), FixedReleases()) as admin:
        for alias, variable in (("canary", "INTENTLOOP_CANARY_SHARE"), ("shadow", "INTENTLOOP_SHADOW_CPU_SHARE")):
            response = await admin.owner.post(f"{url}/{alias}", json={"version": versions[0]})
            assert response.status_code == 422
            assert f"{variable} is 0" in response.json()["detail"]
