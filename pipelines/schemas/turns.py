"""Logged turns: the message, its interpretation, the decision, the tool call and the replies."""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.stored import Moment
from pipelines.schemas.understanding import NluResult

TurnStatus = Literal["claimed", "done"]
DONE: TurnStatus = "done"
CLAIMED: TurnStatus = "claimed"


class LateAnswer(BaseModel):
    """What a tool said later about a call without a clear answer, asked again under the same key.

    `failure`: it did not act, or `has_acted` and its answer cannot be used.
    """

    model_config = ConfigDict(frozen=True)

    at: Moment
    result: JsonValue = None
    context: dict[str, JsonValue] = {}
    failure: str | None = None
    has_acted: bool = False


class ToolRecord(BaseModel):
    """A tool call and its answer. Headers are left out: they may contain secrets.

    `context` holds the parts of the answer that the thread remembers. `has_acted`: the tool did what was asked,
    although its answer could not be used. `may_have_acted`: the request went out and nobody knows what became of it;
    `late_answer` is what became known since.
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
    has_acted: bool = False
    may_have_acted: bool = False
    late_answer: LateAnswer | None = None
    duration_ms: float | None = None


class LabelRecord(BaseModel):
    """A customer's own statement of what an earlier message meant: a label that nobody had to guess.

    `intent_id` is None if they meant none of the offered intents.
    """

    model_config = ConfigDict(frozen=True)

    message_id: str
    text: str
    intent_id: str | None
    offered: tuple[str, ...]


class TurnRecord(BaseModel):
    """One complete turn: the message, its interpretation, the decision, the tool call and the replies.

    `state` is the dialogue's state after this turn, `answer` the response to the caller; both are JSON text of models
    that the dialogue owns. `trace_id` names the trace in which operators see how it was answered; None without tracing.
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
    created_at: Moment
    timings_ms: dict[str, float]
    label: LabelRecord | None = None
    llm: LlmReading | None = None
    trace_id: str | None = Field(default=None, exclude_if=lambda trace_id: trace_id is None)


class Claim(BaseModel):
    """A turn in progress: who works on it, for which message, and the tool call to send.

    Its holder changes `beat` every second; None if an earlier version has written the claim, which is dead if it stays
    for as long as a claim lasts. `until` is when it ends by the holder's clock, for earlier versions.

    `plan` is the decision, as JSON text of a model that the dialogue owns: whoever finishes the turn, perhaps with
    another release, must stick to the call that was sent. `traceparent` lets them go on with its trace.
    """

    model_config = ConfigDict(frozen=True)

    thread: str
    bot: str
    thread_id: str
    turn: int
    message_id: str
    message: str
    tool: ToolRecord
    created_at: Moment
    holder: str = ""
    token: int = 1
    until: Moment | None = None
    beat: int | None = None
    plan: str = ""
    traceparent: str | None = Field(default=None, exclude_if=lambda traceparent: traceparent is None)


class TurnDocument(TypedDict):
    """A finished turn as stored in `turns`, for reading hundreds of thousands without building a `TurnRecord`.

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
