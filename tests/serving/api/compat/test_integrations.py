"""ai-chatbot-framework's integrations page, request by request."""

from typing import Any

from tests.support.admin import AdminApi

PLACE = "/api/admin/integrations/"
CANARY = "canary-e4da3b7fbb"
JSON = {"Content-Type": "application/json"}


async def test_the_list_has_both_integrations(admin: AdminApi) -> None:
    facebook, widget = (await admin.owner.get(PLACE)).json()
    assert facebook.keys() == widget.keys() == {"id", "name", "description", "status", "settings"}
    assert (facebook["id"], facebook["status"]) == ("facebook", False)
    assert facebook["settings"] == {"verify": "", "secret": "", "page_access_token": ""}
    assert (widget["id"], widget["status"], widget["settings"]) == ("chat_widget", True, {})


async def test_the_form_saves_at_every_key_stroke(admin: AdminApi) -> None:
    """As `FacebookMessenger.tsx` does: the whole integration again, with one setting changed."""
    shown: dict[str, Any] = (await admin.owner.get(f"{PLACE}facebook")).json()
    for name, text in (("verify", "word"), ("secret", CANARY), ("page_access_token", CANARY)):
        for end in range(1, len(text) + 1):
            body = {**shown, "settings": {**shown["settings"], name: text[:end]}}
            response = await admin.owner.put(f"{PLACE}facebook", json=body)
            assert (response.status_code, response.json()["settings"][name]) == (200, "***")
            shown = response.json()
    switched = await admin.owner.put(f"{PLACE}facebook", json={**shown, "status": True})
    assert switched.json() == {**shown, "status": True}
    stored = await admin.app.state.channels.connections.store.find("default", "facebook")
    assert stored.is_enabled
    assert stored.settings["secret"] == stored.settings["page_access_token"] == CANARY
    assert stored.settings["verify"] == "word"
    assert CANARY not in str([entry.model_dump() for entry in await admin.audit()])


async def test_settings_of_ours_outlive_its_form(admin: AdminApi) -> None:
    url = "/api/v1/bots/default/channels/facebook"
    tokens = {"settings": {"page_access_tokens": {"7": CANARY}}}
    await admin.owner.patch(url, json=tokens, headers={"If-Match": "*"})
    body = {"status": True, "settings": {"verify": "v", "secret": "s", "page_access_token": "t"}}
    assert (await admin.owner.put(f"{PLACE}facebook", json=body)).json()["settings"]["page_access_tokens"] == {
        "7": "***"
    }


async def test_what_is_unknown_or_wrong_gets_the_right_status(admin: AdminApi) -> None:
    assert (await admin.owner.get(f"{PLACE}slack")).status_code == 404
    assert (await admin.owner.put(f"{PLACE}slack", json={"status": True})).status_code == 404
    for body in ({"status": "perhaps"}, {"settings": "x"}, {"settings": {"secret": 5}}, {"id": "other"}, []):
        assert (await admin.owner.put(f"{PLACE}facebook", json=body)).status_code == 422, body
    assert (await admin.owner.put(f"{PLACE}facebook", content=b"{", headers=JSON)).status_code == 400


async def test_what_it_left_open_is_closed(admin: AdminApi) -> None:
    stranger, viewer = await admin.client(), await admin.as_("viewer", bot="default")
    assert (await stranger.get(PLACE)).status_code == 401
    assert (await stranger.put(f"{PLACE}facebook", json={"status": True})).status_code == 401
    assert (await viewer.get(PLACE)).status_code == 200
    assert (await viewer.put(f"{PLACE}facebook", json={"status": True})).status_code == 403
    assert (await (await admin.as_("owner", bot="other")).get(PLACE)).status_code == 403
