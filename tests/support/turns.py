"""Production turns for tests of mining."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from pipelines.steps.data.turns import turns_frame

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def turn_of(number: int, text: str, **fields: Any) -> dict[str, Any]:
    """Give a turn as the log holds it, in a thread of its own: understood as `greet` unless the fields say else."""
    defaults: dict[str, Any] = {
        "thread_id": f"t{number}", "turn": 1, "message_id": f"m{number}", "release": "1",
        "created_at": MONDAY + timedelta(hours=number),
        "text": text, "route": "intent", "why": "most likely",
        "nlu": {"ranking": [{"intent_id": "greet", "confidence": 0.9}]}, "llm": None, "label": None,
    }  # fmt: skip
    return {**defaults, **fields}


def said_by_llm(intent_id: str | None, confidence: float | None = None) -> dict[str, Any]:
    """Give what the log holds of a language model's answer; None: no intent fits."""
    outcome = "none" if intent_id is None else "understood"
    return {"outcome": outcome, "intent_id": intent_id, "confidence": confidence}


def turns_of(*documents: dict[str, Any]) -> pd.DataFrame:
    """Give turns as mining reads them."""
    return turns_frame(documents)
