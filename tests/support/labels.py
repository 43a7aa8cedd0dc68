"""Items of the labelling queue for tests."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from pipelines.schemas.labels import LabelItem, Proposal, Source, label_id
from serving.store.client import Database
from serving.store.labelling.labels import Labels

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def label_item(bot: str, text: str, **fields: Any) -> LabelItem:
    """Give an open item, said once, about which the language model says `greet`."""
    defaults: dict[str, Any] = {
        "sources": (Source(thread_id="t", turn=1, message_id="m", said_at=MONDAY, release="1"),),
        "proposals": (
            Proposal(by="llm", intent_id="greet"), Proposal(by="classifier", intent_id="cancel", confidence=0.4),
        ),
        "value": 1.0, "cluster": label_id(bot, text), "week": "2026-W45", "bound_for": "train", "created_at": MONDAY,
    }  # fmt: skip
    return LabelItem(bot=bot, text=text, **(defaults | fields))


def accepted_item(bot: str, text: str, intent_id: str, **fields: Any) -> LabelItem:
    """Give an accepted item."""
    item = label_item(bot, text, **fields)
    update = {"status": "accepted", "intent_id": intent_id, "destination": item.bound_for, "revision": 1}
    return item.model_copy(update=update)


def store_labels(mongo_port: int, items: Sequence[LabelItem]) -> None:
    """Put texts into the queue of a local platform, as mining does."""

    async def store() -> None:
        uri = f"mongodb://127.0.0.1:{mongo_port}"
        with closing(Database(uri, name="intentloop", timeout_seconds=60.0)) as database:
            await Labels(database).store(items)

    with ThreadPoolExecutor(1) as pool:  # the caller's thread may run a browser's loop
        pool.submit(asyncio.run, store()).result()
