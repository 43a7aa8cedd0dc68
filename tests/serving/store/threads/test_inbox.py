from datetime import timedelta
from typing import Any

import pytest

from pipelines.schemas.keys import thread_hash
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.inbox import KEPT, Backlog, Inbox, InboxItem
from tests.support.records import now


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database, Schema(database))


def item(bot: str, message_id: str, *, thread_id: str = "facebook:t", **fields: Any) -> InboxItem:
    moment = now()
    made = InboxItem.new(
        bot, thread_id, message_id, channel="facebook", event="{}", happened_at=moment, place=0, now=moment
    )
    return made.model_copy(update=fields)


async def open_keys(inbox: Inbox, bot: str) -> list[str]:
    return [found.key for found in await inbox.open_of(thread_hash(f"{bot}:facebook%3At"))]


async def test_accept_keeps_what_is_known_and_takes_the_rest(inbox: Inbox, new_name: str) -> None:
    first = item(new_name, "m1", event="first")
    await inbox.accept([first])
    later = now() + timedelta(seconds=1)
    others = [item(new_name, name, event="second", happened_at=later, place=place) for place, name in enumerate("abc")]
    await inbox.accept([others[0], item(new_name, "m1", event="again"), *others[1:]])
    assert await inbox.open_of(first.thread_hash) == [first, *others]


async def test_accept_takes_a_large_batch_with_repeats_in_it(inbox: Inbox, new_name: str) -> None:
    items = [item(new_name, f"m{place}", place=place) for place in range(250)]
    await inbox.accept([*items[:150], *items[120:]])
    assert len(await open_keys(inbox, new_name)) == 250
    await inbox.accept([])


async def test_open_of_is_in_the_order_of_happening(inbox: Inbox, new_name: str) -> None:
    early, late = now() - timedelta(seconds=1), now()
    await inbox.accept([item(new_name, "c", happened_at=late), item(new_name, "b", happened_at=early, place=1)])
    await inbox.accept([item(new_name, "a", happened_at=early), item(new_name, "x", thread_id="facebook:other")])
    assert await open_keys(inbox, new_name) == [f"{new_name}:facebook%3At:{name}" for name in "abc"]


async def test_claim_is_given_to_one_only(inbox: Inbox, new_name: str) -> None:
    known = item(new_name, "m1")
    await inbox.accept([known])
    until = now() + timedelta(minutes=1)
    claimed = await inbox.claim(known, until=until)
    assert claimed is not None
    assert (claimed.tries, claimed.due_at) == (1, until)
    assert await inbox.claim(known, until=until) is None


async def test_update_is_refused_to_whom_the_item_was_taken_from(inbox: Inbox, new_name: str) -> None:
    known = item(new_name, "m1")
    await inbox.accept([known])
    first = await inbox.claim(known, until=now())
    assert first is not None
    sent = await inbox.update(first, due_at=now(), sent=1)
    assert sent is not None
    second = await inbox.claim(sent, until=now())
    assert second is not None
    assert second.sent == 1
    assert await inbox.update(first, due_at=now(), sent=2) is None
    await inbox.close(first, sent=2)
    assert await open_keys(inbox, new_name) == [known.key]


async def test_close_forgets_the_event_and_knows_its_repeat(inbox: Inbox, database: Database, new_name: str) -> None:
    known = item(new_name, "m1", event="what a customer wrote")
    await inbox.accept([known])
    await inbox.close(known, sent=2)
    await inbox.accept([known])
    assert await open_keys(inbox, new_name) == []
    document = await database.collection("inbox").find_one({"_id": known.key})
    assert document is not None
    assert (document["event"], document["sent"], document["open_thread"]) == ("", 2, None)
    assert document["expires_at"] == known.accepted_at + KEPT


async def test_close_of_a_failure_keeps_the_event(inbox: Inbox, database: Database, new_name: str) -> None:
    known = item(new_name, "m1", event="what a customer wrote")
    await inbox.accept([known])
    await inbox.close(known, sent=0, failure="refused")
    document = await database.collection("inbox").find_one({"_id": known.key})
    assert document is not None
    assert (document["event"], document["failure"], document["is_open"]) == (known.event, "refused", False)


async def test_close_of_a_failure_of_a_bot_that_keeps_no_personal_data_forgets_the_event(
    inbox: Inbox, database: Database, new_name: str
) -> None:
    known = item(new_name, "m1", event="what a customer wrote")
    await inbox.accept([known])
    await inbox.close(known, sent=0, failure="refused", keeps_event=False)
    document = await database.collection("inbox").find_one({"_id": known.key})
    assert document is not None
    assert (document["event"], document["failure"], document["is_open"]) == ("", "refused", False)


async def test_backlog_counts_what_waits(mongo_uri: str, new_name: str) -> None:
    own = Database(mongo_uri, name=f"backlog_{new_name}", timeout_seconds=5.0)
    inbox = Inbox(own, Schema(own))
    try:
        assert await inbox.backlog() == Backlog(waiting=0, oldest_at=None)
        old = item(new_name, "m1", accepted_at=now() - timedelta(hours=1))
        await inbox.accept([item(new_name, "m2"), old, item(new_name, "m3")])
        assert await inbox.backlog() == Backlog(waiting=3, oldest_at=old.accepted_at)
        await inbox.close(old, sent=1)
        assert (await inbox.backlog()).waiting == 2
    finally:
        await own.drop()
        own.close()


async def test_due_threads_are_those_that_nobody_works_on(inbox: Inbox, new_name: str) -> None:
    threads = {name: item(new_name, "m", thread_id=f"facebook:{name}") for name in ("free", "held", "done")}
    await inbox.accept(list(threads.values()))
    await inbox.accept([item(new_name, "m2", thread_id="facebook:free")])
    await inbox.claim(threads["held"], until=now() + timedelta(minutes=1))
    await inbox.close(threads["done"], sent=1)
    due = await inbox.due_threads(now(), limit=1000)
    assert [name for name, held in threads.items() if held.thread_hash in due] == ["free"]
