"""Who may use a route, what is recorded of it, and requests that are sent twice."""

import asyncio

import httpx2
import pytest
from fastapi import Request, Response
from pydantic import BaseModel

from pipelines.errors import UserInputError
from serving.access.roles import Role
from serving.api.access import Caller, Reach, allow
from serving.api.admin.etags import IfMatch, etag_of, require_match
from serving.api.admin.route import AdminRouter, keep_no_response, note_change
from tests.support.admin import TOKEN, AdminApi

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)


class Thing(BaseModel):
    size: int


class Things:
    """Routes over a list in memory, and how often they did something."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.router = router = AdminRouter(prefix="/api/v1/bots/{bot}/things", tags=["things"])

        @router.get("", summary="List things", dependencies=[allow(Role.VIEWER)])
        async def list_things(bot: str, caller: Caller) -> dict[str, str]:
            return {"bot": bot, "caller": caller.id}

        @router.post("", summary="Add a thing", status_code=201, dependencies=[allow(Role.AUTHOR)])
        async def add_thing(bot: str, thing: Thing, request: Request, response: Response) -> dict[str, int]:
            await self.go_on.wait()
            if thing.size < 0:
                raise UserInputError("too small")
            self.done.append(thing.size)
            response.headers["Location"] = f"/things/{len(self.done)}"
            note_change(request, before=None, after={"size": thing.size}, target=f"thing {thing.size}")
            return {"number": len(self.done)}

        @router.post("/secret", summary="Draw a secret", dependencies=[allow(Role.AUTHOR)])
        async def draw_secret(bot: str, request: Request) -> str:
            self.done.append(0)
            keep_no_response(request)
            return "the-secret"

        @router.put("/{thing_id}", summary="Replace a thing", dependencies=[allow(Role.AUTHOR)])
        async def replace_thing(bot: str, thing_id: str, if_match: IfMatch = None) -> str:
            require_match(if_match, {"size": 5})
            return "replaced"

        platform = AdminRouter(prefix="/api/v1/platform", tags=["things"])

        @platform.get("", summary="Show the platform", dependencies=[allow(Role.OWNER, on=Reach.PLATFORM)])
        async def show_platform() -> str:
            return "all"

        @platform.get("/any", summary="Show any", dependencies=[allow(Role.AUTHOR, on=Reach.ANY_BOT)])
        async def show_any() -> str:
            return "any"

        router.include_router(platform)
        self.routers = [router, platform]


@pytest.fixture
def things(admin: AdminApi) -> Things:
    things = Things()
    for router in things.routers:
        admin.app.include_router(router)
    return things


@pytest.fixture
def url(new_name: str) -> str:
    return f"/api/v1/bots/{new_name}/things"


async def test_keys_open_what_their_role_allows_and_nothing_else(admin: AdminApi, things: Things, url: str) -> None:
    bot = url.split("/")[4]
    viewer, author = await admin.as_("viewer", bot=bot), await admin.as_("author", bot=bot)
    foreign, everywhere = await admin.as_("owner", bot="other"), await admin.as_("author")
    assert (await admin.owner.get(url)).json()["caller"] == "token"
    assert (await viewer.get(url)).status_code == 200
    for client, status in ((viewer, 403), (foreign, 403), (author, 201), (everywhere, 201), (admin.owner, 201)):
        assert (await client.post(url, json={"size": 1})).status_code == status
    assert (await foreign.get(url)).status_code == 403
    for client, status in ((author, 200), (foreign, 200), (viewer, 403)):
        assert (await client.get("/api/v1/platform/any")).status_code == status
    for client, status in ((admin.owner, 200), (everywhere, 403), (foreign, 403), (await admin.as_("owner"), 200)):
        assert (await client.get("/api/v1/platform")).status_code == status
    refusal = await viewer.post(url, json={"size": 1})
    assert refusal.json()["error"] == "forbidden"
    assert f"the role 'author' for bot {bot!r}" in refusal.json()["detail"]


async def test_nobody_without_a_valid_key_is_let_in(admin: AdminApi, things: Things, url: str) -> None:
    right = (await admin.key("owner"))[1]
    expired = (await admin.key("owner", days=-1))[1]
    changed = right[:-1] + ("0" if right[-1] != "0" else "1")
    wrong = ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", f"Bearer {TOKEN[:-1]}", "Bearer \u00e9")
    for header in (*wrong, f"Bearer {expired}", f"Bearer {changed}", "Bearer intentloop_", "Bearer " + "x" * 20_000):
        client = await admin.client()
        answer = await client.post(url, headers={"Authorization": header.encode()} if header else {}, content=b"{")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), header[:40]
        assert "Authorization: Bearer KEY" in answer.json()["detail"]
        assert TOKEN not in answer.text
        assert right not in answer.text
    for header in (f"Bearer {right}", f"bearer  {TOKEN}"):
        assert (await (await admin.client(header)).get(url)).status_code == 200
    assert things.done == []
    assert [(entry.by, entry.action, entry.outcome) for entry in await admin.audit()] == [
        ("unknown", "Sign in", "refused")
    ]


async def test_what_was_changed_or_refused_is_recorded(admin: AdminApi, things: Things, url: str) -> None:
    bot = url.split("/")[4]
    viewer = await admin.as_("viewer", bot=bot)
    await admin.owner.get(url)
    await admin.owner.post(url, json={"size": -1})
    await admin.owner.post(url, json={"size": 7})
    await viewer.post(url, json={"size": 8})
    refused, done = await admin.audit(bot=bot)
    assert (done.action, done.target, done.after, done.outcome) == ("Add a thing", "thing 7", {"size": 7}, "done")
    assert (done.by, done.by_name, done.bot) == ("token", "admin token", bot)
    assert (refused.outcome, refused.by_name, refused.after) == ("refused", f"viewer of {bot}", None)


async def test_a_request_with_a_key_of_its_own_is_done_once(admin: AdminApi, things: Things, url: str) -> None:
    once = {"Idempotency-Key": "k1"}
    first = await admin.owner.post(url, json={"size": 1}, headers=once)
    again = await admin.owner.post(url, json={"size": 1}, headers=once)
    assert (again.status_code, again.json(), again.headers["location"]) == (201, first.json(), "/things/1")
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert things.done == [1]
    assert len(await admin.audit()) == 1
    other_body = await admin.owner.post(url, json={"size": 2}, headers=once)
    assert (other_body.status_code, other_body.json()["error"]) == (422, "invalid_input")
    other_caller = await (await admin.as_("author")).post(url, json={"size": 3}, headers=once)
    assert other_caller.status_code == 201
    for key in ("", "x" * 201):
        assert (await admin.owner.post(url, json={"size": 4}, headers={"Idempotency-Key": key})).status_code == 422
    assert things.done == [1, 3]


async def test_a_request_that_failed_can_be_sent_again(admin: AdminApi, things: Things, url: str) -> None:
    for _ in range(2):
        response = await admin.owner.post(url, json={"size": -1}, headers={"Idempotency-Key": "k"})
        assert (response.status_code, response.json()["detail"]) == (422, "too small")


async def test_a_request_that_is_sent_twice_at_once_is_done_once(admin: AdminApi, things: Things, url: str) -> None:
    things.go_on.clear()

    async def send() -> httpx2.Response:
        return await admin.owner.post(url, json={"size": 1}, headers={"Idempotency-Key": "k"})

    first = asyncio.create_task(send())
    others = [asyncio.create_task(send()) for _ in range(3)]
    done, _ = await asyncio.wait([first, *others], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([task for task in (first, *others) if task not in done], timeout=0.3)
    things.go_on.set()
    statuses = sorted(response.status_code for response in await asyncio.gather(first, *others))
    assert statuses == [201, 409, 409, 409]
    assert things.done == [1]


async def test_a_response_with_a_secret_is_kept_nowhere(admin: AdminApi, things: Things, url: str) -> None:
    once = {"Idempotency-Key": "k"}
    assert (await admin.owner.post(f"{url}/secret", headers=once)).json() == "the-secret"
    again = await admin.owner.post(f"{url}/secret", headers=once)
    assert (again.status_code, again.json()["error"]) == (409, "done_already")
    assert things.done == [0]


async def test_an_editor_who_has_not_seen_the_newest_is_told(admin: AdminApi, things: Things, url: str) -> None:
    place, current = f"{url}/x", etag_of({"size": 5})
    missing = await admin.owner.put(place)
    assert (missing.status_code, missing.json()["error"]) == (428, "precondition_required")
    for right in (current, f"W/{current}", f'"a", {current}', "*", f" {current}"):
        assert (await admin.owner.put(place, headers={"If-Match": right})).status_code == 200, right
    for stale in (etag_of({"size": 4}), current.strip('"'), '"*"'):
        late = await admin.owner.put(place, headers={"If-Match": stale})
        assert (late.status_code, late.headers["etag"]) == (412, current)
        assert late.json()["current"] == {"size": 5}
        assert "merge" in late.json()["detail"]
