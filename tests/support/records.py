"""Turn records for store tests."""

from datetime import UTC, datetime
from typing import Any

from pipelines.schemas.keys import thread_key
from pipelines.schemas.turns import Claim, ToolRecord, TurnRecord

NOW = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def now() -> datetime:
    """Give the current time as MongoDB keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def turn_record(bot: str, turn: int, message_id: str, **fields: Any) -> TurnRecord:
    """Give a plain turn of thread `t`."""
    defaults: dict[str, Any] = {
        "thread": thread_key(bot, "t"), "bot": bot, "thread_id": "t", "turn": turn, "message_id": message_id,
        "channel": "rest", "message": "{}", "text": "hello", "release": "1", "intent_id": "greet", "confidence": 0.9,
        "route": "intent", "why": "most likely", "nlu": None, "tool": None, "replies": ("Hello!",),
        "answer": f'{{"turn": {turn}}}', "state": f'{{"after": {turn}}}', "created_at": now(),
        "timings_ms": {"nlu": 1.5},
    }  # fmt: skip
    return TurnRecord(**(defaults | fields))


def claim_of(bot: str, turn: int, message_id: str, **fields: Any) -> Claim:
    """Give a claim on a turn of thread `t`."""
    defaults: dict[str, Any] = {
        "thread": thread_key(bot, "t"), "bot": bot, "thread_id": "t", "turn": turn, "message_id": message_id,
        "message": "{}",
        "tool": ToolRecord(intent_id="buy", key="k", method="POST", url="http://shop/", body={"a.$b": 1}),
        "created_at": now(),
    }  # fmt: skip
    return Claim(**(defaults | fields))
