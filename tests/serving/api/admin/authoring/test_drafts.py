"""Bots and whole drafts over HTTP."""

import asyncio
import json
from typing import Any, NoReturn

import pytest

from pipelines.errors import ReleasePending
from pipelines.registry.release import Release
from pipelines.schemas.keys import INTENTS
from pipelines.settings import Settings
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.import_journal import ImportJournal
from serving.store.drafts.repairs import repair_drafts
from serving.store.drafts.revisions import Revisions
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT
from tests.support.fixed import FixedReleases

BOTS = "/api/v1/bots"
ANY = {"If-Match": "*"}


def wire_of_tiny() -> dict[str, Any]:
    wire: dict[str, Any] = json.loads(json.dumps(TINY_BOT.to_wire()))
    return wire


async def test_bot_is_made_renamed_and_deleted(admin: AdminApi) -> None:
    owner = admin.owner
    made = await owner.post(BOTS, json={"name": "shop", "language": "de"})
    assert (made.status_code, made.headers["location"]) == (201, f"{BOTS}/shop")
    assert {key: made.json()[key] for key in ("title", "language", "intent_count", "live_version")} == {
        "title": "shop", "language": "de", "intent_count": 3, "live_version": None,
    }  # fmt: skip
    url = f"{BOTS}/shop"
    etag = made.headers["etag"]
    assert (await owner.get(url)).headers["etag"] == etag
    named = await owner.patch(url, json={"title": "Shop", "timezone": "Europe/Berlin"}, headers={"If-Match": etag})
    assert (named.status_code, named.json()["title"], named.json()["timezone"]) == (200, "Shop", "Europe/Berlin")
    assert (await owner.patch(url, json={"title": "x"}, headers={"If-Match": etag})).status_code == 412
    wrong = await owner.patch(url, json={"timezone": "Mars/Base"}, headers=ANY)
    assert (wrong.status_code, "time zone" in wrong.json()["detail"]) == (422, True)
    removed = await owner.patch(url, json={"timezone": None}, headers=ANY)
    assert removed.json()["timezone"] == "UTC"
    assert (await owner.get(BOTS)).json()["items"] == [
        {"name": "shop", "title": "Shop", "description": "", "language": "de"}
    ]
    assert (await owner.delete(url)).status_code == 428
    assert (await owner.delete(url, headers=ANY)).status_code == 204
    assert (await owner.get(url)).status_code == 404
    assert (await owner.get(BOTS)).json()["items"] == []
    assert (await owner.post(BOTS, json={"name": "shop"})).status_code == 201


@pytest.mark.parametrize("name", ["", "A", "a/b", "..", "a" * 64, "ü", "a b"])
async def test_bot_with_an_unusable_name_is_refused(admin: AdminApi, name: str) -> None:
    assert (await admin.owner.post(BOTS, json={"name": name})).status_code == 422
    assert (await admin.owner.get(BOTS)).json()["items"] == []


async def test_bots_are_those_that_the_caller_may_see(admin: AdminApi) -> None:
    for name in ("a", "b", "c"):
        await import_bot(admin.services.database, wire_of_tiny(), bot=name, source="f.json")
    document = {"_id": "old:x", "bot": "old", "position": 0, "intent": {"name": "x", "intentId": "x"}}
    await admin.services.database.collection(INTENTS).insert_one(document)  # as an older version writes it
    viewer = await admin.as_("viewer", bot="b")
    assert [row["name"] for row in (await viewer.get(BOTS)).json()["items"]] == ["b"]
    first = (await admin.owner.get(f"{BOTS}?limit=3")).json()
    rest = (await admin.owner.get(f"{BOTS}?limit=3&cursor={first['next']}")).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == ["a", "b", "c", "old"]
    assert (await viewer.get(f"{BOTS}/a")).status_code == 403
    assert (await viewer.post(BOTS, json={"name": "d"})).status_code == 403


async def test_bot_is_deleted_with_everything_only_when_told_so(admin: AdminApi) -> None:
    database = admin.services.database
    await import_bot(
        database, wire_of_tiny() | {"testSet": [{"text": "hi", "intent": "greet"}]}, bot="shop", source="f"
    )
    for name in ("labels", "turns", "states"):
        await database.collection(name).insert_one({"_id": "shop:t", "bot": "shop", "message_key": "shop:t:1"})
        await database.collection(name).insert_one({"_id": "shop2:t", "bot": "shop2", "message_key": "shop2:t:1"})
    kept = await admin.owner.delete(f"{BOTS}/shop", headers=ANY)
    assert kept.status_code == 409
    assert "still has conversations, labels, test_sets" in kept.json()["detail"]
    kept = await admin.owner.delete(f"{BOTS}/shop?also=labels", headers=ANY)
    assert "still has conversations, test_sets," in kept.json()["detail"]
    assert (await admin.owner.get(f"{BOTS}/shop")).status_code == 200
    query = "also=labels&also=conversations&also=test_sets"
    assert (await admin.owner.delete(f"{BOTS}/shop?{query}", headers=ANY)).status_code == 204
    for name in ("labels", "turns", "states", "test_sets", "intents", "entities", "bots", "draft_revisions"):
        assert await database.collection(name).find_one({"_id": {"$gte": "shop:", "$lt": "shop;"}}) is None
        assert await database.collection(name).find_one({"bot": "shop"}) is None
    assert await database.collection("turns").find_one({"_id": "shop2:t"}) is not None
    author = await admin.as_("author")
    assert (await author.delete(f"{BOTS}/shop", headers=ANY)).status_code == 403


async def test_bot_that_answers_customers_is_not_deleted(admin: AdminApi) -> None:
    await import_bot(admin.services.database, wire_of_tiny(), bot="default", source="f.json")
    kept = await admin.owner.delete(f"{BOTS}/default", headers=ANY)
    assert (kept.status_code, "answers customers" in kept.json()["detail"]) == (409, True)


async def test_draft_is_exported_and_imported(admin: AdminApi) -> None:
    wire, url = wire_of_tiny(), f"{BOTS}/shop/draft"
    made = await admin.owner.put(url, json=wire, headers=ANY)
    assert (made.status_code, made.json()["intents_created"]) == (200, len(wire["intents"]))
    shown = await admin.owner.get(url)
    assert (shown.json(), shown.headers["etag"]) == (wire, made.headers["etag"])
    other = {**wire, "intents": wire["intents"][::-1], "about": "x"}
    put = await admin.owner.put(url, json=other, headers={"If-Match": shown.headers["etag"]})
    assert (put.json()["intents_unchanged"], put.json()["fields"]) == (len(wire["intents"]), ["about"])
    titled = await admin.owner.put(url, json={**other, "title": "Shop"}, params={"preview": True}, headers=ANY)
    assert titled.json()["changed_fields"] == [{"name": "title", "before": wire.get("title", ""), "after": "Shop"}]
    stale = await admin.owner.put(url, json=wire, headers={"If-Match": shown.headers["etag"]})
    assert (stale.status_code, stale.json()["current"]) == (412, other)
    assert (await admin.owner.put(url, json=wire)).status_code == 428
    one = {"intents": [wire["intents"][0] | {"speechResponse": "merged"}]}
    merged = await admin.owner.patch(url, json=one, headers={"If-Match": put.headers["etag"]})
    assert (merged.json()["intents_updated"], merged.json()["intents_deleted"]) == (1, 0)
    assert len((await admin.owner.get(url)).json()["intents"]) == len(wire["intents"])


async def test_replacing_a_draft_spares_the_intents_that_every_bot_needs(admin: AdminApi) -> None:
    await admin.owner.post(BOTS, json={"name": "shop"})
    wire = {"intents": [{"name": "A", "intentId": "a"}]}
    kept = await admin.owner.put(f"{BOTS}/shop/draft", json=wire, headers=ANY)
    assert (kept.status_code, "fallback, cancel, init_conversation" in kept.json()["detail"]) == (409, True)
    assert len((await admin.owner.get(f"{BOTS}/shop/draft")).json()["intents"]) == 3
    put = await admin.owner.put(f"{BOTS}/shop/draft?system=true", json=wire, headers=ANY)
    assert put.json()["intents_deleted"] == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff\xfe\x00", b'"x"', b"PK\x03\x04", b"[" * 100_000])
async def test_what_is_no_bot_file_is_refused(admin: AdminApi, body: bytes) -> None:
    sent = {**ANY, "Content-Type": "application/json"}
    answer = await admin.owner.put(f"{BOTS}/shop/draft", content=body, headers=sent)
    assert answer.status_code == 422, answer.text
    assert (await admin.owner.get(BOTS)).json()["items"] == []


async def test_draft_with_an_intent_that_is_too_large_changes_nothing(admin: AdminApi) -> None:
    await admin.owner.post(BOTS, json={"name": "shop"})
    before = (await admin.owner.get(f"{BOTS}/shop/draft")).json()
    large = {"name": "L", "intentId": "l", "speechResponse": "x" * 17 * 2**20}
    answer = await admin.owner.patch(f"{BOTS}/shop/draft", json={"intents": [large]}, headers=ANY)
    assert (answer.status_code, "intent 'l': 17.0 MB" in answer.json()["detail"]) == (422, True)
    assert (await admin.owner.get(f"{BOTS}/shop/draft")).json() == before


async def test_difference_names_what_customers_would_see(admin: AdminApi) -> None:
    wire = wire_of_tiny()
    url = f"{BOTS}/default/draft"
    await admin.owner.put(url, json=wire, headers=ANY)
    same = (await admin.owner.get(f"{url}/difference")).json()
    assert (same["is_available"], same["difference"]) == (True, {"bot": [], "intents": [], "entities": []})
    wire["intents"][0]["speechResponse"] = "Other words"
    gone = wire["intents"].pop(1)["intentId"]
    wire["intents"].append({"name": "New", "intentId": "new"})
    wire["timezone"] = "Europe/Berlin"
    await admin.owner.put(f"{url}?system=true", json=wire, headers=ANY)
    found = (await admin.owner.get(f"{url}/difference")).json()["difference"]
    by_name = {row["name"]: row for row in found["intents"]}
    assert {name: row["change"] for name, row in by_name.items()} == {
        wire["intents"][0]["intentId"]: "changed", gone: "removed", "new": "added",
    }  # fmt: skip
    (field,) = by_name[wire["intents"][0]["intentId"]]["fields"]
    assert (field["field"], field["after"]) == ("speechResponse", "Other words")
    assert [row["field"] for row in found["bot"]] == ["timezone"]


async def test_difference_waits_for_a_release_that_nobody_has_used_yet(
    admin: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.owner.put(f"{BOTS}/default/draft", json=wire_of_tiny(), headers=ANY)
    releases = admin.services.releases
    loaded = releases.current("default")

    def pending(bot: str, thread_id: str | None = None) -> NoReturn:
        raise ReleasePending(bot, "it is being looked for")

    async def ensure(bot: str) -> Release:
        return loaded

    monkeypatch.setattr(releases, "current", pending)
    monkeypatch.setattr(releases, "ensure", ensure)
    assert (await admin.owner.get(f"{BOTS}/default/draft/difference")).json()["is_available"]


async def test_drafts_can_be_edited_while_nothing_answers(settings: Settings, mongo_uri: str, new_name: str) -> None:
    """As while MLflow is down: no release can be had."""
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}"}
    async with open_admin(settings.model_copy(update=more), FixedReleases({})) as admin:
        assert (await admin.owner.post(BOTS, json={"name": "shop"})).status_code == 201
        assert (await admin.owner.get(f"{BOTS}/shop")).json()["live_version"] is None
        found = (await admin.owner.get(f"{BOTS}/shop/draft/difference")).json()
        assert (found["is_available"], bool(found["reason"]), found["version"]) == (False, True, None)
        assert (await admin.owner.delete(f"{BOTS}/shop", headers=ANY)).status_code == 204


async def test_validation_and_repairs_are_tasks_and_undone_at_once(admin: AdminApi) -> None:
    await admin.owner.put(f"{BOTS}/shop/draft", json=wire_of_tiny(), headers=ANY)
    url = f"{BOTS}/shop/draft"
    none = (await admin.owner.get(f"{url}/findings")).json()
    assert (none["items"], none["task_id"], none["under_way"], none["can_undo"]) == ([], None, None, False)
    begun = await admin.owner.post(f"{url}/validate")
    assert (begun.status_code, begun.json()["kind"]) == (202, "validate")
    task = begun.headers["location"]
    waiting = (await admin.owner.get(f"{url}/findings")).json()
    assert (waiting["task_id"], waiting["under_way"]) == (None, begun.json()["id"])
    await admin.owner.post(f"{task}/cancel")
    begun = await admin.owner.post(f"{url}/repairs", json={"findings": ["0123456789abcdef"]})
    assert (begun.status_code, begun.json()["kind"]) == (202, "repair")
    await admin.owner.post(f"{begun.headers['location']}/cancel")
    assert (await admin.owner.post(f"{url}/repairs/undo")).status_code == 404
    before = await export_bot(admin.services.database, bot="shop")
    after = json.loads(json.dumps(before))
    after["intents"][0]["trainingData"][0]["text"] = "repaired"
    await repair_drafts(admin.services.database, before, after, bot="shop", now=admin.services.now())
    assert (await admin.owner.get(f"{url}/findings")).json()["can_undo"]
    undone = await admin.owner.post(f"{url}/repairs/undo")
    assert (undone.status_code, undone.json()["intents"]) == (200, [before["intents"][0]["intentId"]])
    assert await export_bot(admin.services.database, bot="shop") == before
    assert not (await admin.owner.get(f"{url}/findings")).json()["can_undo"]
    assert (await admin.owner.post(f"{BOTS}/none/draft/validate")).status_code == 404


async def test_draft_is_read_and_not_edited_while_it_is_imported(admin: AdminApi) -> None:
    database = admin.services.database
    await import_bot(database, wire_of_tiny(), bot="shop", source="f.json")
    revisions = Revisions(database)
    mine = await ImportJournal.open(database, "shop", [("bots", "shop", None)])
    head = await revisions.read("shop")
    assert head is not None
    assert await revisions.claim_all(head, {}, importing=mine.token)
    beating = asyncio.create_task(_beat(mine))
    url = f"{BOTS}/shop"
    for path in ("", "/intents", "/examples", "/entities", "/intents/greet", "/draft"):
        assert (await admin.owner.get(f"{url}{path}")).status_code == 200, path
    assert (await admin.owner.patch(f"{url}/intents/greet", json={"name": "x"}, headers=ANY)).status_code == 409
    assert (await admin.owner.put(f"{url}/draft", json=wire_of_tiny(), headers=ANY)).status_code == 409
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await revisions.end_import("shop", importing=mine.token)
    await mine.close()
    assert (await admin.owner.patch(f"{url}/intents/greet", json={"name": "x"}, headers=ANY)).status_code == 200


async def _beat(mine: ImportJournal) -> None:
    while True:
        await mine.beat()
        await asyncio.sleep(0.05)


async def test_preview_of_an_import_names_what_would_change_and_writes_nothing(admin: AdminApi) -> None:
    owner, url = admin.owner, f"{BOTS}/shop/draft"
    wire = wire_of_tiny()
    await owner.put(url, json=wire, headers=ANY, params={"system": True})
    before = (await owner.get(url)).json()
    greet = next(row for row in wire["intents"] if row["intentId"] == "greet")
    n_examples = len(greet["trainingData"])
    greet["trainingData"] = [*greet["trainingData"], {"text": "good day to you"}]
    new = {"name": "Hours", "intentId": "hours", "trainingData": [{"text": "when are you open"}]}
    file = {"intents": [greet, new], "testSet": [{"text": "hi all", "intent": "greet"}]}
    head = await Revisions(admin.services.database).read("shop")
    previewed = await owner.patch(url, json=file, headers=ANY, params={"preview": True})
    merged = previewed.json()
    assert previewed.headers["etag"] == (await owner.get(url)).headers["etag"]
    assert (merged["intents_created"], merged["intents_updated"], merged["intents_deleted"]) == (1, 1, 0)
    assert merged["parts"] == [
        {"kind": "intent", "name": "greet", "change": "updated", "examples_before": n_examples,
         "examples_after": n_examples + 1},
        {"kind": "intent", "name": "hours", "change": "created", "examples_before": 0, "examples_after": 1},
    ]  # fmt: skip
    assert "its test set has 1 rows, which become the bot's" in merged["notes"]
    replaced = await owner.put(url, json=file, headers=ANY, params={"preview": True, "system": True})
    deleted = {part["name"] for part in replaced.json()["parts"] if part["change"] == "deleted"}
    assert {"cancel", "fallback"} <= deleted
    assert (await owner.put(url, json=file, headers=ANY, params={"preview": True})).status_code == 409
    assert (await owner.get(url)).json() == before
    assert await Revisions(admin.services.database).read("shop") == head  # what was read of the draft is still known
    assert (await owner.patch(url, json=file, headers=ANY)).json()["parts"] == []


async def test_preview_of_an_import_makes_no_bot(admin: AdminApi) -> None:
    owner, file = admin.owner, wire_of_tiny()
    found = await owner.put(f"{BOTS}/new/draft", json=file, headers=ANY, params={"preview": True, "system": True})
    assert (found.status_code, found.json()["intents_created"]) == (200, len(file["intents"]))
    assert (await owner.get(BOTS)).json()["items"] == []
