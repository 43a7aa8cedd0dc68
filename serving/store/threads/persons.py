"""What the database has of one person: the queries of whoever deletes it, and everything in one stream to hand over.

A person is found by their threads: a thread is one person on one channel. `PERSONAL` and `IMPERSONAL` name every
collection there is, so that nobody adds one without a decision.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pipelines.nlu.text import fold_text
from pipelines.schemas import keys
from pipelines.schemas.keys import (
    DRAFT_UNDO,
    IMPORT_UNDO,
    INBOX,
    INTENTS,
    LABELS,
    QUARANTINE,
    STATES,
    TASKS,
    TEST_SETS,
    TURNS,
    bot_key_range,
    thread_key_range,
    thread_keys,
    turn_key_range,
    turn_time_range,
)
from pipelines.templates.literal_secrets import masked_intent
from pipelines.templates.references import hidden
from serving.store.client import ASCENDING, Database, Document, extended_json
from serving.store.drafts.kinds import examples_of
from serving.store.drafts.test_sets import TestSets
from serving.store.schema import TIME_KEY

OF_THREADS = (TURNS, STATES, INBOX, QUARANTINE)
"""What belongs to a thread as a whole."""
PERSONAL = (*OF_THREADS, LABELS, INTENTS, DRAFT_UNDO, TEST_SETS, TASKS)
"""Collections that may hold a customer's words: exported, and erased by `serving.forget`."""
IMPERSONAL: Mapping[str, str] = {
    keys.FORGOTTEN: "hashes of threads that were deleted",
    keys.LLM_USAGE: "counters; of threads only a hash that changes every hour",
    keys.LEASES: "names of processes",
    keys.JOBS: "requests for trainings",
    keys.PROMOTIONS: "which release answered when",
    keys.SHADOWS: "counters",
    keys.DRAFT_REVISIONS: "which revision of a draft counts",
    keys.INTEGRATIONS: "settings of channels",
    keys.HEALTH: "when the platform was seen alive",
    keys.SCHEMA: "a number",
    keys.ENTITIES: "values that authors list",
    keys.BOTS: "what authors say of a bot",
    IMPORT_UNDO: "drafts while an import is under way, which restores or deletes them",
    keys.API_KEYS: "keys of those who operate the platform",
    keys.MEMBERS: "people who operate the platform",
    keys.SESSIONS: "people who operate the platform, signed in",
    keys.AUDIT_LOG: "what those who operate the platform did, without customers' words",
    keys.IDEMPOTENCY: "responses to those who operate the platform, for a day; emptied when somebody is forgotten",
    keys.DAILY_FIGURES: "counts",
    keys.TRY_STATES: "conversations of authors, for hours",
    keys.BOT_SETTINGS: "settings",
    keys.POLICIES: "settings",
    keys.RATE_USE: "counters, for a minute; of addresses and threads only hashes",
}
_PORTION = 2000
"""Turns looked at by one query."""
_WORTH_FINDING = 8
"""Characters of a text that is looked for inside of others."""


def queries_of_thread(thread: str) -> dict[str, Document]:
    """Return by collection the query for everything that belongs to a thread."""
    first, last = turn_key_range(thread)
    lowest, highest = thread_key_range(thread)
    return {
        TURNS: {"_id": {"$gte": first, "$lte": last}},
        STATES: {"_id": thread},
        INBOX: {"_id": {"$gte": lowest, "$lt": highest}},
        QUARANTINE: {"thread": thread},
    }


def texts_in(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a customer wrote in a turn, a claim on one, an event, or one of these that was put aside."""
    if isinstance(text := document.get("text"), str) and text:
        yield text
    for name in ("event", "message", "document", "label"):
        value = document.get(name)
        part = _parsed(value) if isinstance(value, str) else value
        if isinstance(part, Mapping):
            yield from texts_in(part)


def may_name(document: Document, thread_ids: Collection[str]) -> bool:
    """Whether a document has the id of a thread anywhere in it, whatever is wrong with the document."""
    text = extended_json(document)
    return any(json.dumps(thread_id, ensure_ascii=False) in text for thread_id in thread_ids)


def example_rows(intent: Any) -> list[dict[str, Any]]:
    """Return the examples of an intent that can be read."""
    rows = examples_of(intent) if isinstance(intent, Mapping) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def intent_before(repair: Document) -> Any:
    """Return the intent before a repair; one that cannot be read has no examples."""
    return _parsed(str(repair.get("before")))


class PersonalData:
    """Reads what is stored of a person with a bot, a little at a time, beside customers who are answered."""

    def __init__(self, database: Database, bot: str, *, portion: int = _PORTION) -> None:
        self._database, self._bot, self._portion = database, bot, portion

    async def thread_ids(self, user: str, pattern: str) -> list[str]:
        """Return the ids of a person's threads: `user` itself, and those that match a regular expression."""
        wanted = {"thread_id": {"$regex": pattern}, "bot": self._bot}
        found = await self._read(STATES, {**self._of_bot(), **wanted}, {"thread_id": 1})
        found += await self._read(TURNS, {TIME_KEY: None, **wanted}, {"thread_id": 1})  # claims
        lowest, highest = turn_time_range(self._bot)
        turns = self._database.collection(TURNS)
        while True:
            within = {TIME_KEY: {"$gte": lowest, "$lt": highest}}
            following = turns.find(within, {TIME_KEY: 1}).sort(TIME_KEY, ASCENDING).skip(self._portion).limit(1)
            ends = await self._database.call("search turns", following.to_list(1))
            end = ends[0][TIME_KEY] if ends else highest
            found += await self._read(TURNS, {**wanted, TIME_KEY: {"$gte": lowest, "$lt": end}}, {"thread_id": 1})
            if not ends:
                return sorted({user, *(document["thread_id"] for document in found)})
            lowest = end

    async def all(self, thread_ids: Collection[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield everything that is stored of some threads: collection and document, collection by collection."""
        threads = [key for thread_id in sorted(thread_ids) for key in thread_keys(self._bot, thread_id)]
        said: set[str] = set()
        for name in OF_THREADS:
            for thread in threads:
                for document in await self._of_thread(name, thread):
                    said |= set(texts_in(document))
                    yield name, _readable(document)
        for label in await self._read(LABELS, {"bot": self._bot}):  # NX-27017 0.8 cannot query documents in an array
            own = _own_sources(label, thread_ids)
            if own is not None:
                said |= set(texts_in(label))
                yield LABELS, _readable({**label, "sources": own})
        async for name, document in self._copies({fold_text(text) for text in said}):
            yield name, document

    async def _of_thread(self, name: str, thread: str) -> list[Document]:
        if name == TURNS:  # NX-27017 0.8 scans the collection for a range of `_id`s
            lowest, highest = thread_key_range(thread)
            documents = await self._read(TURNS, {"message_key": {"$gte": lowest, "$lt": highest}})
            return sorted(documents, key=lambda document: str(document["_id"]))
        return await self._read(name, queries_of_thread(thread)[name])

    async def _copies(self, texts: Collection[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield the examples of authors that say what the person has said."""
        for document in await self._read(INTENTS, {"bot": self._bot}) if texts else ():
            for row in _same(document.get("intent"), texts):
                yield INTENTS, row
        for record in await self._read(DRAFT_UNDO, {"bot": self._bot}) if texts else ():
            for row in _same(intent_before(record), texts):
                yield DRAFT_UNDO, row
        for version in await TestSets(self._database).all(self._bot) if texts else ():
            for example in version.rows:
                if fold_text(example.text) in texts:
                    yield TEST_SETS, {"test_set": version.version.name, "intent": example.intent, "text": example.text}

        for task in await self._read(TASKS, self._of_bot()) if texts else ():
            if quotes := sorted({text for text in _strings(_readable(task)) if _quotes(text, texts)}):
                yield TASKS, {"task": task["_id"], "kind": task.get("kind"), "quotes": quotes}

    def _of_bot(self) -> Document:
        """Return what only documents of the bot have whose `_id` begins with its name: they need no index."""
        lowest, highest = bot_key_range(self._bot)
        return {"_id": {"$gte": lowest, "$lt": highest}}

    async def _read(self, name: str, query: Document, projection: Document | None = None) -> list[Document]:
        cursor = self._database.collection(name).find(query, projection)
        return await self._database.call(f"read {name}", cursor.to_list(None))


def _own_sources(label: Document, thread_ids: Collection[str]) -> Any:
    """Return the sources of a label in some threads; None if it has none, and all of them if they cannot be read."""
    sources = label.get("sources")
    if isinstance(sources, list) and all(isinstance(each, dict) and "thread_id" in each for each in sources):
        return [each for each in sources if each["thread_id"] in thread_ids] or None
    return sources or [] if may_name(label, thread_ids) else None


def _same(intent: Any, texts: Collection[str]) -> Iterable[dict[str, Any]]:
    for row in example_rows(intent):
        if fold_text(str(row.get("text"))) in texts:
            yield {"intent": intent.get("intentId") or intent.get("intent_id"), **row}


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _quotes(text: str, said: Collection[str]) -> bool:
    """Whether a text was said, or quotes what was said; short ones are in many sentences by chance."""
    folded = fold_text(text)
    return folded in said or any(len(each) >= _WORTH_FINDING and each in folded for each in said)


def _readable(value: Any) -> Any:
    """Return a stored value as JSON for people: parts that are kept as text are parsed, and secrets are masked."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return _readable(parsed) if isinstance(parsed := _parsed(value), dict | list) else hidden(value)
    if isinstance(value, dict):
        return _masked({hidden(str(name)): _readable(inner) for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return [_readable(inner) for inner in value]
    return value if isinstance(value, int | float | bool | None) else str(value)


def _masked(fields: dict[str, Any]) -> dict[str, Any]:
    """Mask the secrets that an author wrote into the address of a tool."""
    if not isinstance(fields.get("url"), str):
        return fields
    return {**fields, **masked_intent({"apiDetails": {"url": fields["url"]}})["apiDetails"]}


def _parsed(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
