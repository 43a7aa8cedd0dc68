"""The labelling queue in pages that go on from an item, and as a whole."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from pipelines.schemas.keys import LABELS
from pipelines.schemas.labels import LabelItem, Status, Witness
from pipelines.schemas.stored import read_each
from serving.store.client import ASCENDING, DESCENDING, Collection, Database, Document

_AT_ONCE = 200
_LOOKED_AT = 2000
"""Items that one page looks at, at most: who proposed what cannot be queried in every engine."""


@dataclass(frozen=True)
class LabelFilter:
    """Which items are wanted.

    Attributes
    ----------
    intent_id
        Of accepted ones, their intent; of others, one that somebody proposed.
    source
        Who has proposed an intent.
    """

    status: Status = "open"
    intent_id: str | None = None
    source: Witness | None = None

    def fits(self, item: LabelItem) -> bool:
        """Whether an item of the status is wanted."""
        proposals = [each for each in item.proposals if self.source is None or each.by == self.source]
        if self.intent_id is None or self.status == "accepted":
            return self.source is None or bool(proposals)
        return any(each.intent_id == self.intent_id for each in proposals)


@dataclass(frozen=True)
class LabelPlace:
    """The item after which a page begins: its value, and its `_id`."""

    value: float
    id: str


@dataclass(frozen=True)
class LabelSlice:
    """A part of the queue; `place` is None if nothing follows."""

    items: Sequence[LabelItem]
    place: LabelPlace | None


class LabelLists:
    """Reads `labels`, the most valuable first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._labels: Collection = database.collection(LABELS)

    async def after(self, bot: str, wanted: LabelFilter, *, limit: int, place: LabelPlace | None = None) -> LabelSlice:
        """Return the items after a place; few, or none, if most of those looked at are not wanted."""
        query: Document = {"bot": bot, "status": wanted.status}
        if wanted.status == "accepted" and wanted.intent_id is not None:
            query["intent_id"] = wanted.intent_id
        found: list[LabelItem] = []
        for _ in range(_LOOKED_AT // _AT_ONCE):
            documents = await self._read(query, place)
            for document in documents:
                place = LabelPlace(float(document.get("value") or 0.0), document["_id"])
                found += [item for item in _readable(document) if wanted.fits(item)]
                if len(found) == limit:
                    return LabelSlice(found, place)
            if len(documents) < _AT_ONCE:
                return LabelSlice(found, None)
        return LabelSlice(found, place)

    async def all(self, bot: str, wanted: LabelFilter) -> AsyncIterator[LabelItem]:
        """Yield every item that is wanted."""
        place: LabelPlace | None = None
        while True:
            part = await self.after(bot, wanted, limit=_AT_ONCE, place=place)
            for item in part.items:
                yield item
            place = part.place
            if place is None:
                return

    async def _read(self, query: Document, place: LabelPlace | None) -> list[Document]:
        """Read the documents after a place, in two queries: no engine looks up an alternative in an index."""
        found: list[Document] = []
        if place is not None:
            equal = {**query, "value": place.value, "_id": {"$gt": place.id}}
            cursor = self._labels.find(equal).sort("_id", ASCENDING).limit(_AT_ONCE)
            found = await self._database.call("read labels", cursor.to_list(_AT_ONCE))
        if len(found) < _AT_ONCE:
            below = query if place is None else {**query, "value": {"$lt": place.value}}
            cursor = self._labels.find(below).sort([("value", DESCENDING), ("_id", ASCENDING)])
            left = _AT_ONCE - len(found)
            found += await self._database.call("read labels", cursor.limit(left).to_list(left))
        return found


def _readable(document: Document) -> list[LabelItem]:
    return list(read_each([document], LabelItem.from_document, collection=LABELS))
