"""The audit log: what was changed through the admin API and the command line, by whom, and from where. Append-only.

audit_log   {_id, at, by, by_name, address, action, bot, target, outcome, before: JSON text, after: JSON text}

An `_id` begins with the time, so that entries sort by it. Secrets and customers' words are left out by whoever records.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipelines.schemas.keys import AUDIT_LOG
from serving.store.client import DESCENDING, Collection, Database, Document

LONGEST_VALUE = 20_000
"""Characters of `before` and of `after`, as JSON, that are kept."""
_PORTION, _MOST_PORTIONS = 500, 10
_TOO_LONG = "too long for the audit log"


class AuditEntry(BaseModel):
    """One action."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    by: str = Field(description="The id of a key or member.")
    by_name: str
    address: str | None = Field(default=None, description="The network address of the request.")
    action: str = Field(description="A verb and a noun, such as `replace intent`.")
    bot: str | None = None
    target: str | None = Field(default=None, description="What was changed, such as an intent's id.")
    outcome: Literal["done", "refused"] = "done"
    before: JsonValue = None
    after: JsonValue = None


class RecordedEntry(AuditEntry):
    """An entry of the log."""

    id: str


class AuditLog:
    """Appends to `audit_log` and reads it; nothing here changes or deletes an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: Collection = database.collection(AUDIT_LOG)

    async def append(self, entry: AuditEntry) -> str:
        """Record an action and return the entry's id."""
        entry_id = f"{int(entry.at.timestamp() * 1000):015d}-{secrets.token_hex(6)}"
        fields = entry.model_dump() | {"before": _text(entry.before), "after": _text(entry.after)}
        await self._database.call("write audit log", self._entries.insert_one({"_id": entry_id, **fields}))
        return entry_id

    async def search(
        self,
        *,
        bots: Sequence[str] | None = None,
        by: str | None = None,
        action: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> tuple[list[RecordedEntry], str | None]:
        """Return entries that fit, newest first, and the id before which to go on; None at the end.

        A search looks at a bounded part of the log, so that it may find fewer than `limit` and yet go on.

        Parameters
        ----------
        bots
            Only about one of these.
        by
            Only by this id, or by somebody of this name.
        """
        ends = [before, _first_id(until) if until is not None else None]
        upper = min((end for end in ends if end is not None), default=None)
        found: list[RecordedEntry] = []
        for _ in range(_MOST_PORTIONS):
            place: Document = {} if since is None else {"$gte": _first_id(since)}
            place |= {} if upper is None else {"$lt": upper}
            query: Document = {**({"_id": place} if place else {}), **({"bot": {"$in": list(bots)}} if bots else {})}
            cursor = self._entries.find(query).sort("_id", DESCENDING).limit(_PORTION)
            rows = await self._database.call("read audit log", cursor.to_list(_PORTION))
            for row in rows:
                upper = str(row["_id"])
                is_by = by is None or by in (row["by"], row["by_name"])
                if is_by and action in (None, row["action"]) and outcome in (None, row["outcome"]):
                    found.append(_entry(row))
                    if len(found) == limit:
                        return found, upper
            if len(rows) < _PORTION:
                return found, None
        return found, upper


def _first_id(moment: datetime) -> str:
    """Return what stands before the id of every entry from a moment on."""
    return f"{max(0, int(moment.timestamp() * 1000)):015d}"


def _entry(row: Document) -> RecordedEntry:
    values = {name: json.loads(row[name]) for name in ("before", "after")}
    return RecordedEntry(**({name: value for name, value in row.items() if name != "_id"} | values), id=row["_id"])


def _text(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else json.dumps(_TOO_LONG)
