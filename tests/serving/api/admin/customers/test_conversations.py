"""Searching conversations and reading one, over HTTP."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import ToolRecord
from pipelines.templates.references import SecretReference
from serving.dialogue.messages import UserMessage
from serving.dialogue.turn import handle_turn
from serving.store.threads.turns import TurnLog
from tests.support.admin import AdminApi
from tests.support.records import now, turn_record

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
URL = "/api/v1/bots/default/conversations"


async def say(admin: AdminApi, thread: str, text: str, **fields: Any) -> None:
    fields = {"bot": "default", "channel": "rest", **fields}
    message = UserMessage(thread_id=thread, message_id=f"{text}", text=text, **fields)
    await handle_turn(message, admin.services)


async def listed(client: httpx2.AsyncClient, **params: Any) -> list[str]:
    response = await client.get(URL, params=params)
    assert response.status_code == 200, response.text
    return [item["thread_id"] for item in response.json()["items"]]


async def test_customers_turns_are_found_and_explained(admin: AdminApi) -> None:
    await say(admin, "ann", "hello")
    await say(admin, "ann", "i want to buy a tent", context={"username": "Ann"})
    await say(admin, "ann", "2")
    await say(admin, "rest/odd id?#/x", "xyzzy plugh")
    client = await admin.as_("labeller", bot="default")
    assert await listed(client) == ["rest/odd id?#/x", "ann"]
    assert await listed(client, text="A TENT", intent="order_product", route="intent", min_confidence=0.1) == ["ann"]
    page = (await client.get(URL, params={"limit": 1})).json()
    assert page["searched_back_to"] is not None
    rest = (await client.get(URL, params={"limit": 1, "cursor": page["next"]})).json()
    assert [item["thread_id"] for item in rest["items"]] == ["ann"]
    shown = (await client.get(f"{URL}/ann")).json()
    first, second, third = shown["turns"]
    assert (shown["channel"], shown["next"]) == ("rest", None)
    assert first["explanation"]["verdict"].startswith("Answered as greet")
    assert (second["intent_id"], second["why"], second["release"]) == ("order_product", "most likely", "1")
    assert second["nlu"]["ranking"][0]["intent_id"] == "order_product"
    assert second["form"]["asking"] == "quantity"
    assert second["context"] == {"username": "Ann"}
    assert second["replies"][0]["text"] == "How many?"
    assert second["explanation"]["verdict"].startswith("Answered as order_product")
    verdict = "Form: the form of order_product took the text. Outside a form: "
    assert (third["route"], third["explanation"]["verdict"][: len(verdict)]) == ("form", verdict)
    part = (await client.get(f"{URL}/ann", params={"limit": 1, "explain": False})).json()
    assert part["turns"][0]["explanation"] is None
    after = (await client.get(f"{URL}/ann", params={"cursor": part["next"]})).json()
    assert [turn["turn"] for turn in after["turns"]] == [2, 3]
    odd = await client.get(f"{URL}/rest%2Fodd%20id%3F%23%2Fx")
    assert [turn["text"] for turn in odd.json()["turns"]] == ["xyzzy plugh"]


async def test_a_corrected_message_says_so(admin: AdminApi) -> None:
    await say(admin, "ann", "hello")
    await say(admin, "ann", "my pizza was cold")
    await say(admin, "ann", "asdf")
    client = await admin.as_("labeller", bot="default")
    label = {"text": "my pizza was cold", "intent_id": "__oos__", "thread_id": "ann", "turn": 2}
    made = await client.post("/api/v1/bots/default/labels", json=label)
    assert made.is_success, made.text
    shown = (await client.get(f"{URL}/ann")).json()
    assert [turn["correction"] and turn["correction"]["status"] for turn in shown["turns"]] == [None, "accepted", None]
    correction = shown["turns"][1]["correction"]
    assert correction["intent_id"] == "__oos__"
    assert correction["decided_by"]
    assert correction["decided_at"]


async def test_secrets_of_a_logged_call_are_masked_and_foreign_parts_are_left_out(admin: AdminApi) -> None:
    reference = SecretReference("SHOP_KEY").written
    call = ToolRecord(
        intent_id="buy", key="k", method="POST", url=f"http://shop/x?api_key=sk-canary0123456789&s={reference}",
        body={"token": "sk-canary0123456789", "n": 2}, result={"ok": True},
    )  # fmt: skip
    record = turn_record("default", 1, "m", tool=call, release="99")
    assert await TurnLog(admin.services.database, ttl=timedelta(days=1)).append(record)
    response = await admin.owner.get(f"{URL}/t")
    turn = response.json()["turns"][0]
    assert turn["tool"]["url"] == "http://shop/x?api_key=***&s=***"
    assert turn["tool"]["body"] == {"token": "***", "n": 2}
    assert (turn["explanation"], turn["form"], turn["replies"]) == (None, None, [{"text": "Hello!"}])
    assert "canary" not in response.text


async def test_only_labellers_of_the_bot_read_and_nobody_leaves_their_bot(admin: AdminApi, new_name: str) -> None:
    await say(admin, "theirs", "hello", bot=new_name)
    await say(admin, "ours", "hello")
    viewer, other = await admin.as_("viewer"), await admin.as_("owner", bot=new_name)
    labeller = await admin.as_("labeller", bot="default")
    for client in (viewer, other):
        for path in (URL, f"{URL}/ours"):
            assert (await client.get(path)).status_code == 403
    theirs = (await other.get(f"/api/v1/bots/{new_name}/conversations", params={"limit": 1})).json()
    assert theirs["next"] is not None  # bounded pages say so even if nothing follows
    stolen = await labeller.get(URL, params={"cursor": theirs["next"]})
    assert stolen.status_code == 422
    assert (await labeller.get(f"{URL}/theirs")).status_code == 404
    assert await listed(labeller) == ["ours"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"route": "nowhere"}, 422),
        ({"min_confidence": 2}, 422),
        ({"min_confidence": "nan"}, 422),
        ({"since": "yesterday"}, 422),
        ({"since": "2026-11-29T10:00:00"}, 422),
        ({"since": "0001-01-01T00:00:00+14:00"}, 422),
        ({"until": "9999-12-31T23:59:59-14:00"}, 422),
        ({"until": "9999-12-31T23:59:59Z"}, 200),
        ({"since": "2026-11-29T10:00:00+01:00"}, 200),
        ({"cursor": "x"}, 422),
        ({"cursor": "WyJhIiwgImIiXQ"}, 422),
        ({"cursor": "WyJkZWZhdWx0OjkiLCAiZGVmYXVsdDo5Il0"}, 422),
        ({"limit": 1000}, 422),
        ({"text": ""}, 422),
        ({"text": "(((*"}, 200),
        ({"text": " "}, 200),
        ({"text": "\\"}, 200),
        ({"text": "a\x00b"}, 200),
        ({"thread_id": "$ne"}, 200),
    ],
)
async def test_conditions_are_checked(admin: AdminApi, params: dict[str, Any], status: int) -> None:
    response = await admin.owner.get(URL, params=params)
    assert response.status_code == status, response.text
    assert (await admin.owner.get(f"{URL}/nobody")).status_code == 404


async def test_thread_reads_do_not_depend_on_its_state(admin: AdminApi) -> None:
    log = TurnLog(admin.services.database, ttl=timedelta(days=1))
    for turn in (1, 2):
        moment = now() + timedelta(seconds=turn)
        assert await log.append(turn_record("default", turn, f"m{turn}", created_at=moment))
    assert await admin.services.database.collection("states").find_one({"_id": thread_key("default", "t")}) is None
    turns = (await admin.owner.get(f"{URL}/t")).json()["turns"]
    assert [turn["turn"] for turn in turns] == [1, 2]
    later = (await admin.owner.get(f"{URL}/t", params={"after": 1})).json()["turns"]
    assert [turn["turn"] for turn in later] == [2]
