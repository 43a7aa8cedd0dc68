"""Who gets past the door of every route of the app: each role, and every kind of key that opens nothing.

The routes are the app's own, so that a new one without a decision fails here. Whoever is let in may still be told
that something is missing (404), malformed (422) or not there to be changed (409, 428).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from pipelines.errors import NotFound
from serving.access.roles import Role
from serving.api.access import Allow, Reach, decision_of
from serving.api.admin.route import AdminRoute
from serving.store.access.api_keys import ApiKeys
from tests.support.admin import AdminApi

OPEN = {
    ("POST", "/api/v1/bots/{bot}/messages"), ("POST", "/bots/channels/rest/webbook"),
    ("POST", "/bots/channels/rest/webhook"), ("POST", "/webhooks/mlflow"),
    ("GET", "/api/v1/bots/{bot}/channels/{channel}/webhook"),
    ("POST", "/api/v1/bots/{bot}/channels/{channel}/webhook"),
    ("GET", "/bots/channels/{channel}/webhook"), ("POST", "/bots/channels/{channel}/webhook"),
    ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/ready"),
    ("GET", "/admin"), ("GET", "/admin/"), ("GET", "/admin/assets/{digest}/{path:path}"),
    ("GET", "/"), ("GET", "/chat/{bot}"), ("GET", "/static/widget/script.js"),
    ("GET", "/docs"), ("GET", "/openapi.json"),
    ("GET", "/api/v1/session/login"), ("GET", "/api/v1/session/callback"),
    ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session"),
}  # fmt: skip
"""What anybody may call: customers and platforms, load balancers, and who wants to sign in or out."""
OF_FILES = {"/admin/bots/{name}/import"}
"""What takes a form with a file instead of JSON."""
BOT, OTHER = "default", "elsewhere"
VALUES = defaultdict(
    lambda: "1", {"bot": BOT, "name": BOT, "channel": "facebook", "key": "0" * 64, "key_id": "0" * 10, "member_id": "0"}
)


@dataclass(frozen=True)
class Route:
    """A route as it is called. `decision` is None for what is no part of the admin API."""

    method: str
    path: str
    decision: Allow | None

    @property
    def url(self) -> str:
        """The path with a value for each parameter."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: VALUES[found[1]], self.path)

    def lets_in(self, role: Role, *, bot: str) -> bool:
        """Whether somebody with a role, for one bot or `*`, is let in."""
        if self.decision is None:
            return True
        reaches = {Reach.BOT: ("*", BOT), Reach.DEFAULT_BOT: ("*", BOT), Reach.ANY_BOT: ("*", BOT, OTHER)}
        return role.includes(self.decision.role) and bot in reaches.get(self.decision.reach, ("*",))


class Absent:
    """In place of what trains and promotes: nothing is there, whatever is asked for."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def answer(*_: object, **__: object) -> NoReturn:
            raise NotFound("thing", name, hint="this is a test of the door")

        return answer


@pytest.fixture
def door(admin: AdminApi) -> AdminApi:
    """Give the app without what would work on a request for long."""
    for name in ("trainings", "tasks", "release_manager"):
        assert hasattr(admin.app.state, name)
        setattr(admin.app.state, name, Absent())
    return admin


def routes_of(admin: AdminApi) -> Iterator[Route]:
    for context in iter_route_contexts(admin.app.routes):
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield Route(method, str(context.path), decision_of(list(getattr(context, "dependencies", ()))))


async def status(client: httpx2.AsyncClient, route: Route) -> int:
    # never `text/event-stream` for ever: what is asked for does not exist
    response = await client.request(route.method, route.url, content=b"{}", headers={"Accept": "application/json"})
    assert response.status_code < 500 or response.status_code == 503, (route, response.text)
    return response.status_code


async def test_every_route_has_a_decision(admin: AdminApi) -> None:
    undecided = {(route.method, route.path) for route in routes_of(admin) if route.decision is None}
    static = {(method, path) for method, path in undecided if path.startswith("/static-offline-docs")}
    assert undecided - static == OPEN
    decided = [
        context
        for context in iter_route_contexts(admin.app.routes)
        if decision_of(list(getattr(context, "dependencies", ())))
    ]
    assert all(isinstance(context.route, AdminRoute) for context in decided)


async def test_every_role_opens_what_it_should_and_nothing_else(door: AdminApi) -> None:
    routes = [route for route in routes_of(door) if route.decision is not None]
    assert len(routes) > 20
    for role in Role:
        for bot in ("*", BOT, OTHER):
            client = await door.as_(role, bot=bot)
            for route in routes:
                is_let_in = await status(client, route) not in (401, 403)
                assert is_let_in is route.lets_in(role, bot=bot), (role, bot, route)
    for route in routes:
        assert await status(door.owner, route) not in (401, 403), route


async def test_no_route_opens_to_a_key_that_opens_nothing(door: AdminApi) -> None:
    routes = [route for route in routes_of(door) if route.decision is not None]
    _, expired = await door.key("owner", days=-1)
    made, revoked = await door.key("owner")
    await ApiKeys(door.services.database).revoke(made.id, now=door.services.now())
    _, right = await door.key("owner")
    for text in (
        None,
        "Bearer wrong",
        f"Bearer {expired}",
        f"Bearer {revoked}",
        f"Bearer {right[:-1]}x",
        f"Basic {right}",
    ):
        client = await door.client(text)
        for route in routes:
            assert await status(client, route) == 401, (text, route)


@pytest.mark.parametrize(
    ("number", "expected"), [("NaN", 400), ("-Infinity", 400), ("1e999", 422), ("1" * 20, 422), ("1" * 5000, 422)]
)
async def test_no_route_takes_a_number_that_no_database_can_hold(door: AdminApi, number: str, expected: int) -> None:
    body = f'{{"text": "hello", "context": {{"x": [{number}]}}, "name": {number}}}'
    context_by_path = {str(context.path): context for context in iter_route_contexts(door.app.routes)}
    paths = {path for path, each in context_by_path.items() if getattr(each.route, "body_field", None) is not None}
    reading = [each for each in routes_of(door) if each.decision and each.path in paths and each.path not in OF_FILES]
    assert len(reading) > 20
    for route in reading:
        if route.method in ("GET", "DELETE"):
            continue
        headers = {"Content-Type": "application/json"}
        response = await door.owner.request(route.method, route.url, content=body, headers=headers)
        assert response.status_code == expected, (route, response.text)
