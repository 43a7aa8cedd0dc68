"""The audit log over the admin API."""

from datetime import timedelta
from typing import Any

import httpx2

from serving.store.access.audit import AuditEntry, AuditLog
from tests.support.admin import AdminApi
from tests.support.records import now

PATH = "/api/v1/audit"
START = now() - timedelta(hours=1)


async def fill(admin: AdminApi) -> None:
    rows = [("shop", "key:1", "Ada", "Replace an intent"), ("other", "key:2", "Bob", "Replace an intent"),
            (None, "token", "admin token", "Add a member"), ("shop", "key:2", "Bob", "Promote a release")]  # fmt: skip
    for number, (bot, by, name, action) in enumerate(rows):
        entry = AuditEntry(
            at=START + timedelta(minutes=number), by=by, by_name=name, action=action, bot=bot, target=str(number),
            outcome="refused" if number == 1 else "done",
        )  # fmt: skip
        await AuditLog(admin.services.database).append(entry)


async def found(client: httpx2.AsyncClient, **filters: Any) -> str:
    response = await client.get(PATH, params=filters)
    assert response.status_code == 200, response.text
    return "".join(entry["target"] for entry in response.json()["items"])


async def test_entries_are_filtered(admin: AdminApi) -> None:
    await fill(admin)
    assert await found(admin.owner) == "3210"
    assert await found(admin.owner, bot="shop") == "30"
    assert await found(admin.owner, by="Bob") == await found(admin.owner, by="key:2") == "31"
    assert await found(admin.owner, action="Replace an intent") == "10"
    assert await found(admin.owner, outcome="refused") == "1"
    assert await found(admin.owner, since=(START + timedelta(minutes=2)).isoformat()) == "32"
    assert await found(admin.owner, until=(START + timedelta(minutes=2)).isoformat()) == "10"
    assert await found(admin.owner, bot="shop", by="Ada", until=START.isoformat()) == ""
    for wrong in ({"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}, {"bot": "No bot"}, {"cursor": "x"}):
        assert (await admin.owner.get(PATH, params=wrong)).status_code == 422


async def test_owners_of_a_bot_see_what_concerns_it(admin: AdminApi) -> None:
    await fill(admin)
    shop = await admin.as_("owner", bot="shop")
    assert await found(shop) == await found(shop, bot="shop") == "30"
    assert (await shop.get(PATH, params={"bot": "other"})).status_code == 403
    assert (await (await admin.as_("operator")).get(PATH)).status_code == 403


async def test_pages_follow_each_other(admin: AdminApi) -> None:
    await fill(admin)
    seen, cursor = "", None
    for _ in range(3):
        more = {"cursor": cursor} if cursor else {}
        page = (await admin.owner.get(PATH, params={"limit": 2, **more})).json()
        seen, cursor = seen + "".join(entry["target"] for entry in page["items"]), page["next"]
        if cursor is None:
            break
    assert (seen, cursor) == ("3210", None)


async def test_nothing_changes_the_log(admin: AdminApi) -> None:
    await fill(admin)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await admin.owner.request(method, PATH)).status_code == 405
    assert await found(admin.owner) == "3210"
