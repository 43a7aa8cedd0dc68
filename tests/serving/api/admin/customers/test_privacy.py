"""The privacy settings of a bot over the admin API."""

from typing import Any

import httpx2
import pytest

from tests.support.admin import AdminApi

PRIVACY = "/api/v1/bots/default/privacy"
NOTHING = {"redact": [], "state_days": None, "turn_days": None, "form_hours": 24.0}


async def put(client: httpx2.AsyncClient, tag: str = "*", **fields: Any) -> httpx2.Response:
    return await client.put(PRIVACY, json=fields, headers={"If-Match": tag})


async def test_settings_are_read_changed_and_recorded(admin: AdminApi) -> None:
    before = await admin.owner.get(PRIVACY)
    assert before.json() == NOTHING
    assert (await admin.owner.put(PRIVACY, json=NOTHING)).status_code == 428
    changed = await put(admin.owner, before.headers["etag"], redact=["phone", "email", "phone"], turn_days=7)
    assert changed.json() == NOTHING | {"redact": ["phone", "email"], "turn_days": 7}
    assert (await admin.owner.get(PRIVACY)).headers["etag"] == changed.headers["etag"]
    stale = await put(admin.owner, before.headers["etag"], redact=[])
    assert (stale.status_code, stale.json()["current"]) == (412, changed.json())
    entry = (await admin.audit())[0]
    assert (entry.action, entry.before, entry.after) == ("Change the privacy settings", NOTHING, changed.json())


@pytest.mark.parametrize(
    "fields",
    [
        {"redact": ["name"]}, {"turn_days": 0}, {"turn_days": 100_000}, {"state_days": 31}, {"form_hours": 1000},
        {"state_days": "x"}, {"typo": 1},
    ],
)  # fmt: skip
async def test_settings_beyond_the_platforms_bounds_are_refused(admin: AdminApi, fields: dict[str, Any]) -> None:
    refused = await put(admin.owner, **fields)
    assert refused.status_code == 422
    assert next(iter(fields)) in refused.json()["detail"]
    assert (await admin.owner.get(PRIVACY)).json() == NOTHING


async def test_viewers_see_them_and_operators_change_them(admin: AdminApi) -> None:
    assert (await (await admin.as_("viewer")).get(PRIVACY)).status_code == 200
    assert (await put(await admin.as_("author"), redact=["phone"])).status_code == 403
    assert (await put(await admin.as_("operator", bot="other"), redact=["phone"])).status_code == 403
    assert (await put(await admin.as_("operator", bot="default"), redact=["phone"])).status_code == 200


async def test_what_is_said_from_then_on_is_kept_without_personal_data(admin: AdminApi) -> None:
    said = {"thread_id": "t", "text": "hello, i am jane.roe@web.de"}
    await admin.owner.post("/api/v1/bots/default/messages", json=said)
    await put(admin.owner, redact=["email"])
    await admin.owner.post("/api/v1/bots/default/messages", json=said)
    turns = await admin.services.ledger.turns.of_thread("default:t")
    assert [turn.text for turn in turns] == [said["text"], "hello, i am [email]"]
