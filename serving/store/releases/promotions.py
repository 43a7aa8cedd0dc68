"""The journal of promotions: which version answered after which, by whom or what, and why. Append-only.

A bot's entries are numbered without gaps by their `_id` (`bot:number`), so that two writers cannot take the same place:
the second one reads the first one's entry before it tries again.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.errors import StoreUnavailable
from pipelines.schemas.keys import PROMOTIONS, number_in, promotion_key, promotion_key_range
from pipelines.schemas.stored import Moment, read_each
from serving.store.client import DESCENDING, Collection, Database, Document, DuplicateKeyError

SHOWN = 200
"""The most recent entries suffice to know what answered before, and whether a move is already recorded."""
_TRIES = 20


class Move(BaseModel):
    """One entry: another version answers from now on, or a canary was stopped.

    `kind` is its origin: a command (`promotion`, `rollback`), an alias moved in MLflow (`noticed`), a start without
    MLflow (`cache`), a canary or shadow set by a command (`trial`), or `canary_stop`, where `to_version` is the version
    that answers the canary's threads again.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    kind: Literal["promotion", "rollback", "noticed", "cache", "trial", "canary_stop"]
    from_version: str | None
    to_version: str | None
    at: Moment
    by: str
    why: str
    verdict: str | None = None

    @property
    def changes_answers(self) -> bool:
        """Whether all threads get another version."""
        return self.kind not in ("trial", "canary_stop")


class Entry(BaseModel):
    """A move and its place in the journal."""

    model_config = ConfigDict(frozen=True)

    number: int
    move: Move


class Promotions:
    """Reads and writes `promotions`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moves: Collection = database.collection(PROMOTIONS)

    async def append(self, move: Move, *, unless: Callable[[Sequence[Entry]], Entry | None] | None = None) -> int:
        """Append an entry and return its number.

        Parameters
        ----------
        unless
            Searches the last entries, oldest first, for one that already records the move; then nothing is written and
            that one's number is returned.

        Raises
        ------
        StoreUnavailable
            The database does not respond, or too many concurrent writers take every place.
        """
        for _ in range(_TRIES):
            rows = await self._rows(move.bot)
            known = unless(_entries(rows)) if unless is not None else None
            if known is not None:
                return known.number
            number = 1 + max((number_in(row["_id"]) or 0 for row in rows), default=0)  # also of what cannot be read
            document: Document = {"_id": promotion_key(move.bot, number), "number": number, **move.model_dump()}
            try:
                await self._database.call("write promotion", self._moves.insert_one(document))
            except DuplicateKeyError:
                continue
            return number
        raise StoreUnavailable("write promotion: too many concurrent writers")

    async def recent(self, bot: str) -> list[Entry]:
        """Return a bot's last entries, oldest first, without those that cannot be read."""
        return _entries(await self._rows(bot))

    async def page(self, bot: str, *, before: int | None, limit: int) -> tuple[list[Entry], int | None]:
        """Return a bot's entries, newest first, and `before` for those after them; None if there are no more."""
        rows = await self._rows(bot, before=before, limit=limit + 1)
        last = number_in(rows[limit - 1]["_id"]) if len(rows) > limit else None
        return _entries(rows[:limit])[::-1], last

    async def _rows(self, bot: str, *, before: int | None = None, limit: int = SHOWN) -> list[Document]:
        lowest, highest = promotion_key_range(bot)
        until = {"$lte": highest} if before is None else {"$lt": promotion_key(bot, before)}
        cursor = self._moves.find({"_id": {"$gte": lowest, **until}}).sort("_id", DESCENDING).limit(limit)
        return await self._database.call("read promotions", cursor.to_list(limit))


def _entries(rows: Sequence[Document]) -> list[Entry]:
    return list(read_each(reversed(rows), _entry, collection=PROMOTIONS))


def _entry(row: Document) -> Entry:
    return Entry(number=row["number"], move=Move.model_validate(row))


def former_versions(answered: Sequence[str], *, current: str | None) -> Sequence[str]:
    """Return which of the versions that answered a rollback from the `current` one may restore, the likeliest last."""
    return answered[:-1] if answered[-1:] == [current] else answered


def answered_before(moves: Sequence[Move]) -> list[str]:
    """Return the versions that answered, in the order a rollback undoes them: the last is the one answering now.

    A rollback undoes the move before it, so that a second one goes further back rather than forward again.
    """
    stack: list[str] = []
    for move in moves:
        version = move.to_version
        if not move.changes_answers or version is None:
            continue
        if move.from_version is not None and not stack:
            stack.append(move.from_version)
        if move.kind == "rollback" and version in stack:
            while stack[-1] != version:
                stack.pop()
        elif not stack or stack[-1] != version:
            stack.append(version)
    return stack
