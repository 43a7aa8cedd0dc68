"""ai-chatbot-framework's chat logs page."""

from datetime import timedelta

from tests.support.admin import AdminApi

PLACE = "/api/admin/chatlogs/"
MESSAGES = "/bots/channels/rest/webbook"


async def talk(admin: AdminApi, *threads: str, text: str = "hello") -> None:
    for thread in threads:
        body = {"thread_id": thread, "text": text, "context": {"username": "Ada"}}
        assert (await admin.owner.post(MESSAGES, json=body)).status_code == 200


async def test_conversations_are_listed_in_pages_by_their_latest_turn(admin: AdminApi) -> None:
    empty = (await admin.owner.get(f"{PLACE}?page=1&limit=10")).json()
    assert empty == {"total": 0, "page": 1, "limit": 10, "conversations": []}
    await talk(admin, "one", "two", "three", "one")
    first = (await admin.owner.get(f"{PLACE}?page=1&limit=2")).json()
    second = (await admin.owner.get(f"{PLACE}?page=2&limit=2")).json()
    assert (first["total"], first["page"], first["limit"]) == (3, 1, 2)
    assert [each["thread_id"] for each in first["conversations"]] == ["one", "three"]
    assert [each["thread_id"] for each in second["conversations"]] == ["two"]
    assert all(each.keys() == {"thread_id", "date"} for each in first["conversations"])
    assert (await admin.owner.get(f"{PLACE}?page=9")).json()["conversations"] == []


async def test_dates_bound_the_list(admin: AdminApi) -> None:
    await talk(admin, "one")
    now = admin.services.now()
    for start, end, total in ((-1, 1, 1), (-2, -1, 0), (1, 2, 0), (-1, None, 1)):
        params = {"start_date": (now + timedelta(hours=start)).isoformat()}
        if end is not None:
            params["end_date"] = (now + timedelta(hours=end)).replace(tzinfo=None).isoformat()
        assert (await admin.owner.get(PLACE, params=params)).json()["total"] == total, params


async def test_a_conversation_is_shown_turn_by_turn(admin: AdminApi) -> None:
    await talk(admin, "one", text="/init_conversation")
    await talk(admin, "one")
    await talk(admin, "two")
    first, second = (await admin.owner.get(f"{PLACE}one")).json()
    assert first.keys() == {"user_message", "bot_message", "date", "context"}
    assert first["user_message"] == {"text": "/init_conversation", "context": {"username": "Ada"}}
    assert first["bot_message"] == [{"text": "Hi Ada"}, {"text": "What can I do for you?"}]
    assert (second["user_message"]["text"], second["context"]) == ("hello", {"username": "Ada"})


async def test_what_is_unknown_or_wrong_gets_the_right_status(admin: AdminApi) -> None:
    missing = await admin.owner.get(f"{PLACE}nobody")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    for query in (
        "page=0",
        "limit=0",
        "limit=100000",
        "page=x",
        "start_date=yesterday",
        "start_date=0001-01-01T00:00:00%2B23:59",
        "end_date=9999-12-31T23:59:59-23:59",
    ):
        assert (await admin.owner.get(f"{PLACE}?{query}")).status_code == 422, query


async def test_conversations_are_for_labellers(admin: AdminApi) -> None:
    await talk(admin, "one")
    viewer, labeller = await admin.as_("viewer"), await admin.as_("labeller", bot="default")
    assert {(await viewer.get(place)).status_code for place in (PLACE, f"{PLACE}one")} == {403}
    assert {(await labeller.get(place)).status_code for place in (PLACE, f"{PLACE}one")} == {200}
