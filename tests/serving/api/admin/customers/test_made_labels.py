"""Labels that somebody makes of a text they see."""

from pipelines.schemas.labels import label_id
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from tests.support.admin import AdminApi
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import label_item

URL = "/api/v1/bots/shop/labels"
ANY = {"If-Match": "*"}


async def test_a_tried_text_becomes_a_label_and_is_undone(admin: AdminApi) -> None:
    owner = admin.owner
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="shop", source="test")
    made = await owner.post(URL, json={"text": "can I pay in gold?", "intent_id": "__oos__"})
    label = made.json()
    assert made.status_code == 201, made.text
    assert (label["status"], label["intent_id"], label["destination"]) == ("accepted", "__oos__", "train")
    assert [source["thread_id"] for source in label["sources"]] == ["tried"]
    undone = await owner.delete(f"{URL}/{label['key']}/decision", headers=ANY)
    assert undone.json()["status"] == "open"
    again = (await owner.post(URL, json={"text": "Can I pay in gold?", "intent_id": "greet"})).json()
    assert (again["key"], again["intent_id"]) == (label["key"], "greet")


async def test_a_text_of_the_queue_keeps_its_side(admin: AdminApi) -> None:
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="shop", source="test")
    await Labels(admin.services.database).store([label_item("shop", "hey ho", bound_for="holdout")])
    label = (await admin.owner.post(URL, json={"text": "hey ho", "intent_id": "greet"})).json()
    assert (label["destination"], len(label["sources"])) == ("holdout", 1)


async def test_what_cannot_be_a_label_is_refused(admin: AdminApi) -> None:
    owner = admin.owner
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="shop", source="test")
    for body, status in (
        ({"text": "hi", "intent_id": "nothing_such"}, 404),
        ({"text": "hi", "intent_id": "fallback"}, 422),
        ({"text": "   ", "intent_id": "greet"}, 422),
        ({"text": "hi", "intent_id": "greet", "thread_id": "nobody", "turn": 1}, 404),
    ):
        assert (await owner.post(URL, json=body)).status_code == status, body
    unused = label_id("shop", "   ").removeprefix("shop:")
    assert (await owner.get(f"{URL}/{unused}")).status_code == 404
