"""Channels over the admin API: secrets masked, the second of two editors told, a connection tried."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from tests.fakes.graph_server import failure
from tests.fakes.tool_server import ToolServer, answer, tool_server
from tests.support.admin import AdminApi, open_admin
from tests.support.fixed import FixedReleases

CANARY = "canary-9b74c9897b"
SECRETS = {"verify": f"v{CANARY}", "secret": f"s{CANARY}", "page_access_token": f"t{CANARY}"}
ALL: dict[str, Any] = {**SECRETS, "page_access_tokens": {}}


@pytest.fixture
async def platform() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, platform: ToolServer
) -> AsyncIterator[AdminApi]:
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}", "facebook_api_url": f"{platform.url}/v24.0"}
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        yield admin


@pytest.fixture
def url(new_name: str) -> str:
    return f"/api/v1/bots/{new_name}/channels"


async def test_channels_are_listed_before_they_are_set_up(admin: AdminApi, url: str) -> None:
    facebook, widget = (await admin.owner.get(url)).json()
    assert (facebook["channel"], facebook["is_enabled"], facebook["origin"]) == ("facebook", False, "unset")
    assert facebook["missing"] == ["verify", "secret", "page_access_token"]
    assert facebook["webhook"] == f"{url}/facebook/webhook"
    assert (widget["channel"], widget["webhook"], widget["missing"]) == ("chat_widget", None, [])


async def test_a_channel_is_set_up_changed_and_switched_off(admin: AdminApi, url: str) -> None:
    place = f"{url}/facebook"
    before = await admin.owner.get(place)
    body = {"is_enabled": True, "settings": SECRETS}
    made = await admin.owner.put(place, json=body, headers={"If-Match": before.headers["etag"]})
    assert (made.status_code, made.json()["settings"]) == (
        200,
        dict.fromkeys(SECRETS, "***") | {"page_access_tokens": {}},
    )
    # now the webhook of the platform is open, at once
    challenge = {"hub.mode": "subscribe", "hub.verify_token": SECRETS["verify"], "hub.challenge": "17"}
    assert (await admin.owner.get(f"{place}/webhook", params=challenge)).text == "17"
    same = {"is_enabled": True, "settings": made.json()["settings"] | {"verify": "new"}}
    kept = await admin.owner.put(place, json=same, headers={"If-Match": made.headers["etag"]})
    assert kept.status_code == 200
    changed = await admin.owner.patch(
        place,
        json={"settings": {"page_access_tokens": {"7": "secret:PAGE"}}},
        headers={"If-Match": kept.headers["etag"]},
    )
    assert changed.json()["settings"] == dict.fromkeys(SECRETS, "***") | {"page_access_tokens": {"7": "secret:PAGE"}}
    stored = await admin.app.state.channels.connections.store.find(url.split("/")[4], "facebook")
    assert stored.settings == SECRETS | {"verify": "new", "page_access_tokens": {"7": "secret:PAGE"}}
    off = await admin.owner.patch(place, json={"is_enabled": False}, headers={"If-Match": "*"})
    assert (off.json()["is_enabled"], off.json()["settings"]) == (False, changed.json()["settings"])
    assert (await admin.owner.get(f"{place}/webhook", params=challenge)).status_code == 404


async def test_the_second_of_two_editors_is_told(admin: AdminApi, url: str) -> None:
    place = f"{url}/facebook"
    etag = (await admin.owner.get(place)).headers["etag"]
    first = await admin.owner.patch(place, json={"settings": {"secret": "one"}}, headers={"If-Match": etag})
    # only a secret changes, so that both versions look alike
    second = await admin.owner.patch(
        place, json={"settings": {"secret": "two"}}, headers={"If-Match": first.headers["etag"]}
    )
    late = await admin.owner.patch(
        place, json={"settings": {"secret": "three"}}, headers={"If-Match": first.headers["etag"]}
    )
    assert (late.status_code, late.headers["etag"]) == (412, second.headers["etag"])
    assert late.json()["current"] == second.json()
    assert (await admin.owner.patch(place, json={"is_enabled": True})).status_code == 428


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"settings": {"secret": f"***{CANARY}"}}, "secret: it begins with ***"),
        ({"settings": {"secret": f"secret:{CANARY}"}}, "consists of capital letters"),
        ({"settings": {CANARY: 1}}, "settings that it does not have"),
        ({"settings": [CANARY]}, "settings"),
        ({"status": True}, "status: Extra inputs"),
    ],
)
async def test_what_cannot_be_set_is_refused(admin: AdminApi, url: str, body: dict[str, Any], problem: str) -> None:
    refused = await admin.owner.patch(f"{url}/facebook", json=body, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_input")
    assert problem in refused.json()["detail"]
    assert CANARY not in refused.text


async def test_a_connection_is_tried(admin: AdminApi, url: str, platform: ToolServer) -> None:
    await admin.owner.patch(f"{url}/facebook", json={"settings": SECRETS}, headers={"If-Match": "*"})
    platform.behaviours = [answer('{"name": "Tents"}'), failure(190)]
    good, bad = [(await admin.owner.post(f"{url}/facebook/test")).json() for _ in range(2)]
    assert (good["is_ok"], [check["name"] for check in good["checks"]]) == (True, ["settings", "secrets", "page token"])
    assert (bad["is_ok"], bad["checks"][-1]["is_ok"]) == (False, False)
    assert CANARY not in str((good, bad))
    assert platform.url not in str((good, bad))


async def test_an_unknown_channel_is_not_found(admin: AdminApi, url: str) -> None:
    for method, path in (("GET", "telegraph"), ("POST", "telegraph/test"), ("PUT", "telegraph")):
        body = {"is_enabled": True, "settings": {}}
        sent = await admin.owner.request(method, f"{url}/{path}", json=body, headers={"If-Match": "*"})
        assert (sent.status_code, sent.json()["error"]) == (404, "not_found")


async def test_operators_change_channels_and_viewers_see_no_secret(admin: AdminApi, url: str) -> None:
    bot = url.split("/")[4]
    operator, author = await admin.as_("operator", bot=bot), await admin.as_("author", bot=bot)
    body, anyway = {"settings": SECRETS}, {"If-Match": "*"}
    assert (await author.patch(f"{url}/facebook", json=body, headers=anyway)).status_code == 403
    assert (await operator.patch(f"{url}/facebook", json=body, headers=anyway)).status_code == 200
    assert CANARY not in (await author.get(url)).text
    *_, done = await admin.audit(bot=bot)
    assert (done.action, done.target) == ("Change a channel", "facebook")
    assert CANARY not in str(await admin.audit(bot=bot))
