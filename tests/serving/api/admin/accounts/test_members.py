"""Members over the admin API."""

import asyncio
from typing import Any

import pytest

from tests.support.admin import AdminApi

PATH = "/api/v1/members"
ANNA = {"email": "anna@example.com", "name": "Anna", "roles": {"shop": "author"}}
ROOT = {"subject": "root|1/2", "name": "Root", "roles": {"*": "owner"}}


async def add(admin: AdminApi, body: dict[str, Any]) -> tuple[str, str]:
    response = await admin.owner.post(PATH, json=body)
    assert response.status_code == 201, response.text
    return f"{PATH}/{response.json()['id']}", response.headers["etag"]


async def test_a_member_is_added_changed_and_removed(admin: AdminApi) -> None:
    response = await admin.owner.post(PATH, json=ANNA)
    added, place = response.json(), response.headers["location"]
    assert (added["email"], added["subject"], added["roles"]) == ("anna@example.com", None, {"shop": "author"})
    shown = await admin.owner.get(place)
    assert (shown.json(), shown.headers["etag"]) == (added, response.headers["etag"])
    assert (await admin.owner.get(PATH)).json() == {"items": [added], "next": None}
    change = {"name": "Anna B.", "roles": {"*": "viewer"}}
    assert (await admin.owner.put(place, json=change)).status_code == 428
    stale = await admin.owner.put(place, json=change, headers={"If-Match": '"stale"'})
    assert (stale.status_code, stale.json()["current"]) == (412, added)
    changed = await admin.owner.put(place, json=change, headers={"If-Match": shown.headers["etag"]})
    assert (changed.status_code, changed.json()["roles"]) == (200, {"*": "viewer"})
    again = await admin.owner.put(place, json=change, headers={"If-Match": shown.headers["etag"]})
    assert again.status_code == 412
    assert (await admin.owner.delete(place)).status_code == 428
    assert (await admin.owner.delete(place, headers={"If-Match": changed.headers["etag"]})).status_code == 204
    assert (await admin.owner.get(place)).status_code == 404
    entries = await admin.audit()
    assert [entry.action for entry in entries] == ["Remove a member", "Replace a member's roles", "Add a member"]
    assert entries[1].before == {**ANNA, "subject": None}
    assert entries[1].after == {**ANNA, "subject": None, **change}


async def test_nobody_is_a_member_twice(admin: AdminApi) -> None:
    place, _ = await add(admin, ANNA)
    twice = await admin.owner.post(PATH, json={**ANNA, "email": "ANNA@example.com"})
    assert (twice.status_code, place in twice.json()["detail"]) == (409, True)
    statuses = await asyncio.gather(*(admin.owner.post(PATH, json=ROOT) for _ in range(5)))
    assert sorted(each.status_code for each in statuses) == [201, 409, 409, 409, 409]


async def test_the_last_owner_stays(admin: AdminApi) -> None:
    place, etag = await add(admin, ROOT)
    demoted = {"name": "Root", "roles": {"shop": "owner"}}
    for headers in ({"If-Match": etag}, {"If-Match": "*"}):
        assert (await admin.owner.delete(place, headers=headers)).status_code == 409
        assert (await admin.owner.put(place, json=demoted, headers=headers)).status_code == 409
    assert (await admin.owner.get(place)).headers["etag"] == etag
    renamed = await admin.owner.put(place, json={**demoted, "roles": ROOT["roles"]}, headers={"If-Match": etag})
    assert renamed.status_code == 200
    await add(admin, {**ROOT, "subject": "second"})
    assert (await admin.owner.put(place, json=demoted, headers={"If-Match": "*"})).status_code == 200


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
async def test_two_owners_cannot_remove_each_other(admin: AdminApi, method: str) -> None:
    places = [(await add(admin, {**ROOT, "subject": name}))[0] for name in ("one", "two")]
    body = {"json": {"name": "x", "roles": {"*": "viewer"}}} if method == "PUT" else {}
    for _ in range(5):
        await asyncio.gather(
            *(admin.owner.request(method, place, headers={"If-Match": "*"}, **body) for place in places)  # type: ignore[arg-type]
        )
        members = (await admin.owner.get(PATH)).json()["items"]
        assert any(member["roles"] == {"*": "owner"} for member in members)


async def test_two_editors_lose_nothing(admin: AdminApi) -> None:
    place, etag = await add(admin, ANNA)
    bodies = [{"name": f"name {number}", "roles": {"*": "viewer"}} for number in range(8)]
    responses = await asyncio.gather(
        *(admin.owner.put(place, json=body, headers={"If-Match": etag}) for body in bodies)
    )
    assert sorted(each.status_code for each in responses) == [200] + [412] * 7
    (winner,) = [each for each in responses if each.status_code == 200]
    assert (await admin.owner.get(place)).json() == winner.json()


async def test_what_cannot_be_a_member_is_refused(admin: AdminApi) -> None:
    roles = {"*": "viewer"}
    for body in (
        {"name": "x", "roles": roles}, {"subject": "a", "email": "a@b.c", "name": "x", "roles": roles},
        {"subject": "", "name": "x", "roles": roles}, {"subject": "a\nb", "name": "x", "roles": roles},
        {"subject": " a", "name": "x", "roles": roles}, {"subject": "a" * 256, "name": "x", "roles": roles},
        {"email": "nobody", "name": "x", "roles": roles}, {"email": "a b@c.d", "name": "x", "roles": roles},
        {"subject": {"$ne": None}, "name": "x", "roles": roles}, {"subject": "a", "name": "x", "roles": {}},
        {"subject": "a", "name": "x", "roles": {"*": "god"}}, {"subject": "a", "roles": roles},
    ):  # fmt: skip
        assert (await admin.owner.post(PATH, json=body)).status_code == 422, body
    assert (await admin.owner.get(PATH)).json()["items"] == []


async def test_owners_of_a_bot_manage_no_members(admin: AdminApi) -> None:
    shop = await admin.as_("owner", bot="shop")
    assert (await shop.get(PATH)).status_code == 403
    assert (await shop.post(PATH, json=ANNA)).status_code == 403


async def test_members_are_paged(admin: AdminApi) -> None:
    for number in range(5):
        await add(admin, {**ANNA, "email": f"a{number}@example.com"})
    found: list[str] = []
    cursor = None
    for size in (2, 2, 1):
        page = (await admin.owner.get(PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        assert len(page["items"]) == size
        found += [member["email"] for member in page["items"]]
        cursor = page["next"]
    assert (len(set(found)), cursor) == (5, None)
