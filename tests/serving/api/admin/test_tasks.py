"""The routes of tasks, and their events, with child processes that only play the work."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.admin import streams
from serving.api.admin.paging import encode_cursor
from serving.jobs.kinds import Forget, Replay, TaskRequest, Validate
from serving.jobs.task_service import TaskService
from tests.support.admin import AdminApi, open_admin
from tests.support.events import parse_events
from tests.support.fixed import FixedReleases
from tests.support.played_tasks import plan_tasks, play_tasks


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AdminApi]:
    play_tasks(monkeypatch)
    plan_tasks(settings.home, **{new_name: "done", f"{new_name}-slow": "hang", f"{new_name}-bad": "refuse"})
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}"}
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        yield admin


async def ask(admin: AdminApi, bot: str, request: TaskRequest) -> str:
    """Ask for a task as a route does; gives its path."""
    service: TaskService = admin.app.state.tasks
    task = await service.request(bot, request, by="Ann")
    return f"/api/v1/bots/{bot}/tasks/{task.id}"


async def follow(
    client: httpx2.AsyncClient, task: str, **headers: str
) -> list[tuple[str, str | None, dict[str, object]]]:
    response = await asyncio.wait_for(client.get(f"{task}/events", headers=headers), 30)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return parse_events(response.text)


async def test_task_is_followed_to_its_end_and_its_result_is_read(admin: AdminApi, new_name: str) -> None:
    task = await ask(admin, new_name, Validate())
    seen = await follow(admin.owner, task)
    assert seen[0][2]["by"] == "Ann"
    name, revision, last = seen[-1]
    assert (name, last["state"], last["share"]) == ("end", "done", 1.0)
    assert all("result" not in data for _, _, data in seen)
    shown = (await admin.owner.get(task)).json()
    assert (shown["state"], shown["result"]["kind"], shown["error"]) == ("done", "validate", None)
    assert {name: shown[name] for name in last} == last
    # who comes back is told again that it has ended
    assert await follow(admin.owner, task, **{"Last-Event-ID": str(revision)}) == seen[-1:]


async def test_events_show_progress_once_and_end_when_the_task_is_cancelled(admin: AdminApi, new_name: str) -> None:
    task = await ask(admin, f"{new_name}-slow", Validate())
    stream = asyncio.create_task(follow(admin.owner, task))
    while (await admin.owner.get(task)).json()["share"] != 0.5:  # noqa: ASYNC110  as a client polls
        await asyncio.sleep(0.05)
    revision = (await admin.app.state.tasks.find(f"{new_name}-slow", task.rpartition("/")[2])).revision
    while (await admin.app.state.tasks.find(f"{new_name}-slow", task.rpartition("/")[2])).revision < revision + 2:  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # signs of life are no progress
    cancelled = await admin.owner.post(f"{task}/cancel")
    assert (cancelled.status_code, cancelled.json()["is_cancelled"]) == (202, True)
    seen = await stream
    assert [(name, data["state"]) for name, _, data in seen][-1] == ("end", "cancelled")
    shown = [(data["state"], data["step"], data["share"], data["is_cancelled"]) for _, _, data in seen]
    assert len(shown) == len(set(shown))
    assert (await admin.owner.post(f"{task}/cancel")).json()["state"] == "cancelled"
    [entry, _] = await admin.audit(bot=f"{new_name}-slow")
    assert (entry.action, entry.target) == ("Cancel a task", task.rpartition("/")[2])


async def test_failed_task_says_why_and_cannot_be_cancelled(admin: AdminApi, new_name: str) -> None:
    task = await ask(admin, f"{new_name}-bad", Validate())
    [*_, (_, _, last)] = await follow(admin.owner, task)
    assert last["error"] == {"error": "not_found", "detail": "there is no bot 'x'; import it"}
    refused = await admin.owner.post(f"{task}/cancel")
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")


async def test_tasks_are_listed_in_pages_and_by_kind(admin: AdminApi, new_name: str) -> None:
    made = [await ask(admin, new_name, request) for request in (Validate(), Replay(version="1"), Validate())]
    url = f"/api/v1/bots/{new_name}/tasks"
    first = (await admin.owner.get(url, params={"limit": 2})).json()
    second = (await admin.owner.get(url, params={"limit": 2, "cursor": first["next"]})).json()
    listed = [item["id"] for page in (first, second) for item in page["items"]]
    assert sorted(listed) == sorted(task.rpartition("/")[2] for task in made)
    assert second["next"] is None
    replays = (await admin.owner.get(url, params={"kind": "replay"})).json()["items"]
    assert [item["kind"] for item in replays] == ["replay"]
    assert all("result" not in item and "request" not in item for item in first["items"])
    odd = encode_cursor("\ud800")
    for params in ({"cursor": "x"}, {"cursor": odd}, {"kind": "other"}, {"limit": 1000}):
        assert (await admin.owner.get(url, params=params)).status_code == 422


async def test_what_quotes_customers_or_names_a_person_takes_more_than_a_viewer(admin: AdminApi, new_name: str) -> None:
    replay = await ask(admin, new_name, Replay(version="1", thread="visitor-7"))
    forget = await ask(admin, new_name, Forget(thread="visitor-7"))
    expected = {"viewer": (403, 403), "labeller": (200, 403), "author": (200, 403), "operator": (200, 200)}
    for role, statuses in expected.items():
        client = await admin.as_(role, bot=new_name)
        assert tuple([(await client.get(task)).status_code for task in (replay, forget)]) == statuses
        assert ((await client.get(f"{forget}/events")).status_code == 200) is (role == "operator")
    author, operator = await admin.as_("author", bot=new_name), await admin.as_("operator", bot=new_name)
    assert (await author.post(f"{forget}/cancel")).status_code == 403
    assert (await operator.get(forget)).json()["request"] == {}
    assert "visitor-7" not in (await operator.get(f"/api/v1/bots/{new_name}/tasks")).text


async def test_unknown_tasks_are_not_found_before_a_stream_begins(admin: AdminApi, new_name: str) -> None:
    missing = f"/api/v1/bots/{new_name}/tasks/{'0' * 20}"
    for path in (missing, f"{missing}/events"):
        assert (await admin.owner.get(path)).status_code == 404
    assert (await admin.owner.post(f"{missing}/cancel")).status_code == 404
    assert (await admin.owner.get(f"/api/v1/bots/{new_name}/tasks/x")).status_code == 422


async def test_streams_are_bounded_and_end_when_the_server_does(admin: AdminApi, new_name: str) -> None:
    task = await ask(admin, f"{new_name}-slow", Validate())
    admin.app.state.streams = opened = streams.Streams(most=1)
    first = asyncio.create_task(follow(admin.owner, task))
    while opened.n_open == 0:  # noqa: ASYNC110  a count has no event
        await asyncio.sleep(0.01)
    refused = await admin.owner.get(f"{task}/events")
    assert (refused.status_code, refused.json()["error"], refused.headers["retry-after"]) == (
        429,
        "too_many_requests",
        "5",
    )
    opened.close()
    seen = await first
    assert all(name == "progress" for name, _, _ in seen)
    assert opened.n_open == 0
