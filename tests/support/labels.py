"""Items of the labelling queue for tests."""

from datetime import UTC, datetime
from typing import Any

from pipelines.schemas.labels import LabelItem, Proposal, Source, label_id

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
