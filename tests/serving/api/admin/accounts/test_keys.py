"""Keys over the admin API."""

import httpx2

from serving.store.access.api_keys import ApiKeys
from tests.support.admin import AdminApi

PATH = "/api/v1/keys"


async def make(client: httpx2.AsyncClient, roles: dict[str, str], **more: object) -> httpx2.Response:
    return await client.post(PATH, json={"name": "new", "roles": roles, **more})


async def test_a_key_is_made_used_and_revoked(admin: AdminApi) -> None:
    response = await make(admin.owner, {"shop": "author"}, days=7)
    made = response.json()
    assert (response.status_code, made["state"], made["by"]) == (201, "valid", "token")
    client = await admin.client(f"Bearer {made['secret']}")
    assert (await client.get("/api/v1/bots/shop/trainings")).status_code == 200
    shown = (await admin.owner.get(f"{PATH}/{made['id']}")).json()
    assert shown["last_used_at"] is not None
    assert shown["expires_at"] > shown["created_at"]
    assert "secret" not in shown
    assert (await admin.owner.get(PATH)).json() == {"items": [shown], "next": None}
    for _ in range(2):
        assert (await admin.owner.delete(f"{PATH}/{made['id']}")).json()["state"] == "revoked"
    assert (await client.get("/api/v1/bots/shop/trainings")).status_code == 401
    entries = await admin.audit()
    assert [entry.action for entry in entries] == ["Sign in", "Revoke a key", "Revoke a key", "Create a key"]
    assert entries[-1].target == made["id"]
    assert entries[-1].after == {"name": "new", "roles": {"shop": "author"}, "expires_at": made["expires_at"]}
    assert made["secret"] not in str(entries)


async def test_a_secret_is_kept_nowhere(admin: AdminApi) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"name": "new", "roles": {"*": "viewer"}}
    first = await admin.owner.post(PATH, json=body, headers=headers)
    again = await admin.owner.post(PATH, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 409)
    database = admin.services.database
    names = ("api_keys", "idempotency", "audit_log", "sessions")
    stored = [str(await database.collection(name).find({}).to_list(100)) for name in names]
    assert all(first.json()["secret"].rpartition("_")[2] not in text for text in stored)
    assert len(await ApiKeys(database).listed()) == 1


async def test_an_owner_of_a_bot_makes_keys_for_it_alone(admin: AdminApi) -> None:
    shop = await admin.as_("owner", bot="shop")
    assert (await make(shop, {"shop": "owner"})).status_code == 201
    for roles in ({"*": "viewer"}, {"other": "viewer"}, {"shop": "viewer", "other": "viewer"}):
        assert (await make(shop, roles)).status_code == 403
    assert (await admin.audit())[0].outcome in ("done", "refused")
    foreign, _ = await admin.key("viewer", bot="other")
    wide, _ = await admin.key("viewer")
    assert {key["name"] for key in (await shop.get(PATH)).json()["items"]} == {"owner of shop", "new"}
    for hidden in (foreign, wide):
        assert (await shop.get(f"{PATH}/{hidden.id}")).status_code == 404
        assert (await shop.delete(f"{PATH}/{hidden.id}")).status_code == 404
    assert (await (await admin.as_("operator")).get(PATH)).status_code == 403


async def test_a_key_makes_none_that_outlives_it(admin: AdminApi) -> None:
    _, text = await admin.key("owner", days=2)
    client = await admin.client(f"Bearer {text}")
    assert (await make(client, {"*": "viewer"})).status_code == 422
    assert (await make(client, {"*": "viewer"}, days=3)).status_code == 422
    assert (await make(client, {"*": "viewer"}, days=1)).status_code == 201


async def test_what_cannot_be_a_key_is_refused(admin: AdminApi) -> None:
    for body in (
        {}, {"name": "x"}, {"name": "x", "roles": {}}, {"name": "", "roles": {"*": "viewer"}},
        {"name": " ", "roles": {"*": "viewer"}}, {"name": "a\u0007b", "roles": {"*": "viewer"}},
        {"name": "x" * 101, "roles": {"*": "viewer"}}, {"name": "x", "roles": {"*": "root"}},
        {"name": "x", "roles": {"Not a bot": "viewer"}}, {"name": "x", "roles": {"a.b": "viewer"}},
        {"name": "x", "roles": {"$where": "viewer"}}, {"name": "x", "roles": {"*": "viewer"}, "days": 0},
        {"name": "x", "roles": {"*": "viewer"}, "days": -1}, {"name": "x", "roles": {"*": "viewer"}, "days": 1e9},
        {"name": "x", "roles": {f"b{number}": "viewer" for number in range(300)}},
    ):  # fmt: skip
        assert (await admin.owner.post(PATH, json=body)).status_code == 422, body
    for key_id in ("zz", "a" * 33, "0" * 10):
        assert (await admin.owner.get(f"{PATH}/{key_id}")).status_code in (404, 422)


async def test_keys_are_paged(admin: AdminApi) -> None:
    for number in range(5):
        await admin.key("viewer", bot="shop", name=f"key {number}")
    names: list[str] = []
    cursor = None
    for _ in range(4):
        page = (await admin.owner.get(PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        names += [key["name"] for key in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert (sorted(names), cursor) == ([f"key {number}" for number in range(5)], None)
    assert names[0] == "key 4"
    for wrong in ("x", "WyJ4IiwieSJd", "WzFd"):
        assert (await admin.owner.get(PATH, params={"cursor": wrong})).status_code == 422


async def test_the_last_way_to_own_the_platform_stays_open(admin: AdminApi) -> None:
    admin.app.state.access.credentials._admin_token = None
    first, text = await admin.key("owner")
    client = await admin.client(f"Bearer {text}")
    response = await client.delete(f"{PATH}/{first.id}")
    assert (response.status_code, "last owner" in response.json()["detail"]) == (409, True)
    second, _ = await admin.key("owner")
    assert (await client.delete(f"{PATH}/{second.id}")).status_code == 200
    await admin.key("owner")
    assert (await client.delete(f"{PATH}/{first.id}")).status_code == 200
