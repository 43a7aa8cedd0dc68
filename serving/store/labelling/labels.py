"""The labelling queue in the database: ranked for review, and decided once by whoever is first.

Every write replaces a whole document under compare-and-set on its revision, so that a miner that adds findings and a
person who decides never undo each other's work.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pydantic import ValidationError

from pipelines.errors import LabelDecided, NotFound, StateConflict, UserInputError
from pipelines.schemas.bot import FALLBACK_INTENT
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.keys import ENTITIES, INTENTS, LABELS, thread_hash, thread_key, thread_keys
from pipelines.schemas.labels import STATUSES, Decision, LabelItem, Status, label_id
from pipelines.schemas.stored import UNREADABLE, describe_fault, read_each
from serving.store.client import ASCENDING, DESCENDING, Collection, Database, Document, KeysTaken
from serving.store.schema import Schema
from serving.store.threads.forgotten import Deleted, ForgottenThreads

MAX_PAGE = 200
DECIDED: tuple[Status, ...] = ("accepted", "rejected", "skipped")
_WRITTEN_AT_ONCE = 100
_TRIES = 5


@dataclass(frozen=True)
class Stored:
    """The result of storing mined items: how many are new, and how many open ones were updated."""

    added: int
    refreshed: int


class Labels:
    """Reads and writes `labels`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._labels: Collection = database.collection(LABELS)
        self._schema = Schema(database)

    async def store(self, items: Sequence[LabelItem], *, before: frozenset[Deleted] = frozenset()) -> Stored:
        """Add mined items and update open ones; decided ones stay unchanged. Idempotent.

        New items have revision 0, known ones the revision that the miner has read. `before` has the deletions of
        conversations that had ended before the miner read anything: what it read of others is dropped.
        """
        await self._schema.ensure()
        items = await self._not_forgotten(items, before)
        new = [item.to_document() for item in items if item.revision == 0]
        added = 0
        for start in range(0, len(new), _WRITTEN_AT_ONCE):
            chunk = new[start : start + _WRITTEN_AT_ONCE]
            taken = 0
            try:
                await self._database.call("write labels", self._labels.insert_many(chunk, ordered=False))
            except KeysTaken as error:  # another miner has stored the same text
                taken = len(error.numbers)
            added += len(chunk) - taken
        refreshed = 0
        for item in items:
            if item.revision > 0:
                refreshed += await self._replace(item, status="open")
        return Stored(added, refreshed)

    async def get(self, bot: str, key: str) -> LabelItem:
        """Return one item; raise `NotFound` if there is none."""
        document = await self._database.call("read label", self._labels.find_one({"_id": f"{bot}:{key}"}))
        if document is None:
            hint = f"`intentloop label --list --bot {bot}` and GET /api/v1/bots/{bot}/labels list them"
            raise NotFound("label", key, hint=hint)
        try:
            return LabelItem.from_document(document)
        except UNREADABLE as error:
            hint = f"its document in {LABELS!r} cannot be read: {describe_fault(error)}; mend or delete it"
            raise NotFound("label", key, hint=hint) from error

    async def decided_of(self, bot: str, texts: Iterable[str]) -> dict[str, LabelItem]:
        """Return the decided items among some texts, by text."""
        text_by_id = {label_id(bot, text): text for text in texts}
        cursor = self._labels.find({"_id": {"$in": list(text_by_id)}})
        documents = await self._database.call("read labels", cursor.to_list(len(text_by_id)))
        return {text_by_id[item.id]: item for item in _items(documents) if item.status in ("accepted", "rejected")}

    async def page(self, bot: str, *, status: Status = "open", offset: int = 0, limit: int = 50) -> list[LabelItem]:
        """Return items of one status, the most valuable first."""
        cursor = self._labels.find({"bot": bot, "status": status})
        cursor = cursor.sort([("value", DESCENDING), ("_id", ASCENDING)]).skip(offset).limit(min(limit, MAX_PAGE))
        documents = await self._database.call("read labels", cursor.to_list(MAX_PAGE))
        return _items(documents)

    async def decided(
        self, bot: str, *, statuses: Sequence[Status] = DECIDED, intent_id: str | None = None, offset: int, limit: int
    ) -> list[LabelItem]:
        """Return decided items, the latest decision first; with `intent_id`, those that were accepted for it."""
        query: Document = {"bot": bot, "status": {"$in": list(statuses)}}
        if intent_id is not None:
            query["intent_id"] = intent_id
        cursor = self._labels.find(query).sort([("decided_at", DESCENDING), ("_id", ASCENDING)])
        cursor = cursor.skip(offset).limit(min(limit, MAX_PAGE))
        documents = await self._database.call("read labels", cursor.to_list(MAX_PAGE))
        return _items(documents)

    async def alike(self, item: LabelItem) -> list[LabelItem]:
        """Return the other open items that say nearly the same, the most valuable first."""
        query: Document = {"bot": item.bot, "status": "open", "cluster": item.cluster, "_id": {"$ne": item.id}}
        cursor = self._labels.find(query).sort([("value", DESCENDING), ("_id", ASCENDING)]).limit(MAX_PAGE)
        documents = await self._database.call("read labels", cursor.to_list(MAX_PAGE))
        return _items(documents)

    async def counts(self, bot: str) -> dict[str, int]:
        """Count items by status, accepted ones also by destination, and open ones that all sources agree on."""
        queries: dict[str, Document] = {status: {"status": status} for status in STATUSES}
        queries |= {side: {"status": "accepted", "destination": side} for side in ("train", "holdout")}
        queries["agreed"] = _agreed()
        return {name: await self._count({"bot": bot, **query}) for name, query in queries.items()}

    async def decide(
        self, bot: str, key: str, decision: Decision, *, by: str, now: datetime, revision: int | None = None
    ) -> LabelItem:
        """Decide an item and return it; `by` says who decides, and `revision` which one was seen.

        Raises
        ------
        NotFound
            There is no such item, or the drafts lack the intent or an annotated entity.
        UserInputError
            An annotation lies outside the text or overlaps another one, or the intent is `fallback`.
        LabelDecided
            The item's status is not `decision.was`, or its revision not the one seen: somebody else was faster.
        """
        await self._require_intent(bot, decision.intent_id)
        annotated = {span.type for span in decision.entities or ()}
        for _ in range(_TRIES):
            item = await self.get(bot, key)
            # a date or a number is proposed although no draft declares it
            await self._require_entities(bot, annotated - {span.type for span in item.entities})
            if item.status != decision.was or revision not in (None, item.revision):
                raise LabelDecided(key, status=item.status, by=item.decided_by)
            decided = _decided(item, decision, by=by, now=now)
            if await self._replace(decided, status=decision.was):
                return decided
        raise LabelDecided(key, status="being changed by others", by=None)

    async def accept_agreed(self, bot: str, *, by: str, now: datetime) -> list[LabelItem]:
        """Accept every open item on which a newer release, the language model and the customer agree.

        Items whose intent is gone from the drafts are left to a person.
        """
        cursor = self._labels.find({"bot": bot, **_agreed()}).sort("_id", ASCENDING)
        documents = await self._database.call("read labels", cursor.to_list(None))
        accepted: list[LabelItem] = []
        for item in _items(documents):
            try:
                decision = Decision(status="accepted", intent_id=item.agreed)
                accepted.append(await self.decide(bot, item.key, decision, by=by, now=now))
            except (NotFound, StateConflict):  # somebody else has decided it or deleted the intent
                continue
        return accepted

    async def _not_forgotten(self, items: Sequence[LabelItem], before: frozenset[Deleted]) -> list[LabelItem]:
        """Drop sources in threads that were deleted since the miner began to read, whatever any clock says."""
        deleted = {hashed for hashed, _ in await ForgottenThreads(self._database).deletions() - before}
        if not deleted:
            return list(items)
        left = []
        for item in items:
            known = tuple(
                each
                for each in item.sources
                if all(thread_hash(key) not in deleted for key in thread_keys(item.bot, each.thread_id))
            )
            if known:
                left.append(item.model_copy(update={"sources": known}))
        return left

    async def _require_intent(self, bot: str, intent_id: str | None) -> None:
        if intent_id is None or intent_id == OUT_OF_SCOPE:
            return
        if intent_id == FALLBACK_INTENT:
            raise UserInputError(f"no text means {FALLBACK_INTENT!r}; {OUT_OF_SCOPE!r} says that no intent is meant")
        query = self._database.collection(INTENTS).find_one({"_id": thread_key(bot, intent_id)}, {"_id": 1})
        if await self._database.call("read intent", query) is None:
            hint = f"add it to the drafts of bot {bot!r} first, or choose one of theirs"
            raise NotFound("intent", intent_id, hint=hint)

    async def _require_entities(self, bot: str, types: set[str]) -> None:
        entities = self._database.collection(ENTITIES)
        for name in sorted(types):
            query = entities.find_one({"_id": thread_key(bot, name)}, {"_id": 1})
            if await self._database.call("read entity", query) is None:
                raise NotFound("entity", name[:100], hint=f"add it to the drafts of bot {bot!r} first")

    async def _replace(self, item: LabelItem, *, status: Status) -> bool:
        """Replace an item at the revision it was read at."""
        key = {"_id": item.id, "status": status, "revision": item.revision - 1}
        outcome = await self._database.call("write label", self._labels.replace_one(key, item.to_document()))
        return outcome.matched_count == 1

    async def _count(self, query: Mapping[str, object]) -> int:
        return int(await self._database.call("count labels", self._labels.count_documents(dict(query))))


def _items(documents: Sequence[Document]) -> list[LabelItem]:
    """Read items, without those that cannot be read."""
    return list(read_each(documents, LabelItem.from_document, collection=LABELS))


def _agreed() -> Document:
    return {"status": "open", "agreed": {"$ne": None}}


def _decided(item: LabelItem, decision: Decision, *, by: str, now: datetime) -> LabelItem:
    is_accepted, is_open = decision.status == "accepted", decision.status == "open"
    entities = item.entities if decision.entities is None else decision.entities
    if decision.intent_id == OUT_OF_SCOPE:
        entities = ()
    try:
        Example(id=item.key, text=item.text, intent=decision.intent_id or "", entities=entities)
    except ValidationError as error:
        raise UserInputError(f"{error.errors()[0]['msg'].removeprefix('Value error, ')}; annotate it again") from error
    in_order = sorted(decision.entities or (), key=lambda span: span.start)
    if any(left.end > right.start for left, right in pairwise(in_order)):  # training rejects such an example
        raise UserInputError("two annotations of the text overlap; keep one of the two")
    return item.model_copy(
        update={
            "status": decision.status,
            "intent_id": decision.intent_id,
            "destination": item.bound_for if is_accepted else None,
            "entities": entities,
            "decided_at": None if is_open else now,
            "decided_by": None if is_open else by,
            "revision": item.revision + 1,
        }
    )
