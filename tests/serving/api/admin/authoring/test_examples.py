"""Examples over HTTP: single ones, thousands at once, and finding them again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.revisions import Revisions
from serving.store.work.tasks import Task, Tasks, new_task_id
from tests.support.admin import AdminApi

BOT = "/api/v1/bots/shop"
ROME = {"value": "Rome", "begin": 3, "end": 7, "name": "city"}


@pytest.fixture
async def shop(admin: AdminApi) -> AdminApi:
    """Give the app with a bot of three intents."""
    wire = {
        "intents": [
            {
                "name": "Go",
                "intentId": "go",
                "trainingData": [{"text": "to Rome", "entities": [ROME]}, {"text": "off"}],
            },
            {"name": "Stay", "intentId": "stay", "trainingData": [{"text": "Stay here"}, {"text": "stay put"}]},
            {"name": "None", "intentId": "none"},
        ],
        "entities": [{"name": "city", "entity_values": [{"value": "Rome", "synonyms": ["Roma"]}]}],
    }
    await import_bot(admin.services.database, wire, bot="shop", source="f.json")
    return admin


async def texts_of(admin: AdminApi, intent_id: str) -> list[str]:
    wire = await export_bot(admin.services.database, bot="shop")
    return [row["text"] for each in wire["intents"] if each["intentId"] == intent_id for row in each["trainingData"]]


async def listed(admin: AdminApi, **query: Any) -> list[dict[str, Any]]:
    """Return all pages of a list."""
    found: list[dict[str, Any]] = []
    while True:
        page = await admin.owner.get(f"{BOT}/examples", params=query)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next"] is None:
            return found
        query["cursor"] = page.json()["next"]


async def test_examples_are_searched_filtered_and_paged(shop: AdminApi) -> None:
    for limit in (1, 2, 50):
        found = await listed(shop, limit=limit)
        assert [(row["intent_id"], row["position"], row["text"]) for row in found] == [
            ("go", 1, "to Rome"), ("go", 2, "off"), ("stay", 1, "Stay here"), ("stay", 2, "stay put"),
        ]  # fmt: skip
        assert [row["text"] for row in await listed(shop, text="STAY", limit=limit)] == ["Stay here", "stay put"]
        assert [row["text"] for row in await listed(shop, intent="go", limit=limit)] == ["to Rome", "off"]
        assert [row["text"] for row in await listed(shop, entity="city", limit=limit)] == ["to Rome"]
    assert await listed(shop, text="stay", entity="city") == []
    assert await listed(shop, finding="text_is_not_repeated") == []
    assert (await shop.owner.get(f"{BOT}/examples?intent=nothing")).status_code == 404
    assert (await listed(shop, entity="city"))[0]["entities"] == [ROME]


async def test_page_goes_on_where_it_was_when_others_edit(shop: AdminApi) -> None:
    first = (await shop.owner.get(f"{BOT}/examples?limit=3")).json()
    gone = first["items"][0]
    url = f"{BOT}/intents/{gone['intent_id']}/examples/{gone['key']}"
    assert (await shop.owner.delete(url, headers={"If-Match": gone["etag"]})).status_code == 204
    await shop.owner.post(f"{BOT}/intents/stay/examples", json={"examples": [{"text": "remain"}]})
    rest = (await shop.owner.get(f"{BOT}/examples", params={"limit": 3, "cursor": first["next"]})).json()
    assert [row["text"] for row in rest["items"]] == ["stay put", "remain"]


async def test_example_is_replaced_and_deleted_by_its_content(shop: AdminApi) -> None:
    (row,) = await listed(shop, text="stay put")
    url = f"{BOT}/intents/stay/examples/{row['key']}"
    assert (await shop.owner.get(url)).json() == row
    assert (await shop.owner.put(url, json={"text": "x"})).status_code == 428
    stale = await shop.owner.put(url, json={"text": "x"}, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["current"]["text"]) == (412, "stay put")
    put = await shop.owner.put(url, json={"text": "stay in Rome", "entities": [ROME | {"begin": 8, "end": 12}]},
                               headers={"If-Match": row["etag"]})  # fmt: skip
    assert put.status_code == 200, put.text
    assert put.json()["key"] != row["key"]
    assert put.headers["location"].endswith(put.json()["key"])
    assert (await shop.owner.get(put.headers["location"])).json() == put.json()
    assert await texts_of(shop, "stay") == ["Stay here", "stay in Rome"]
    assert (await shop.owner.delete(url, headers={"If-Match": "*"})).status_code == 404
    gone = await shop.owner.delete(put.headers["location"], headers={"If-Match": put.headers["etag"]})
    assert gone.status_code == 204
    assert await texts_of(shop, "stay") == ["Stay here"]


async def test_equal_examples_are_told_apart(shop: AdminApi) -> None:
    twice = {"intents": [{"name": "None", "intentId": "none", "trainingData": [{"text": "a"}, {"text": "a"}]}]}
    await shop.owner.patch(f"{BOT}/draft", json=twice, headers={"If-Match": "*"})
    one, other = await listed(shop, intent="none")
    assert (other["key"], other["etag"]) == (f"{one['key']}-2", one["etag"])
    url = f"{BOT}/intents/none/examples/{other['key']}"
    assert (await shop.owner.get(url)).json()["position"] == 2
    assert (await shop.owner.delete(url, headers={"If-Match": "*"})).status_code == 204
    assert [row["key"] for row in await listed(shop, intent="none")] == [one["key"]]


async def test_parallel_edits_of_examples_of_one_intent_lose_none(shop: AdminApi) -> None:
    url = f"{BOT}/intents/none/examples"
    added = [shop.owner.post(url, json={"examples": [{"text": f"text {n}"}]}) for n in range(20)]
    assert {each.status_code for each in await asyncio.gather(*added)} == {200}
    rows = await listed(shop, intent="none")
    assert len(rows) == 20
    edits = [
        shop.owner.put(f"{url}/{row['key']}", json={"text": row["text"] + "!"}, headers={"If-Match": row["etag"]})
        for row in rows
    ]
    assert {each.status_code for each in await asyncio.gather(*edits)} == {200}
    assert sorted(await texts_of(shop, "none")) == sorted(f"text {n}!" for n in range(20))


async def test_pasted_examples_go_to_their_intents(shop: AdminApi) -> None:
    sent = [
        {"intentId": "go", "text": "to  ROME"},  # says nothing of annotations: those that are there stay
        {"intentId": "stay", "text": "stay  here", "entities": []},
        {"intentId": "go", "text": "off"},
        {"intentId": "stay", "text": "off"},
        {"intentId": "none", "text": "new"},
        {"intentId": "none", "text": "new"},
    ]
    answer = await shop.owner.post(f"{BOT}/examples", json={"examples": sent})
    told = answer.json()
    assert told.pop("examples") == [row for row in await listed(shop) if row["text"] != "stay put"]
    assert told == {"added": 2, "changed": 1, "unchanged": 3, "repairs": [], "n_repairs": 0}
    assert await texts_of(shop, "none") == ["new"]
    assert (await listed(shop, entity="city"))[0]["entities"] == [ROME]
    again = await shop.owner.post(f"{BOT}/examples", json={"examples": sent})
    assert again.json()["unchanged"] == 6
    (entry, _) = (await shop.audit())[:2]
    assert entry.after == {"added": 0, "changed": 0, "unchanged": 6, "intents": 3}


@pytest.mark.parametrize(
    ("example", "status", "place"),
    [
        ({"intentId": "nowhere", "text": "x"}, 404, "nowhere"),
        ({"intentId": "go", "text": "  "}, 422, "empty"),
        ({"intentId": "go", "text": 3}, 422, "text"),
        ({"text": "x"}, 422, "intentId"),
        ({"intentId": "go", "text": "x", "entities": [ROME]}, 422, "'Rome' (city) is not in its text"),
        ({"intentId": "go", "text": "x", "$a": 1}, 422, "field's name"),
        ({"intentId": "go", "text": "x", "a": 2**65}, 422, "too large"),
    ],
)  # fmt: skip
async def test_paste_with_a_fault_changes_nothing(
    shop: AdminApi, example: dict[str, Any], status: int, place: str
) -> None:
    before = await export_bot(shop.services.database, bot="shop")
    sent = [{"intentId": "stay", "text": "fine"}, example]
    answer = await shop.owner.post(f"{BOT}/examples", json={"examples": sent})
    assert answer.status_code == status, answer.text
    assert place in answer.json()["detail"]
    assert await export_bot(shop.services.database, bot="shop") == before


async def test_examples_of_an_intent_are_replaced_and_deleted_together(shop: AdminApi) -> None:
    url = f"{BOT}/intents/stay"
    etag = (await shop.owner.get(url)).headers["etag"]
    await shop.owner.patch(url, json={"name": "Other"}, headers={"If-Match": etag})  # does not concern the examples
    put = await shop.owner.put(f"{url}/examples", json={"examples": [{"text": "a"}, {"text": "b"}]},
                               headers={"If-Match": etag})  # fmt: skip
    assert put.status_code == 200
    assert await texts_of(shop, "stay") == ["a", "b"]
    stale = await shop.owner.put(f"{url}/examples", json={"examples": []}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["current"]) == (412, {"examples": [{"text": "a"}, {"text": "b"}]})
    keys = [row["key"] for row in await listed(shop, intent="stay")]
    asked = {"intents": [{"intent_id": "stay", "keys": [keys[0], "0" * 20]}]}
    assert (await shop.owner.post(f"{BOT}/examples/delete", json=asked)).json() == {"deleted": 1, "missing": 1}
    assert await texts_of(shop, "stay") == ["b"]


async def test_examples_are_filtered_by_what_validation_found(shop: AdminApi) -> None:
    finding = {"id": "f", "title": "t", "severity": "warning", "row": "stay/1", "explanation": "e", "repair": "r"}
    rows = [
        finding | {"check": "values_are_marked", "intent_id": "stay", "position": 1, "text": "Stay here"},
        finding | {"check": "enough_examples", "intent_id": "none", "text": ""},
    ]
    now, head = shop.services.now(), await Revisions(shop.services.database).read("shop")
    assert head is not None
    task = Task(
        id=new_task_id(now), bot="shop", kind="validate", request={}, state="done", by="me", created_at=now,
        started_at=now + timedelta(minutes=1), expires_at=now.replace(year=now.year + 1),
        result={
            "findings": rows, "counts": {"warning": 2}, "read_at": (now + timedelta(minutes=2)).isoformat(),
            "draft_token": head.token,
        },
    )  # fmt: skip
    await Tasks(shop.services.database).add(task)
    (row,) = await listed(shop, finding="values_are_marked")
    assert (row["text"], row["findings"]) == ("Stay here", ["values_are_marked"])
    intents = (await shop.owner.get(f"{BOT}/intents?finding=enough_examples")).json()["items"]
    assert [each["intent_id"] for each in intents] == ["none"]
    found = (await shop.owner.get(f"{BOT}/draft/findings?limit=1")).json()
    assert (found["task_id"], found["counts"], len(found["items"])) == (task.id, {"warning": 2}, 1)
    assert datetime.fromisoformat(found["validated_at"]) == now + timedelta(minutes=2)
    assert (found["under_way"], found["is_current"], found["n_repairable"]) == (None, True, 0)
    assert found["by_check"][0] == {"name": "values_are_marked", "title": "t", "count": 1}
    assert {each["name"] for each in found["by_intent"]} == {"stay", "none"}
    rest = (await shop.owner.get(f"{BOT}/draft/findings?cursor={found['next']}")).json()
    assert [each["check"] for each in rest["items"]] == ["enough_examples"]
    url = f"{BOT}/intents/stay/examples/{row['key']}"
    await shop.owner.put(url, json={"text": "Stay there"}, headers={"If-Match": row["etag"]})
    assert await listed(shop, finding="values_are_marked") == []  # corrected
    assert (await shop.owner.get(f"{BOT}/draft/findings")).json()["is_current"] is False


async def test_what_a_hand_at_the_database_left_does_not_break_lists(shop: AdminApi) -> None:
    intents = shop.services.database.collection("intents")
    await shop.owner.get(f"{BOT}/examples")
    for rows in ([{"text": 3}, 7, {"text": "ok", "entities": 5}], [{"text": "ok", "entities": [{"value": 1}, 2]}], 8):
        intent = {"intentId": "stay", "trainingData": rows}
        document = {"_id": "shop:stay", "bot": "shop", "position": 1, "revision": str(rows), "intent": intent}
        await intents.replace_one({"_id": "shop:stay"}, document)
        for path in ("intents", "examples", "entities", "intents/stay", "intents/stay?examples=true", ""):
            answer = await shop.owner.get(f"{BOT}/{path}".rstrip("/"))
            assert answer.status_code == 200, (path, answer.text)
    await intents.replace_one({"_id": "shop:stay"}, {"_id": "shop:stay", "bot": "shop", "intent": 4})
    assert (await shop.owner.get(f"{BOT}/intents")).status_code == 200
    assert (await shop.owner.get(f"{BOT}/intents/stay")).status_code == 404
