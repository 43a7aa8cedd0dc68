"""Turns as they are logged: what came in, what was understood and decided, what was called and answered."""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.understanding import NluResult

TurnStatus = Literal["claimed", "done"]
DONE: TurnStatus = "done"
CLAIMED: TurnStatus = "claimed"


class ToolRecord(BaseModel):
    """A tool call as it was sent and what came back. Headers are left out: they may hold secrets.

    `context` is what of the answer the thread remembers.
    """

    model_config = ConfigDict(frozen=True)

    intent_id: str
    key: str
    method: str | None = None
    url: str | None = None
    body: JsonValue = None
    result: JsonValue = None
    context: dict[str, JsonValue] = {}
    failure: str | None = None
    duration_ms: float | None = None


class LabelRecord(BaseModel):
    """What a customer said an earlier message meant: a label nobody had to guess.

    `intent_id` is None where they said that it was none of the offered intents.
    """

    model_config = ConfigDict(frozen=True)

    message_id: str
    text: str
    intent_id: str | None
    offered: tuple[str, ...]


class TurnRecord(BaseModel):
    """One turn, complete: what came in, what was understood and decided, what was called and answered.

    `state` is the dialogue's state after this turn, `answer` what the caller was told; both are JSON text of models
    that the dialogue owns.
    """

    model_config = ConfigDict(frozen=True)

    thread: str
    bot: str
    thread_id: str
    turn: int
    message_id: str
    channel: str
    message: str
    text: str
    release: str
    intent_id: str
    confidence: float | None
    route: Literal["intent", "form", "cancel", "clarify", "fallback"]
    why: str
    nlu: NluResult | None
    tool: ToolRecord | None
    replies: tuple[str, ...]
    answer: str
    state: str
    created_at: datetime
    timings_ms: dict[str, float]
    label: LabelRecord | None = None
    llm: LlmReading | None = None


class Claim(BaseModel):
    """A turn that is being worked on: who, until when, for which message, and which call goes out.

    `plan` is what was decided, as JSON text of a model that the dialogue owns: whoever finishes the turn, perhaps with
    another release, must not come to another decision than the call that went out.
    """

    model_config = ConfigDict(frozen=True)

    thread: str
    bot: str
    thread_id: str
    turn: int
    message_id: str
    message: str
    tool: ToolRecord
    created_at: datetime
    holder: str = ""
    token: int = 1
    until: datetime | None = None
    plan: str = ""


class TurnDocument(TypedDict):
    """A finished turn as `turns` holds it: the fields that are read by the hundred thousand, without a `TurnRecord`.

    `nlu`, `llm` and `label` are those of the record, as plain values. Turns of the first versions lack the last two.
    """

    _id: str
    thread: str
    thread_id: str
    turn: int
    message_id: str
    message: str
    text: str
    release: str
    intent_id: str
    confidence: float | None
    route: str
    why: str
    nlu: dict[str, Any] | None
    state: str
    created_at: datetime
    llm: NotRequired[dict[str, Any] | None]
    label: NotRequired[dict[str, Any] | None]
