"""What the database contains of a person, and its removal: turns, states, the inbox, the labelling queue, drafts.

Found by thread: a thread is one person on one channel. Texts are collected before anything is removed, because
examples, snapshots and releases are searched for them.
"""

import json
from collections import Counter
from collections.abc import Collection as Group
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.nlu.text import fold_text
from pipelines.schemas.keys import (
    DRAFT_UNDO,
    INBOX,
    INTENTS,
    LABELS,
    STATES,
    TURNS,
    thread_key,
    thread_key_range,
    turn_key_range,
)
from pipelines.schemas.labels import LabelItem
from serving.store.client import Database, Document

_READ_AT_ONCE = 2000


@dataclass(frozen=True)
class Traces:
    """What a bot's collections contain of some threads.

    Attributes
    ----------
    bot
        The bot.
    thread_ids
        The threads, as their channels named them.
    first_said_at
        Every text written in them, with the moment it was first written.
    shared
        Those written in other threads too: they identify nobody.
    counts
        Documents by collection.
    """

    bot: str
    thread_ids: tuple[str, ...]
    first_said_at: Mapping[str, datetime]
    shared: frozenset[str]
    counts: Mapping[str, int]

    @property
    def threads(self) -> list[str]:
        """Keys of the threads."""
        return [thread_key(self.bot, thread_id) for thread_id in self.thread_ids]


@dataclass(frozen=True)
class DraftPlace:
    """An example in the drafts, `number` counted from 1 within its intent; without a number, a repair kept for undo."""

    intent_id: str
    number: int | None


class Eraser:
    """Finds and removes what is stored of threads; its connection must allow time for scans of whole collections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_threads(self, pattern: str) -> dict[str, set[str]]:
        """Return the threads whose id matches a regular expression, by bot. Scans whole collections."""
        found: dict[str, set[str]] = {}
        for name in (STATES, TURNS):
            cursor = self._database.collection(name).find(
                {"thread_id": {"$regex": pattern}}, {"bot": 1, "thread_id": 1, "_id": 0}
            )
            for document in await self._database.call(f"search {name}", cursor.to_list(None)):
                found.setdefault(document["bot"], set()).add(document["thread_id"])
        return found

    async def look(self, bot: str, thread_ids: Iterable[str]) -> Traces:
        """Collect what is stored of threads, without changing anything."""
        ids = tuple(sorted(thread_ids))
        counts: Counter[str] = Counter()
        said: dict[str, datetime] = {}
        for thread in (thread_key(bot, thread_id) for thread_id in ids):
            for name, documents in (await self._of_thread(thread)).items():
                counts[name] += len(documents)
                for text, moment in (each for document in documents for each in _texts(document)):
                    said[text] = min(moment, said.get(text, moment))
        items = await self._labels(bot, ids)
        counts[LABELS] = len(items)
        for item in items:
            moment = min(source.said_at for source in item.sources if source.thread_id in ids)
            said[item.text] = min(moment, said.get(item.text, moment))
        others = {fold_text(item.text) for item in items if _without(item, ids) is not None}
        shared = await self._said_by_others(bot, list(said), threads=[thread_key(bot, each) for each in ids])
        shared |= {text for text in said if fold_text(text) in others}
        return Traces(bot, ids, said, frozenset(shared), {name: n for name, n in counts.items() if n})

    async def erase(self, traces: Traces) -> None:
        """Remove the documents; labels that others have said too stay, without these threads among their sources."""
        for thread in traces.threads:
            for name, query in _queries(thread).items():
                await self._database.call(f"forget {name}", self._database.collection(name).delete_many(query))
        labels = self._database.collection(LABELS)
        for item in await self._labels(traces.bot, traces.thread_ids):
            left = _without(item, traces.thread_ids)
            key = {"_id": item.id}
            change = labels.delete_one(key) if left is None else labels.replace_one(key, left.to_document())
            await self._database.call("forget label", change)

    async def find_drafts(self, bot: str, texts: Group[str]) -> list[DraftPlace]:
        """Find texts, folded by `fold_text`, among the examples that authors edit."""
        places = []
        for document in await self._read(INTENTS, {"bot": bot}):
            for number, example in enumerate(_examples(document["intent"]), start=1):
                if fold_text(str(example.get("text"))) in texts:
                    places.append(DraftPlace(_intent_id(document["intent"]), number))
        for record in await self._read(DRAFT_UNDO, {"bot": bot}):
            before = json.loads(record["before"])
            if any(fold_text(str(example.get("text"))) in texts for example in _examples(before)):
                places.append(DraftPlace(_intent_id(before), None))
        return places

    async def erase_drafts(self, bot: str, texts: Group[str]) -> None:
        """Delete the examples that `find_drafts` finds, for good."""
        intents = self._database.collection(INTENTS)
        for document in await self._read(INTENTS, {"bot": bot}):
            examples = _examples(document["intent"])
            kept = [example for example in examples if fold_text(str(example.get("text"))) not in texts]
            if len(kept) < len(examples):
                changed = {**document, "intent": {**document["intent"], "trainingData": kept}}
                await self._database.call("forget draft", intents.replace_one({"_id": document["_id"]}, changed))
        undo = self._database.collection(DRAFT_UNDO)
        for record in await self._read(DRAFT_UNDO, {"bot": bot}):
            if any(fold_text(str(example.get("text"))) in texts for example in _examples(json.loads(record["before"]))):
                await self._database.call("forget repair", undo.delete_one({"_id": record["_id"]}))

    async def _of_thread(self, thread: str) -> dict[str, list[Document]]:
        return {name: await self._read(name, query) for name, query in _queries(thread).items()}

    async def _labels(self, bot: str, thread_ids: Sequence[str]) -> list[LabelItem]:
        # all of the bot's: NX-27017 0.8 cannot query the documents in an array
        items = [LabelItem.from_document(document) for document in await self._read(LABELS, {"bot": bot})]
        return [item for item in items if any(source.thread_id in thread_ids for source in item.sources)]

    async def _said_by_others(self, bot: str, texts: Sequence[str], *, threads: Sequence[str]) -> set[str]:
        # all of the bot's: texts have no index, and no query knows that `Thank you` is `thank you`
        mine, folded = set(threads), {fold_text(text) for text in texts}
        found: set[str] = set()
        cursor = self._database.collection(TURNS).find({"bot": bot}, {"thread": 1, "text": 1, "_id": 0})
        while folded and (documents := await self._database.call("search turns", cursor.to_list(_READ_AT_ONCE))):
            others = (document.get("text") or "" for document in documents if document["thread"] not in mine)
            found |= {fold_text(text) for text in others} & folded
        return {text for text in texts if fold_text(text) in found}

    async def _read(self, name: str, query: Document) -> list[Document]:
        cursor = self._database.collection(name).find(query)
        return await self._database.call(f"read {name}", cursor.to_list(None))


def _queries(thread: str) -> dict[str, Document]:
    """Return by collection the query for everything that belongs to a thread."""
    first, last = turn_key_range(thread)
    lowest, highest = thread_key_range(thread)
    return {
        TURNS: {"_id": {"$gte": first, "$lte": last}},
        STATES: {"_id": thread},
        INBOX: {"_id": {"$gte": lowest, "$lt": highest}},
    }


def _texts(document: Document) -> Iterator[tuple[str, datetime]]:
    """Yield the texts in a turn, a claim on one, or an event of the inbox, each with its moment."""
    if document.get("accepted_at") is not None:
        text, moment = _text_in(document["event"]), document["happened_at"]
    elif document.get("created_at") is not None:
        text, moment = document.get("text") or _text_in(document["message"]), document["created_at"]
        if document.get("label"):  # an earlier message, whose own turn may have expired
            yield document["label"]["text"], moment
    else:
        return
    if text:
        yield text, moment


def _text_in(written: str) -> str:
    return str(json.loads(written).get("text") or "") if written else ""


def _without(item: LabelItem, thread_ids: Group[str]) -> LabelItem | None:
    """Remove threads from an item's sources; None if it has no others."""
    left = tuple(source for source in item.sources if source.thread_id not in thread_ids)
    return item.model_copy(update={"sources": left, "revision": item.revision + 1}) if left else None


def _examples(intent: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in intent.get("trainingData") or () if isinstance(row, dict)]


def _intent_id(intent: Mapping[str, Any]) -> str:
    return str(intent.get("intentId") or intent.get("intent_id"))
