"""Changing single drafts: of two changes to one draft exactly one comes first, and no change to another is lost."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from pipelines.errors import AlreadyThere, DataRejected, ImportUnderWay, NotFound, StateConflict, no_such_bot
from serving.store.client import MOST_STORED_BYTES, Database, Document, ReplaceOne, stored_bytes
from serving.store.drafts.import_journal import restore_killed_import
from serving.store.drafts.kinds import BOT_FIELDS, Kind, Wire, new_revision
from serving.store.drafts.reading import as_text
from serving.store.drafts.revisions import Entry, Head, Revisions

PATIENCE_SECONDS = 2.0
"""From which a draft whose writer has stopped half-way is taken over; longer than a write takes."""
_LOOK_SECONDS = 0.02
_TRIES = 200
_FIRST_GROUP, _MOST_GROUP = 4, 32
_GROUP_CHARACTERS = 300_000
"""Of drafts that are changed in one call: a single-threaded database keeps customers waiting meanwhile."""
MOST_BYTES = MOST_STORED_BYTES - 2**14
"""What a draft may take: less than any document, for those that hold it whole beside other fields."""

Edit = Callable[[Wire | None], Wire | None]
"""Returns what a draft becomes: None deletes it, the same object changes nothing. May run several times."""


@dataclass(frozen=True)
class Change:
    """What a change found and what it left; None: no such draft."""

    before: Wire | None
    after: Wire | None


@dataclass(frozen=True)
class _Found:
    """A draft as it was read, with the entry that it was read under."""

    entry: Entry | None
    document: Document | None

    @property
    def is_whole(self) -> bool:
        """Whether nobody is writing it."""
        if self.entry is None:
            return True
        is_same = self.document is not None and self.document.get("revision") == self.entry.revision
        return is_same and not self.entry.is_gone


class Drafts:
    """Reads and changes the drafts of bots."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.revisions = Revisions(database)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def head(self, bot: str) -> Head:
        """Return the revisions of a bot's drafts; raise `NotFound` if it has none.

        While the bot is being imported they change; an import that was killed is undone first.
        """
        head = await self.revisions.read(bot)
        if head is not None and head.importing is not None:
            await restore_killed_import(self.database, bot)
            head = await self.revisions.read(bot)
        if head is None or head.is_empty:
            raise no_such_bot(bot)
        return head

    async def _head_to_change(self, bot: str) -> Head:
        head = await self.head(bot)
        if head.importing is not None:
            raise ImportUnderWay(bot)
        return head

    async def find(self, kind: Kind, bot: str, name: str) -> Wire | None:
        """Return a draft as it is now; None if there is none."""
        query = self.database.collection(kind.collection).find_one({"_id": kind.id_of(bot, name)})
        document = await self.database.call(f"read {kind.noun}", query)
        return _wire(kind, document)

    async def get(self, kind: Kind, bot: str, name: str) -> Wire:
        """Return a draft as it is now; raise `NotFound` if there is none, or no such bot."""
        found = await self.find(kind, bot, name)
        if found is None:
            await self.head(bot)
            raise no_draft(kind, bot, name)
        return found

    async def change(self, kind: Kind, bot: str, name: str, edit: Edit) -> Change:
        """Change one draft, and return what it was and what it is now.

        Parameters
        ----------
        edit
            Called in a thread with the draft as it is, again if somebody else was faster. What it raises ends the
            change, and nothing is written.

        Raises
        ------
        NotFound
            There is no such bot.
        DataRejected
            The draft is larger than the database takes.
        ImportUnderWay
            The bot is being imported; nothing was written.
        StateConflict
            Others kept changing the draft.
        StoreUnavailable
            The database does not respond.
        """
        document_id = kind.id_of(bot, name)
        lock = self._locks.setdefault(f"{kind.collection}\n{document_id}", asyncio.Lock())
        async with lock:  # so that changes in this process wait for one another instead of starting over
            stuck: tuple[Entry | None, float] | None = None
            for _ in range(_TRIES):
                head = await self._head_to_change(bot)
                found = await self._read(kind, head, document_id)
                if not found.is_whole:
                    if stuck is None or stuck[0] != found.entry:
                        stuck = (found.entry, time.monotonic())
                    if time.monotonic() - stuck[1] < PATIENCE_SECONDS:
                        await asyncio.sleep(_LOOK_SECONDS)
                        continue
                change = await self._try(kind, head, name, found, edit)
                if change is not None:
                    return change
        raise StateConflict

    async def add(self, kind: Kind, bot: str, name: str, wire: Wire) -> None:
        """Add a draft; raises as `change` does, and `AlreadyThere` if there is one of that name."""

        def make(now: Wire | None) -> Wire:
            if now is not None:
                raise AlreadyThere(kind.noun, name)
            return wire

        await self.change(kind, bot, name, make)

    async def edit(self, kind: Kind, bot: str, name: str, edit: Callable[[Wire], Wire | None]) -> Change:
        """Change or delete a draft that is there, as `change` does; raise `NotFound` if there is none."""

        def known(now: Wire | None) -> Wire | None:
            if now is None:
                raise no_draft(kind, bot, name)
            return edit(now)

        return await self.change(kind, bot, name, known)

    async def change_many(self, kind: Kind, bot: str, edits: Mapping[str, Edit]) -> list[Change]:
        """Change drafts as `change` does, several in a call; each is changed or not for itself."""
        names, head, count = list(edits), await self._head_to_change(bot), _FIRST_GROUP
        changes: list[Change] = []
        while names:
            group, names = names[:count], names[count:]
            done = await self._try_together(kind, head, {name: edits[name] for name in group})
            if done is None:
                done = [await self.change(kind, bot, name, edits[name]) for name in group]
                head = await self._head_to_change(bot)
            changes += done
            mean = max(1, sum(len(as_text(change.after)) for change in done) // len(group))
            count = min(max(1, _GROUP_CHARACTERS // mean), _MOST_GROUP)
        return changes

    async def _read(self, kind: Kind, head: Head, document_id: str) -> _Found:
        entry = head.entry(kind.collection, document_id)  # None, but a draft: an older version wrote it meanwhile
        query = self.database.collection(kind.collection).find_one({"_id": document_id})
        return _Found(entry, await self.database.call(f"read {kind.noun}", query))

    async def _try(self, kind: Kind, head: Head, name: str, found: _Found, edit: Edit) -> Change | None:
        """Change a draft; None if somebody else was faster."""
        planned = await self._plan(kind, head, name, found, edit)
        if planned is None:
            return None
        change, entry, document = planned
        if entry is None:
            return change
        if not await self.revisions.claim(head, {entry.key: entry}):
            return None
        return change if await self._write(kind, head.bot, entry, found, document) else None

    async def _plan(
        self, kind: Kind, head: Head, name: str, found: _Found, edit: Edit
    ) -> tuple[Change, Entry | None, Document | None] | None:
        """Return a change with the entry and the document that it leaves; no entry if nothing changes."""
        is_deleted = found.entry is not None and found.entry.is_gone
        before = None if is_deleted else _wire(kind, found.document)
        after = await asyncio.to_thread(edit, before)
        if after is before and found.is_whole:
            return Change(before, after), None, None
        document_id, revision = kind.id_of(head.bot, name), new_revision()
        position = found.entry.position if found.entry else head.next_position(kind.collection)
        entry = Entry(kind.collection, document_id, revision, position, is_gone=after is None)
        if after is None:
            return Change(before, after), entry, None
        document = kind.document(head.bot, name, after, position=position, revision=revision)
        require_size(kind, name, document)
        return Change(before, after), entry, document

    async def _write(self, kind: Kind, bot: str, entry: Entry, found: _Found, document: Document | None) -> bool:
        """Write a draft whose entry is claimed; return whether nobody has taken it over meanwhile."""
        drafts, was = self.database.collection(kind.collection), found.document
        query: Document = {"_id": entry.id}
        if was is not None:
            query["revision"] = was.get("revision")
        if document is None:
            if was is not None:
                await self.database.call(f"delete {kind.noun}", drafts.delete_one(query))
            await self.revisions.remove(bot, entry)
            return True
        writing = drafts.replace_one(query, document, upsert=was is None)
        outcome = await self.database.call(f"write {kind.noun}", writing)
        return outcome.matched_count == 1 or outcome.upserted_id is not None

    async def _try_together(self, kind: Kind, head: Head, edits: Mapping[str, Edit]) -> list[Change] | None:
        """Change several drafts in as many calls as one; None if they must be changed one by one.

        The head may be older: claiming entries of drafts that have changed since fails.
        """
        ids = {kind.id_of(head.bot, name): name for name in edits}
        entries = {document_id: head.entry(kind.collection, document_id) for document_id in ids}
        query = self.database.collection(kind.collection).find({"_id": {"$in": list(ids)}})
        documents = {row["_id"]: row for row in await self.database.call("read drafts", query.to_list(None))}
        found = {document_id: _Found(entry, documents.get(document_id)) for document_id, entry in entries.items()}
        if not all(each.is_whole and each.document is not None for each in found.values()):
            return None
        planned = []
        for document_id, name in ids.items():
            plan = await self._plan(kind, head, name, found[document_id], edits[name])
            if plan is None or (plan[1] is not None and plan[2] is None):
                return None
            planned.append(plan)
        changed = [(entry, document) for _, entry, document in planned if entry is not None and document is not None]
        if changed:
            if not await self.revisions.claim(head, {entry.key: entry for entry, _ in changed}):
                return None
            puts = [
                ReplaceOne({"_id": entry.id, "revision": documents[entry.id].get("revision")}, document)
                for entry, document in changed
            ]
            writing = self.database.collection(kind.collection).bulk_write(puts, ordered=False)
            outcome = await self.database.call("write drafts", writing)
            if outcome.matched_count < len(puts):
                return None
        return [change for change, _, _ in planned]


def _wire(kind: Kind, document: Document | None) -> Wire | None:
    """Return a draft in a document; None if there is none, or none that can be read."""
    wire = document.get(kind.field) if document is not None else None
    return wire if isinstance(wire, dict) else None


def require_size(kind: Kind, name: str, document: Document) -> None:
    """Raise `DataRejected` if the database cannot take a draft."""
    problem = size_problem(kind, name, document)
    if problem is not None:
        raise DataRejected(f"{kind.noun} {name!r}", [problem])


def size_problem(kind: Kind, name: str, document: Document) -> str | None:
    """Return a sentence if a draft is larger than the database takes."""
    size = stored_bytes(document)
    if size <= MOST_BYTES:
        return None
    what = f"{kind.field} {name!r}" if kind is not BOT_FIELDS else "what the file says of the bot"
    return (
        f"{what}: {size / 2**20:.1f} MB is more than the {MOST_STORED_BYTES // 2**20} MB that the database "
        "takes in one piece; split it, or shorten its examples, values or replies"
    )


def no_draft(kind: Kind, bot: str, name: str) -> NotFound:
    """Return the error for a draft that does not exist."""
    return NotFound(kind.noun, name[:100], hint=f"list those of bot {bot!r}, or add it")
