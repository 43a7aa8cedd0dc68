"""ai-chatbot-framework's intents, entities and examples, as its pages call them."""

import asyncio
from typing import Any

import pytest

from serving.store.drafts.bots import export_bot, import_bot
from tests.support.admin import AdminApi
from tests.support.bots import TINY_BOT_WIRE

INTENTS, ENTITIES, TRAIN = "/admin/intents/", "/admin/entities/", "/admin/train/"
NEW = {
    "name": "Opening hours", "intentId": "hours", "userDefined": True, "speechResponse": "From 9 to 5.",
    "apiTrigger": False, "parameters": [],
}  # fmt: skip
SHAPE = {
    "id", "name", "userDefined", "intentId", "apiTrigger", "apiDetails", "speechResponse", "parameters",
    "labeledSentences", "trainingData",
}  # fmt: skip
CANARY = "canary-1679091c5a"
SYSTEM = ("fallback", "cancel", "init_conversation")


@pytest.fixture
async def bot(admin: AdminApi) -> str:
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="default", source="test")
    return "default"


async def one(admin: AdminApi, place: str) -> dict[str, Any]:
    response = await admin.owner.get(place)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_new_installation_has_empty_lists_and_makes_its_bot(admin: AdminApi) -> None:
    for place in (INTENTS, ENTITIES):
        assert (await admin.owner.get(place)).json() == []
    made = await admin.owner.post(INTENTS, json=NEW)
    assert (made.status_code, made.json()["id"]) == (200, "hours")
    assert {each["intentId"] for each in (await admin.owner.get(INTENTS)).json()} == {*SYSTEM, "hours"}


async def test_an_intent_is_made_shown_changed_and_deleted(admin: AdminApi, bot: str) -> None:
    made = await admin.owner.post(INTENTS, json=NEW)
    assert made.json().keys() == SHAPE
    place = INTENTS + made.json()["id"]
    shown = await one(admin, place)
    assert shown == made.json()
    assert (shown["apiDetails"], shown["trainingData"], shown["labeledSentences"]) == (None, [], [])
    changed = await admin.owner.put(place, json={**shown, "speechResponse": "Always."})
    assert changed.json() == {"status": "success", "repairs": []}
    assert (await one(admin, place))["speechResponse"] == "Always."
    assert (await admin.owner.delete(place)).json()["status"] == "success"
    for method in ("GET", "DELETE"):
        assert (await admin.owner.request(method, place)).status_code == 404
    assert (await admin.owner.put(place, json=shown)).status_code == 404


async def test_the_list_has_every_intent_in_the_documented_shape(admin: AdminApi, bot: str) -> None:
    listed = (await admin.owner.get(INTENTS)).json()
    assert [each["intentId"] for each in listed] == [each["intentId"] for each in TINY_BOT_WIRE["intents"]]
    for each in listed:
        assert each.keys() >= SHAPE
        for parameter in each["parameters"]:
            assert parameter.keys() >= {"name", "required", "type", "prompt"}
        assert (await one(admin, INTENTS + each["id"])) == each


async def test_put_without_training_data_keeps_it(admin: AdminApi, bot: str) -> None:
    before = await one(admin, INTENTS + "greet")
    body = {name: value for name, value in before.items() if name not in ("trainingData", "id")}
    await admin.owner.put(INTENTS + "greet", json={**body, "name": "Greeting"})
    assert await one(admin, INTENTS + "greet") == {**before, "name": "Greeting"}
    await admin.owner.put(INTENTS + "greet", json={**body, "trainingData": []})
    assert (await one(admin, INTENTS + "greet"))["trainingData"] == []


async def test_fields_of_ours_outlive_a_client_that_does_not_know_them(admin: AdminApi, bot: str) -> None:
    wire = {**TINY_BOT_WIRE, "intents": [{**TINY_BOT_WIRE["intents"][0], "resumePrompt": "Back to it."}]}
    await import_bot(admin.services.database, wire, bot=bot, source="test")
    name = wire["intents"][0]["intentId"]
    body = {"name": "n", "intentId": name, "speechResponse": "s"}
    await admin.owner.put(INTENTS + name, json=body)
    found = next(e for e in (await export_bot(admin.services.database, bot=bot))["intents"] if e["intentId"] == name)
    assert (found["resumePrompt"], found["name"]) == ("Back to it.", "n")
    assert found["trainingData"] == wire["intents"][0]["trainingData"]


async def test_secrets_of_a_tool_are_masked_and_kept(admin: AdminApi, bot: str) -> None:
    tool = {
        "url": f"https://shop.test/?key={CANARY}", "requestType": "POST", "isJson": True,
        "headers": [{"headerKey": "Authorization", "headerValue": f"Bearer {CANARY}"}],
        "jsonData": f'{{"token": "{CANARY}"}}',
    }  # fmt: skip
    made = await admin.owner.post(INTENTS, json={**NEW, "apiTrigger": True, "apiDetails": tool})
    assert CANARY not in made.text
    shown = await one(admin, INTENTS + "hours")
    assert shown["apiDetails"]["headers"] == [{"headerKey": "Authorization", "headerValue": "***"}]
    await admin.owner.put(INTENTS + "hours", json={**shown, "name": "Hours"})
    stored = (await export_bot(admin.services.database, bot=bot))["intents"][-1]
    assert (stored["name"], stored["apiDetails"]) == ("Hours", tool)
    for place in (INTENTS, "/admin/bots/default/export"):
        assert CANARY not in (await admin.owner.get(place)).text
    assert CANARY not in str(await admin.audit())
    refused = await admin.owner.post(INTENTS, json={**shown, "intentId": "other", "apiTrigger": True})
    assert refused.status_code == 422


@pytest.mark.parametrize("name", ["caf\u00e9 au lait", "a b", "50%", "what?", "new", "create", "x" * 150, "#1", "."])
async def test_ids_of_any_name_can_stand_in_a_path_as_its_pages_write_them(
    admin: AdminApi, bot: str, name: str
) -> None:
    made = await admin.owner.post(ENTITIES, json={"name": name, "entity_values": []})
    entity_id = made.json()["id"]
    assert entity_id not in ("new", "create")
    assert set(entity_id) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")
    assert (await one(admin, ENTITIES + entity_id))["name"] == name
    assert (await admin.owner.delete(ENTITIES + entity_id)).status_code == 200


@pytest.mark.parametrize("key", ["nothing", "~", "~!!", "~gA", "5f9b3b3b3b3b3b3b3b3b3b3b"])
async def test_an_unknown_or_malformed_id_is_not_found(admin: AdminApi, bot: str, key: str) -> None:
    for place in (INTENTS, ENTITIES):
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {**NEW, "intentId": "nowhere"})):
            assert (await admin.owner.request(method, place + key, json=body)).status_code == 404, (place, method)
    assert (await admin.owner.get(f"{TRAIN}{key}/data")).status_code == 404
    assert (await admin.owner.post(f"{TRAIN}{key}/data", json=[])).status_code == 404


async def test_an_intent_is_renamed_and_its_page_can_go_on(admin: AdminApi, bot: str) -> None:
    shown = await one(admin, INTENTS + "greet")
    renamed = {**shown, "intentId": "hello"}
    assert (await admin.owner.put(INTENTS + "greet", json=renamed)).status_code == 200
    assert (await admin.owner.get(INTENTS + "greet")).status_code == 404
    after = await one(admin, INTENTS + "hello")
    assert after == {**renamed, "id": "hello"}
    # the page still has the id it was opened with
    assert (await admin.owner.put(INTENTS + "greet", json={**renamed, "name": "Hello"})).status_code == 200
    assert (await one(admin, INTENTS + "hello"))["name"] == "Hello"
    taken = await admin.owner.put(INTENTS + "hello", json={**renamed, "intentId": "track_order"})
    assert (taken.status_code, taken.json()["error"]) == (409, "conflict")
    assert (await admin.owner.post(INTENTS, json={**NEW, "intentId": "hello"})).status_code == 409


async def test_intents_that_every_bot_needs_stay(admin: AdminApi, bot: str) -> None:
    for name in SYSTEM:
        assert (await admin.owner.delete(INTENTS + name)).status_code == 409
    shown = await one(admin, INTENTS + "cancel")
    assert (await admin.owner.put(INTENTS + "cancel", json={**shown, "intentId": "stop"})).status_code == 409
    assert (await admin.owner.put(INTENTS + "cancel", json={**shown, "speechResponse": "Fine."})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {**NEW, "name": None}, {**NEW, "intentId": ""}, {**NEW, "intentId": "a/b"}, {**NEW, "parameters": 5},
        {**NEW, "parameters": [{"name": ""}]}, {**NEW, "intentId": "__oos__"}, {**NEW, "intentId": "x" * 201},
        {**NEW, "trainingData": [{"entities": []}]}, {**NEW, "apiDetails": {"requestType": "GET"}},
        {**NEW, "$set": 1}, {**NEW, "apiDetails": {"url": "x", "requestType": "BREW"}},
        {**NEW, "trainingData": [{"text": "a", "entities": [{"name": "x"}]}]},
    ],
)  # fmt: skip
async def test_what_is_no_intent_is_refused_and_not_stored(admin: AdminApi, bot: str, body: Any) -> None:
    refused = await admin.owner.post(INTENTS, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json().keys() == {"error", "detail"}
    assert len((await admin.owner.get(INTENTS)).json()) == len(TINY_BOT_WIRE["intents"])


async def test_examples_are_replaced_and_wrong_offsets_repaired(admin: AdminApi, bot: str) -> None:
    """The labelling page counts an offset from the last mark, and keeps offsets when a text is edited."""
    place = f"{TRAIN}order_product/data"
    rows = (await admin.owner.get(place)).json()
    assert rows
    assert all(row.keys() >= {"text", "entities"} for row in rows)
    new = [
        {"text": "buy a tent", "entities": [{"value": "tent", "begin": 0, "end": 4, "name": "product"}]},
        {
            "text": "\U0001f3d5 a rucksack",
            "entities": [{"value": "rucksack", "begin": 5, "end": 13, "name": "product"}],
        },
        {"text": "edited away", "entities": [{"value": "lantern", "begin": 3, "end": 9, "name": "product"}]},
        {"text": "no marks"},
    ]
    saved = await admin.owner.post(place, json=[*new, *rows])
    assert (saved.status_code, saved.json()["status"], len(saved.json()["repairs"])) == (200, "success", 3)
    after = (await admin.owner.get(place)).json()
    assert after[0]["entities"] == [{"value": "tent", "begin": 6, "end": 10, "name": "product"}]
    assert after[1]["text"][after[1]["entities"][0]["begin"] :].startswith("rucksack")
    assert (after[2]["entities"], after[3]) == ([], {"text": "no marks", "entities": []})
    assert after[4:] == rows
    for wrong in ({}, [{"entities": []}], ["text"], [{"text": 5}]):
        assert (await admin.owner.post(place, json=wrong)).status_code == 422
    assert (await admin.owner.get(place)).json() == after
    assert "buy a tent" not in str(await admin.audit())


async def test_an_entity_is_made_changed_renamed_and_deleted(admin: AdminApi, bot: str) -> None:
    made = (await admin.owner.post(ENTITIES, json={"name": "size", "entity_values": []})).json()
    assert made == {"id": "size", "name": "size", "entity_values": []}
    values = [{"value": "large", "synonyms": ["big"]}, {"value": "small"}]
    assert (await admin.owner.put(f"{ENTITIES}size", json={**made, "entity_values": values})).status_code == 200
    assert (await one(admin, f"{ENTITIES}size"))["entity_values"][1] == {"value": "small", "synonyms": []}
    await admin.owner.put(f"{ENTITIES}size", json={**made, "name": "extent", "entity_values": values})
    assert (await one(admin, f"{ENTITIES}extent"))["id"] == "extent"
    assert (await admin.owner.get(f"{ENTITIES}size")).status_code == 404
    assert (await admin.owner.post(ENTITIES, json={"name": "extent"})).status_code == 409
    for wrong in ({}, {"name": ""}, {"name": "x", "entity_values": [{"synonyms": []}]}):
        assert (await admin.owner.post(ENTITIES, json=wrong)).status_code == 422, wrong
    names = [each["name"] for each in (await admin.owner.get(ENTITIES)).json()]
    assert "extent" in names


async def test_two_editors_of_different_intents_lose_nothing(admin: AdminApi, bot: str) -> None:
    names = [each["intentId"] for each in TINY_BOT_WIRE["intents"]]
    shown = {name: await one(admin, INTENTS + name) for name in names}
    puts = [admin.owner.put(INTENTS + name, json={**shown[name], "name": f"new {name}"}) for name in names]
    assert {response.status_code for response in await asyncio.gather(*puts)} == {200}
    assert [each["name"] for each in (await admin.owner.get(INTENTS)).json()] == [f"new {name}" for name in names]


async def test_a_client_that_sends_if_match_is_told_of_a_faster_one(admin: AdminApi, bot: str) -> None:
    response = await admin.owner.get(INTENTS + "greet")
    body, seen = {**response.json(), "name": "One"}, {"If-Match": response.headers["etag"]}
    assert (await admin.owner.put(INTENTS + "greet", json=body, headers=seen)).status_code == 200
    late = await admin.owner.put(INTENTS + "greet", json={**body, "name": "Two"}, headers=seen)
    assert (late.status_code, late.json()["current"]["name"]) == (412, "One")
