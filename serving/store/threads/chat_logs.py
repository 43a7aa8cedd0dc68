"""Conversations by page number, newest first, as ai-chatbot-framework lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.store.client import Database
from serving.store.threads.conversations import Conversations, FoundTurn, TurnFilter

MOST_LISTED = 2000
"""Conversations that pages reach; older ones are found by date, or with a cursor."""
_AT_ONCE = 200
_MOST_SEARCHES = 12
"""Each looks at a bounded number of turns."""


@dataclass(frozen=True)
class ListedConversations:
    """A page of conversations, and how many there are in all; at most `MOST_LISTED` are counted."""

    conversations: Sequence[FoundTurn]
    total: int


async def list_conversations(
    database: Database, bot: str, *, page: int, limit: int, since: datetime | None, until: datetime | None
) -> ListedConversations:
    """Return the conversations of a page, counted from 1, with a turn in a span of time; the latest turn first."""
    search, wanted, place = Conversations(database), TurnFilter(since=since, until=until), None
    found: list[FoundTurn] = []
    for _ in range(_MOST_SEARCHES):
        part = await search.search(bot, wanted, limit=_AT_ONCE, place=place)
        found += part.turns
        place = part.place
        if place is None or len(found) >= MOST_LISTED:
            break
    found = found[:MOST_LISTED]
    start = (page - 1) * limit
    return ListedConversations(found[start : start + limit], len(found))
