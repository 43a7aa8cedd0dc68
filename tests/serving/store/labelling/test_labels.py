"""The labelling queue on both engines: stored once, ranked, decided by one person."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import LabelDecided, NotFound, UserInputError
from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.keys import LABELS
from pipelines.schemas.labels import Decision
from pipelines.steps.data.extract import extract_from_mongo
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels, Stored
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import MONDAY, label_item
from tests.support.records import now

GREET = Decision(status="accepted", intent_id="greet")


@pytest.fixture
async def labels(database: Database, new_name: str) -> Labels:
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    return Labels(database)


async def test_store_adds_once_and_keeps_what_was_decided(labels: Labels, new_name: str) -> None:
    items = [label_item(new_name, f"text {number}", value=number / 7) for number in range(8)]
    assert await labels.store(items) == Stored(added=8, refreshed=0)
    assert await labels.store(items) == Stored(added=0, refreshed=0)
    assert await labels.page(new_name, limit=3) == items[:-4:-1]
    assert await labels.page(new_name, limit=3, offset=6) == items[1::-1]
    decided = await labels.decide(new_name, items[7].key, GREET, by="ada", now=now())
    better = [item.model_copy(update={"value": 9.0, "revision": 1}) for item in (items[0], items[7])]
    assert await labels.store([*items, *better]) == Stored(added=0, refreshed=1)
    assert await labels.get(new_name, items[7].key) == decided
    assert (await labels.page(new_name, limit=1))[0].key == items[0].key
    assert (await labels.get(new_name, items[0].key)).created_at == MONDAY


async def test_decided_items_come_latest_first_by_status_and_intent(labels: Labels, new_name: str) -> None:
    items = [label_item(new_name, f"text {number}") for number in range(5)]
    await labels.store(items)
    made = [GREET, Decision(status="rejected"), GREET, Decision(status="accepted", intent_id="cancel")]
    for number, decision in enumerate(made):
        moment = MONDAY + timedelta(hours=number)
        await labels.decide(new_name, items[number].key, decision, by="ada", now=moment)

    async def texts(**chosen: Any) -> list[str]:
        return [item.text for item in await labels.decided(new_name, **{"offset": 0, "limit": 9, **chosen})]

    assert await texts() == ["text 3", "text 2", "text 1", "text 0"]
    assert await texts(offset=1, limit=2) == ["text 2", "text 1"]
    assert await texts(intent_id="greet") == ["text 2", "text 0"]
    assert await texts(statuses=("rejected",)) == ["text 1"]
    assert await texts(statuses=("rejected",), intent_id="greet") == []


async def test_second_of_two_who_decide_is_told(labels: Labels, new_name: str) -> None:
    item = label_item(new_name, "hey there")
    await labels.store([item])
    cancel = Decision(status="accepted", intent_id="cancel")
    both = [
        labels.decide(new_name, item.key, said, by=who, now=now()) for who, said in (("ada", GREET), ("bob", cancel))
    ]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, LabelDecided)]
    stored = await labels.get(new_name, item.key)
    assert len(refused) == 1
    assert stored in outcomes
    assert f"is accepted by {stored.decided_by} meanwhile, so nothing was written" in str(refused[0])
    corrected = Decision(status="rejected", was="accepted")
    taken_back = Decision(status="open", was="rejected")
    assert (await labels.decide(new_name, item.key, corrected, by="eve", now=now())).destination is None
    opened = await labels.decide(new_name, item.key, taken_back, by="eve", now=now())
    assert (opened.status, opened.decided_by, opened.revision) == ("open", None, 3)


async def test_decide_checks_what_is_said(labels: Labels, new_name: str) -> None:
    item = label_item(new_name, "hey there")
    await labels.store([item])
    with pytest.raises(NotFound, match="there is no label '0'"):
        await labels.decide(new_name, "0", GREET, by="ada", now=now())
    wrong = Decision(status="accepted", intent_id="gret")
    with pytest.raises(NotFound, match="there is no intent 'gret'"):
        await labels.decide(new_name, item.key, wrong, by="ada", now=now())
    wrong = Decision(status="accepted", intent_id="fallback")
    with pytest.raises(UserInputError, match="'__oos__' says that no intent is meant"):
        await labels.decide(new_name, item.key, wrong, by="ada", now=now())
    outside = LabelledSpan(start=2, end=99, type="product", value="x")
    wrong = Decision(status="accepted", intent_id="greet", entities=(outside,))
    with pytest.raises(UserInputError, match="lies outside its text"):
        await labels.decide(new_name, item.key, wrong, by="ada", now=now())
    spans = (
        LabelledSpan(start=4, end=9, type="product", value="there"),
        LabelledSpan(start=0, end=5, type="product", value="hey t"),
    )
    with pytest.raises(UserInputError, match="two annotations of the text overlap"):
        await labels.decide(new_name, item.key, wrong.model_copy(update={"entities": spans}), by="ada", now=now())
    unknown = (spans[0].model_copy(update={"type": "produkt"}),)
    with pytest.raises(NotFound, match="there is no entity 'produkt'"):
        await labels.decide(new_name, item.key, wrong.model_copy(update={"entities": unknown}), by="ada", now=now())
    assert (await labels.get(new_name, item.key)).status == "open"


async def test_a_proposed_date_is_kept_although_no_draft_declares_it(labels: Labels, new_name: str) -> None:
    span = LabelledSpan(start=0, end=3, type="date", value="hey")
    item = label_item(new_name, "hey there", entities=(span,))
    await labels.store([item])
    edited = GREET.model_copy(update={"entities": (span,)})
    assert (await labels.decide(new_name, item.key, edited, by="ada", now=now())).entities == (span,)


async def test_accepted_labels_join_the_drafts_or_are_held_out(
    labels: Labels, mongo_uri: str, new_name: str, database: Database
) -> None:
    learnt, held = label_item(new_name, "hey there"), label_item(new_name, "hiya mate", bound_for="holdout")
    outside, lost = label_item(new_name, "who won the cup"), label_item(new_name, "get lost")
    agreed = [label_item(new_name, f"agreed {name}", agreed=name) for name in ("greet", "sing")]
    await labels.store([learnt, held, outside, lost, *agreed])
    for item, intent_id in ((learnt, "greet"), (held, "greet"), (outside, OUT_OF_SCOPE)):
        decision = Decision(status="accepted", intent_id=intent_id)
        await labels.decide(new_name, item.key, decision, by="ada", now=now())
    await labels.decide(new_name, lost.key, Decision(status="skipped"), by="ada", now=now())
    accepted = await labels.accept_agreed(new_name, by="agreement", now=now())
    assert [(item.text, item.intent_id) for item in accepted] == [("agreed greet", "greet")]
    assert await labels.counts(new_name) == {
        "open": 1, "accepted": 4, "rejected": 0, "skipped": 1, "train": 3, "holdout": 1, "agreed": 1,
    }  # fmt: skip
    found = await asyncio.to_thread(extract_from_mongo, mongo_uri, "intentloop_test", new_name)
    rows = found.frame[found.frame["origin"].eq("label")]
    assert sorted(rows["text"]) == ["agreed greet", "hey there", "who won the cup"]
    assert found.production["text"].tolist() == ["hiya mate"]
    assert found.frame["example_id"].is_unique


async def test_alike_are_the_open_ones_of_the_cluster(labels: Labels, new_name: str) -> None:
    items = [label_item(new_name, f"text {number}", cluster="c", value=float(number)) for number in range(3)]
    await labels.store([*items, label_item(new_name, "other")])
    await labels.decide(new_name, items[1].key, Decision(status="rejected"), by="ada", now=now())
    assert [item.text for item in await labels.alike(items[0])] == ["text 2"]


async def test_what_nobody_accepted_goes_when_its_turns_go(labels: Labels, database: Database, new_name: str) -> None:
    past = {"keep_until": now() - timedelta(seconds=1)}
    gone, accepted = (label_item(new_name, text, **past) for text in ("rejected", "accepted"))
    new = label_item(new_name, "new", keep_until=now() + timedelta(days=1))
    await labels.store([new])
    await database.collection(LABELS).insert_many([gone.to_document(), accepted.to_document()])
    await labels.decide(new_name, gone.key, Decision(status="rejected"), by="ada", now=now())
    await labels.decide(new_name, accepted.key, GREET, by="ada", now=now())
    await database.collection(LABELS).delete_many({"bot": new_name, "expires_at": {"$lt": now()}})
    counts = await labels.counts(new_name)
    assert (counts["open"], counts["accepted"], counts["rejected"]) == (1, 1, 0)
