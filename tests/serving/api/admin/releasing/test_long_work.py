"""Replays, comparisons and forgetting from the request to the result, each in a real child process."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UserInputError
from pipelines.registry.release import load_release
from pipelines.schemas.examples import Example
from pipelines.settings import Settings
from serving.cli.tasks.work import do_task
from serving.jobs.kinds import Compare, Forget, Replay, TaskRequest
from serving.store.drafts.bots import import_bot
from serving.store.drafts.test_sets import TestSets
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.events import parse_events
from tests.support.fixed import FixedReleases
from tests.support.mlflow_server import register_for
from tests.support.releases import reworded

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True),
]
THREAD = "visitor-zorblax"


@pytest.fixture
async def admin(
    settings: Settings,
    mongo_uri: str,
    mlflow_uri: str,
    new_name: str,
    release_folders: tuple[Path, Path],
    tmp_path: Path,
) -> AsyncIterator[AdminApi]:
    for folder in (release_folders[0], reworded(release_folders[1], tmp_path)):
        await asyncio.to_thread(register_for, mlflow_uri, folder, bot=new_name)
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}", "mlflow_tracking_uri": mlflow_uri}
    releases = FixedReleases({new_name: load_release(release_folders[0], version="1")})
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        await import_bot(admin.services.database, TINY_BOT_WIRE, bot=new_name, source="test")
        yield admin


async def test_a_conversation_is_replayed_and_the_replay_goes_when_the_person_is_forgotten(
    admin: AdminApi, new_name: str
) -> None:
    url = f"/api/v1/bots/{new_name}"
    for text in ("hello", "where is my order ORD-1042"):
        said = await admin.owner.post(f"{url}/messages", json={"thread_id": THREAD, "text": text})
        assert said.status_code == 200, said.text

    async def do(path: str, **asked: Any) -> tuple[str, dict[str, Any]]:
        response = await admin.owner.post(f"{url}{path}", json=asked)
        assert response.status_code == 202, response.text
        task = str(response.headers["location"])
        *_, (name, _, last) = parse_events((await admin.owner.get(f"{task}/events")).text)
        assert (name, last["state"]) == ("end", "done"), last
        return task, dict((await admin.owner.get(task)).json()["result"])

    replay, replayed = await do("/replays", version="2", thread=THREAD)
    assert (replayed["n_turns"], replayed["version"], len(replayed["turns"])) == (2, "2", 2)
    assert [turn["text"] for turn in replayed["turns"]] == ["hello", "where is my order ORD-1042"]

    forgetting, erased = await do("/forget", thread=THREAD, purge=False)
    assert (erased["state"], erased["n_threads"], erased["documents"]["turns"]) == ("erased", 1, 2)
    assert [place for place in erased["places"] if place["kind"] == "file"] == []  # such as its own request
    assert (erased["foreign_files"], erased["next_step"]) == ([], "")
    assert (await admin.owner.get(replay)).status_code == 404  # it has quoted them
    left = (await admin.owner.get(f"{url}/tasks")).text + (await admin.owner.get(forgetting)).text
    assert THREAD not in left
    entries = await admin.audit(bot=new_name)
    assert "Forget a person" in [entry.action for entry in entries]
    assert not any(THREAD in entry.model_dump_json() for entry in entries)


async def test_releases_are_compared_and_newest_conversations_replayed(
    admin: AdminApi, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = admin.app.state.settings
    for name in ("mongo_uri", "mongo_database", "home"):
        monkeypatch.setenv(f"INTENTLOOP_{name.upper()}", str(getattr(settings, name)))
    rows = [
        Example(id=f"t{row['text']}", text=row["text"], intent=intent["intentId"])
        for intent in TINY_BOT_WIRE["intents"][:2]
        for row in intent["trainingData"][:5]
    ]
    await TestSets(admin.services.database).add(new_name, rows, now=admin.services.now())
    url = f"/api/v1/bots/{new_name}"
    await admin.owner.post(f"{url}/messages", json={"thread_id": THREAD, "text": "hello"})
    assert (await admin.owner.post(f"{url}/releases/1/promote", json={})).status_code == 200

    def done(request: TaskRequest) -> Any:
        return do_task(new_name, request, settings, lambda *_: None)

    found = await asyncio.to_thread(done, Compare(first="1", second="2", on="test_set"))
    assert (found["n_utterances"], found["first"], found["second"]) == (len(rows), "1", "2")
    accuracy = next(row for row in found["figures"] if row["figure"] == "accuracy")
    assert accuracy["low"] <= accuracy["difference"] <= accuracy["high"]
    assert {row["intent"] for row in found["intents"]} == {row.intent for row in rows}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    with pytest.raises(UserInputError, match="does not say what it has learnt from"):
        await asyncio.to_thread(done, Compare(first="1", second="2"))

    report = await asyncio.to_thread(done, Replay(version="2", count=5))
    assert (report["against"], report["n_conversations"], report["n_turns"]) == ("1", 1, 1)
    (words,) = report["words"]
    assert (words["text"], words["before"], words["after"]) == ("hello", ["Hello!"], ["Good day to you!"])
    searched = await asyncio.to_thread(done, Forget(thread=THREAD, dry_run=True))
    assert (searched["state"], searched["documents"]["turns"]) == ("searched", 1)
    assert await asyncio.to_thread(done, Forget(retire=True)) == {
        "state": "retired", "deleted_versions": [], "versions_in_use": [],
    }  # fmt: skip


async def test_what_cannot_be_asked_is_refused_before_a_task_begins(admin: AdminApi, new_name: str) -> None:
    url = f"/api/v1/bots/{new_name}"
    for path, asked, status in (
        ("/replays", {"version": "99"}, 404),
        ("/replays", {"version": "1", "against": "99"}, 404),
        ("/replays", {"version": "1", "against": "2", "thread": "t"}, 422),
        ("/replays", {"version": "1", "count": 100_000}, 422),
        ("/replays", {"version": "latest"}, 422),
        ("/releases/compare", {"first": "1", "second": "99"}, 404),
        ("/releases/compare", {"first": "1", "second": "2", "on": "anything"}, 422),
        ("/forget", {}, 422),
        ("/forget", {"thread": "t", "user": "u"}, 422),
        ("/forget", {"thread": " "}, 422),
        ("/forget", {"thread": "t", "retire": True}, 422),
    ):
        response = await admin.owner.post(f"{url}{path}", json=asked)
        assert response.status_code == status, (path, asked, response.text)
    author = await admin.as_("author", bot=new_name)
    assert (await author.post(f"{url}/forget", json={"thread": "t"})).status_code == 403
    assert (await admin.owner.get(f"{url}/tasks")).json()["items"] == []
