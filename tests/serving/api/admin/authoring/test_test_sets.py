"""The test set over HTTP."""

from serving.store.drafts.bots import import_bot
from tests.support.admin import AdminApi
from tests.support.bots import TINY_BOT_WIRE

URL = "/api/v1/bots/shop/test-set"


async def test_rows_are_added_replaced_and_deleted(admin: AdminApi) -> None:
    owner = admin.owner
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="shop", source="test")
    assert (await owner.get(URL)).json() == {"items": [], "next": None, "name": None, "n_rows": 0}
    rows = [{"text": "hi all", "intent": "greet"}, {"text": "can I pay in gold?", "intent": "__oos__"}]
    added = (await owner.post(f"{URL}/rows", json={"rows": rows})).json()
    assert (added["n_rows"], added["added"], added["replaced"]) == (2, 2, [])
    again = (await owner.post(f"{URL}/rows", json={"rows": rows[:1]})).json()
    assert (again["name"], again["added"], again["replaced"]) == (added["name"], 0, [])
    corrected = (await owner.post(f"{URL}/rows", json={"rows": [{"text": "Hi all", "intent": "cancel"}]})).json()
    assert (corrected["n_rows"], corrected["added"]) == (2, 0)
    assert [(row["text"], row["intent"]) for row in corrected["replaced"]] == [("hi all", "greet")]
    page = (await owner.get(URL, params={"limit": 1})).json()
    assert [row["text"] for row in page["items"]] == ["can I pay in gold?"]
    rest = (await owner.get(URL, params={"cursor": page["next"]})).json()
    assert ([row["intent"] for row in rest["items"]], rest["next"]) == (["cancel"], None)
    deleted = (await owner.post(f"{URL}/rows/delete", json={"texts": ["HI ALL"]})).json()
    assert (deleted["n_rows"], deleted["deleted"]) == (1, 1)


async def test_rows_of_unknown_intents_are_refused(admin: AdminApi) -> None:
    owner = admin.owner
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="shop", source="test")
    unknown = await owner.post(f"{URL}/rows", json={"rows": [{"text": "hi", "intent": "nothing_such"}]})
    assert (unknown.status_code, "nothing_such" in unknown.json()["detail"]) == (404, True)
    fallback = await owner.post(f"{URL}/rows", json={"rows": [{"text": "hi", "intent": "fallback"}]})
    assert (fallback.status_code, "__oos__" in fallback.json()["detail"]) == (422, True)
    assert (await owner.post(f"{URL}/rows/delete", json={"texts": ["hi"]})).status_code == 404
    assert (await owner.get(URL.replace("shop", "none"))).status_code == 404
