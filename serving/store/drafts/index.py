"""Finding intents, entities and examples of a bot without reading it anew for each page.

What is kept of a draft belongs to one revision of it, whose content never changes, and is far smaller than its JSON in
memory: the rows as text, their words folded for searching, and the types that each marks. The least recently used go
first once all bots together take more than `most_bytes`.
"""

import asyncio
import json
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from pipelines.nlu.text import fold_text
from serving.store.client import Document
from serving.store.drafts.examples import key_of_example
from serving.store.drafts.kinds import ENTITY, INTENT, Kind, Wire, definition_of, examples_of
from serving.store.drafts.reading import read_documents
from serving.store.drafts.revisions import Entry
from serving.store.drafts.store import Drafts, no_draft

MOST_BYTES = 64 * 2**20
_ROW_BYTES = 60
"""What a row takes beside its text."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What lists show of a draft, and what they search.

    Attributes
    ----------
    definition
        The draft without its examples or values.
    rows
        The examples or values, as JSON.
    types
        The entity types that each example marks.
    """

    id: str
    name: str
    position: int
    definition: Wire
    rows: tuple[bytes, ...]
    types: tuple[frozenset[str], ...]
    folded: str
    starts: "array[int]"
    all_types: frozenset[str]
    size: int = field(compare=False, default=0)

    def row(self, number: int) -> Wire:
        """Return a row, counted from 0."""
        found: Wire = json.loads(self.rows[number])
        return found

    def key(self, number: int) -> str:
        """Return the key of an example, counted from 0."""
        text = self.rows[number]
        earlier = self.rows[:number].count(text)
        key = key_of_example(json.loads(text))
        return key if earlier == 0 else f"{key}-{earlier + 1}"

    def find_rows(self, words: str, *, first: int = 0) -> Iterator[int]:
        """Yield the numbers of the rows with some folded words, from `first` on; all of them for no words."""
        if not words:
            yield from range(first, len(self.rows))
            return
        place = self.folded.find(words, self.starts[first]) if first < len(self.rows) else -1
        while place >= 0:
            number = bisect_right(self.starts, place) - 1
            yield number
            if number + 1 >= len(self.rows):
                return
            place = self.folded.find(words, self.starts[number + 1])


class DraftIndex:
    """Keeps what lists need of the drafts that were read last."""

    def __init__(self, drafts: Drafts, *, most_bytes: int = MOST_BYTES) -> None:
        self._drafts, self._most_bytes, self._bytes = drafts, most_bytes, 0
        self._kept: OrderedDict[tuple[str, str], tuple[str | None, Indexed]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def kept_bytes(self) -> int:
        """About how much memory it takes."""
        return self._bytes

    async def all(self, kind: Kind, bot: str) -> list[Indexed]:
        """Return the intents or entities of a bot, in the order of the bot file; raise `NotFound` for no such bot."""
        lock = self._locks.setdefault(bot, asyncio.Lock())
        async with lock:  # or several lists read the same drafts
            return await self._of(kind, (await self._drafts.head(bot)).of(kind.collection))

    async def after(self, kind: Kind, bot: str, place: tuple[Any, ...], *, limit: int) -> list[Indexed]:
        """Return the first `limit` intents or entities whose position and id are behind `place`, and read no other."""
        entries = (await self._drafts.head(bot)).of(kind.collection)
        return await self._of(kind, [entry for entry in entries if (entry.position, entry.id) > place][:limit])

    async def one(self, kind: Kind, bot: str, name: str) -> Indexed:
        """Return an intent or entity, and read no other; raise `NotFound` if there is none, or no such bot."""
        entry = (await self._drafts.head(bot)).entry(kind.collection, kind.id_of(bot, name))
        found = await self._of(kind, [entry] if entry is not None and not entry.is_gone else [])
        if not found:
            raise no_draft(kind, bot, name)
        return found[0]

    async def _of(self, kind: Kind, entries: Sequence[Entry]) -> list[Indexed]:
        found: dict[str, Indexed] = {}
        missing: dict[str, Entry] = {}
        for entry in entries:
            kept = self._kept.get((kind.collection, entry.id))
            if kept is not None and kept[0] == entry.revision:
                self._kept.move_to_end((kind.collection, entry.id))
                found[entry.id] = kept[1]
            else:
                missing[entry.id] = entry
        async for documents in read_documents(self._drafts.database, kind.collection, list(missing)):
            for indexed, revision in await asyncio.to_thread(_index_all, kind, documents):
                found[indexed.id] = indexed
                if missing[indexed.id].revision == revision:  # else somebody is writing it
                    self._keep(kind, indexed, revision)
        return [found[entry.id] for entry in entries if entry.id in found]

    def _keep(self, kind: Kind, indexed: Indexed, revision: str | None) -> None:
        key = (kind.collection, indexed.id)
        former = self._kept.pop(key, None)
        self._bytes += indexed.size - (former[1].size if former is not None else 0)
        self._kept[key] = (revision, indexed)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._bytes -= oldest.size


def _index_all(kind: Kind, documents: list[Document]) -> list[tuple[Indexed, str | None]]:
    """Index documents; those that are no drafts are left out."""
    sound = [document for document in documents if isinstance(document.get(kind.field), dict)]
    return [(_index(kind, document), document.get("revision")) for document in sound]


def _index(kind: Kind, document: Document) -> Indexed:
    wire: Wire = document[kind.field]
    rows, entry = _rows(kind, wire), Entry.of(kind.collection, document)
    texts = [fold_text(_words(kind, row)) for row in rows]
    known: dict[frozenset[str], frozenset[str]] = {}
    types = [known.setdefault(each, each) for each in map(_types, rows)] if kind is INTENT else []
    starts, place = array("l"), 0
    for text in texts:
        starts.append(place)
        place += len(text) + 1
    encoded = tuple(
        json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") for row in rows
    )
    definition = definition_of(wire) if kind is INTENT else {k: v for k, v in wire.items() if k != "entity_values"}
    return Indexed(
        id=document["_id"],
        name=kind.name_in(wire),
        position=entry.position if entry is not None else 0,
        definition=definition,
        rows=encoded,
        types=tuple(types),
        folded="\n".join(texts),
        starts=starts,
        all_types=frozenset().union(*types),
        size=sum(map(len, encoded)) + place + _ROW_BYTES * len(rows) + 2 * len(json.dumps(definition)) + 500,
    )


def _rows(kind: Kind, wire: Mapping[str, Any]) -> list[Any]:
    rows = examples_of(wire) if kind is INTENT else wire.get("entity_values") or []
    name = "text" if kind is INTENT else "value"
    found = rows if isinstance(rows, list) else []
    return [row for row in found if isinstance(row, dict) and isinstance(row.get(name), str)]


def _words(kind: Kind, row: Mapping[str, Any]) -> str:
    if kind is ENTITY:
        synonyms = row.get("synonyms")
        return "\t".join(map(str, (row.get("value", ""), *(synonyms if isinstance(synonyms, list) else ()))))
    return str(row.get("text", ""))


def _types(row: Mapping[str, Any]) -> frozenset[str]:
    spans = row.get("entities")
    found = spans if isinstance(spans, list) else ()
    return frozenset(str(span.get("name")) for span in found if isinstance(span, dict))
