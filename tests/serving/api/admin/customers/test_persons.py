"""Everything that is kept about a person, handed over."""

import pytest

from serving.dialogue.messages import UserMessage
from serving.dialogue.turn import handle_turn
from serving.store.threads.persons import PERSONAL
from tests.support.admin import AdminApi

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)


async def test_person_gets_all_of_theirs_and_nothing_of_others(admin: AdminApi) -> None:
    for thread, text in (
        ("facebook:77:1042", "i want to buy a tent"),
        ("1042", "hello zaphod"),
        ("10421", "secret of another"),
    ):
        channel = "facebook" if thread.startswith("facebook") else "rest"
        message = UserMessage(bot="default", thread_id=thread, message_id=text, text=text, channel=channel)
        await handle_turn(message, admin.services)
    client = await admin.as_("operator", bot="default")
    response = await client.get("/api/v1/bots/default/users/1042/export")
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["threads"] == ["1042", "facebook:77:1042"]
    assert set(PERSONAL) <= set(found)
    assert sorted(turn["text"] for turn in found["turns"]) == ["hello zaphod", "i want to buy a tent"]
    assert found["turns"][0]["answer"]["replies"] == [{"text": "Hello!"}]  # parsed, to be read
    assert len(found["states"]) == 2
    assert "another" not in response.text
    [entry] = [entry for entry in await admin.audit() if entry.action == "Export a person's data"]
    assert "1042" not in str(entry.target)
    assert entry.bot == "default"


async def test_only_operators_export_and_unknown_people_are_not_found(admin: AdminApi) -> None:
    author = await admin.as_("author", bot="default")
    url = "/api/v1/bots/default/users/{}/export"
    assert (await author.get(url.format("t"))).status_code == 403
    for user in ("nobody", "%24where", ".*", "a%2Fb", "%00", "x" * 200):
        assert (await admin.owner.get(url.format(user))).status_code == 404, user
    assert (await admin.owner.get(url.format("x" * 201))).status_code == 422
