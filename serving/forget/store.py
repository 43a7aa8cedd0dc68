"""What the database contains of a person, and its removal: turns, states, the inbox, labels, drafts and test sets.

Found by thread: a thread is one person on one channel. Texts are collected before anything is removed, because
examples, snapshots and releases are searched for them.
"""

from collections import Counter
from collections.abc import Collection as Group
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.nlu.text import fold_text
from pipelines.schemas.keys import (
    DRAFT_UNDO,
    INTENTS,
    LABELS,
    STATES,
    TURNS,
    thread_keys,
)
from pipelines.schemas.labels import LabelItem
from pipelines.schemas.stored import read_each
from serving.store.access.idempotency import Idempotency
from serving.store.client import Database, Document
from serving.store.drafts.kinds import INTENT, with_examples
from serving.store.drafts.store import Drafts
from serving.store.drafts.test_sets import TestSets
from serving.store.threads.persons import (
    example_rows,
    intent_before,
    may_name,
    queries_of_thread,
    texts_in,
)
from serving.store.work.tasks import Tasks

_READ_AT_ONCE = 2000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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
        return [key for thread_id in self.thread_ids for key in thread_keys(self.bot, thread_id)]


@dataclass(frozen=True)
class DraftPlace:
    """An example in the drafts, `number` counted from 1 within its intent; without a number, a repair kept for undo.

    With a `test_set`, the name of one of its versions, it is a row of that.
    """

    intent_id: str
    number: int | None
    test_set: str = ""

    def __str__(self) -> str:
        if self.test_set:
            return f"{self.test_set}, row {self.number}"
        return f"{self.intent_id}, example {self.number}" if self.number else f"{self.intent_id}, its undo"


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
                if isinstance(document.get("bot"), str) and isinstance(document.get("thread_id"), str):
                    found.setdefault(document["bot"], set()).add(document["thread_id"])
        return found

    async def look(self, bot: str, thread_ids: Iterable[str]) -> Traces:
        """Collect what is stored of threads, without changing anything."""
        ids = tuple(sorted(thread_ids))
        counts: Counter[str] = Counter()
        said: dict[str, datetime] = {}
        threads = [key for thread_id in ids for key in thread_keys(bot, thread_id)]
        for thread in threads:
            for name, documents in (await self._of_thread(thread)).items():
                counts[name] += len(documents)
                for text, moment in (each for document in documents for each in _said(document)):
                    said[text] = min(moment, said.get(text, moment))
        items, unreadable = await self._labels(bot, ids)
        counts[LABELS] = len(items) + len(unreadable)
        for document in unreadable:
            if isinstance(document.get("text"), str):
                said[document["text"]] = _LONG_AGO
        for item in items:
            moment = min(source.said_at for source in item.sources if source.thread_id in ids)
            said[item.text] = min(moment, said.get(item.text, moment))
        others = {fold_text(item.text) for item in items if _without(item, ids) is not None}
        shared = await self._said_by_others(bot, list(said), threads=threads)
        shared |= {text for text in said if fold_text(text) in others}
        return Traces(bot, ids, said, frozenset(shared), {name: n for name, n in counts.items() if n})

    async def erase(self, traces: Traces) -> None:
        """Remove the documents; labels that others have said too stay, without these threads among their sources.

        Responses that were kept in case a request is sent again are emptied too.
        """
        for thread in traces.threads:
            for name, query in queries_of_thread(thread).items():
                await self._database.call(f"forget {name}", self._database.collection(name).delete_many(query))
        labels = self._database.collection(LABELS)
        items, unreadable = await self._labels(traces.bot, traces.thread_ids)
        for document in unreadable:
            await self._database.call("forget label", labels.delete_one({"_id": document["_id"]}))
        for item in items:
            left = _without(item, traces.thread_ids)
            key = {"_id": item.id}
            change = labels.delete_one(key) if left is None else labels.replace_one(key, left.to_document())
            await self._database.call("forget label", change)
        await Idempotency(self._database).drop_responses()

    async def find_drafts(self, bot: str, texts: Group[str]) -> list[DraftPlace]:
        """Find texts, folded by `fold_text`, among the examples that authors edit and in the bot's test sets."""
        places = []
        for document in await self._read(INTENTS, {"bot": bot}):
            for number, example in enumerate(example_rows(document.get("intent")), start=1):
                if fold_text(str(example.get("text"))) in texts:
                    places.append(DraftPlace(_intent_id(document["intent"]), number))
        for record in await self._read(DRAFT_UNDO, {"bot": bot}):
            before = intent_before(record)
            if any(fold_text(str(example.get("text"))) in texts for example in example_rows(before)):
                places.append(DraftPlace(_intent_id(before), None))
        for version in await TestSets(self._database).all(bot):
            for number, row in enumerate(version.rows, start=1):
                if fold_text(row.text) in texts:
                    places.append(DraftPlace(row.intent, number, version.version.name))
        return places

    async def test_set_texts(self, bot: str) -> list[tuple[datetime, frozenset[str]]]:
        """Return the texts of each version of a bot's test set, folded by `fold_text`, with its moment."""
        return [
            (version.version.created_at, frozenset(fold_text(row.text) for row in version.rows))
            for version in await TestSets(self._database).all(bot)
            if version.version.created_at is not None
        ]

    async def erase_drafts(self, bot: str, texts: Group[str]) -> None:
        """Delete the examples that `find_drafts` finds, for good, and the validations, which quote them."""
        drafts = Drafts(self._database)
        for document in await self._read(INTENTS, {"bot": bot}):
            if any(fold_text(str(example.get("text"))) in texts for example in example_rows(document.get("intent"))):
                intent_id = _intent_id(document["intent"])
                await drafts.change(INTENT, bot, intent_id, lambda intent: _without_texts(intent, texts))
        undo = self._database.collection(DRAFT_UNDO)
        for record in await self._read(DRAFT_UNDO, {"bot": bot}):
            examples = example_rows(intent_before(record))
            if any(fold_text(str(example.get("text"))) in texts for example in examples):
                await self._database.call("forget repair", undo.delete_one({"_id": record["_id"]}))
        await Tasks(self._database).erase(bot, ("validate", "repair"))
        await TestSets(self._database).erase(bot, texts)

    async def _of_thread(self, thread: str) -> dict[str, list[Document]]:
        return {name: await self._read(name, query) for name, query in queries_of_thread(thread).items()}

    async def _labels(self, bot: str, thread_ids: Sequence[str]) -> tuple[list[LabelItem], list[Mapping[str, Any]]]:
        """Return the items of threads, and the documents that cannot be read and name one of the threads."""
        # all of the bot's: NX-27017 0.8 cannot query the documents in an array
        unreadable: list[Mapping[str, Any]] = []
        documents = await self._read(LABELS, {"bot": bot})
        items = read_each(documents, LabelItem.from_document, collection=LABELS, on_unreadable=unreadable.append)
        own = [item for item in items if any(source.thread_id in thread_ids for source in item.sources)]
        return own, [each for each in unreadable if may_name(dict(each), thread_ids)]

    async def _said_by_others(self, bot: str, texts: Sequence[str], *, threads: Sequence[str]) -> set[str]:
        # all of the bot's: texts have no index, and no query knows that `Thank you` is `thank you`
        mine, folded = set(threads), {fold_text(text) for text in texts}
        found: set[str] = set()
        cursor = self._database.collection(TURNS).find({"bot": bot}, {"thread": 1, "text": 1, "_id": 0})
        while folded and (documents := await self._database.call("search turns", cursor.to_list(_READ_AT_ONCE))):
            others = [document.get("text") for document in documents if str(document.get("thread")) not in mine]
            found |= {fold_text(text) for text in others if isinstance(text, str)} & folded
        return {text for text in texts if fold_text(text) in found}

    async def _read(self, name: str, query: Document) -> list[Document]:
        cursor = self._database.collection(name).find(query)
        return await self._database.call(f"read {name}", cursor.to_list(None))


def _without_texts(intent: Document | None, texts: Group[str]) -> Document | None:
    """Return an intent without the examples of some texts."""
    if intent is None:
        return None
    return with_examples(
        intent, [example for example in example_rows(intent) if fold_text(str(example.get("text"))) not in texts]
    )


def _said(document: Document) -> Iterator[tuple[str, datetime]]:
    """Yield the texts in a document of a thread, each with its moment.

    A moment that cannot be read is taken as long ago: what came after it is searched for the text.
    """
    moments = (document.get(name) for name in ("moved_at", "happened_at", "created_at"))
    moment = next((moment for moment in moments if isinstance(moment, datetime)), _LONG_AGO)
    return ((text, moment) for text in texts_in(document))


def _without(item: LabelItem, thread_ids: Group[str]) -> LabelItem | None:
    """Remove threads from an item's sources; None if it has no others."""
    left = tuple(source for source in item.sources if source.thread_id not in thread_ids)
    return item.model_copy(update={"sources": left, "revision": item.revision + 1}) if left else None


def _intent_id(intent: Mapping[str, Any]) -> str:
    return str(intent.get("intentId") or intent.get("intent_id"))
