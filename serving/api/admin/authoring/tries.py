"""Trying a bot: one message answered by its draft or by any release, with the reasons, apart from all customers."""

import hashlib
import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from pipelines.errors import ModelNotLoaded, NotFound, UserInputError
from pipelines.registry.release import Release
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.understanding import EntitySpan, IntentScore
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.route import AdminRouter
from serving.api.admin.settings_place import with_settings_place
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName, Context, Id, Text, new_message_id
from serving.dialogue.messages import BotMessage, FormStatus, UserMessage
from serving.dialogue.services import Services
from serving.dialogue.state import DialogueState
from serving.replay.shown_calls import ShownCall, ToolUse
from serving.replay.try_turn import Origin, TriedTurn, draft_release, try_turn, unknown_intents
from serving.store.drafts.definition import read_definition
from serving.store.threads.try_states import KEPT, TryStates

_CHANNEL = "try"
_HOURS = KEPT.total_seconds() / 3600
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "There is no such bot, or no such version."},
    503: {"model": ErrorBody, "description": "No release can be used, or the database or the registry is unavailable."},
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/try", tags=["try"], responses=_ERRORS)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class TryIn(BaseModel):
    """A message to try."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "where is my order 1042?", "release": "draft", "tools": "shown"}],
        },
    )

    text: Text = Field(description="What a customer would write. `/intent_id` calls any intent.")
    thread_id: Id | None = Field(
        default=None,
        description=f"The conversation to go on with; it is kept for {_HOURS:.0f} hours. Without it, a new one begins.",
    )
    context: Context = Field(default_factory=dict, description="What a caller would say about the customer.")
    release: Annotated[str, BeforeValidator(_as_text)] = Field(
        default="live",
        pattern=r"^(live|draft|[0-9]{1,9})$",
        description="`live`: the one that answers customers. `draft`: the draft's replies, forms and tools over the "
        "understanding of the newest version. Or the number of a version.",
    )
    tools: Literal["shown", "called"] = Field(
        default="shown", description="`shown`: calls are shown and not sent. `called`: they are sent, for real."
    )
    tool_answer: JsonValue = Field(
        default=None, description="What the tool would answer, if it is only shown; the reply then uses it."
    )
    state: DialogueState | None = Field(
        default=None, description="The state to begin with, in place of the conversation's own."
    )


class TriedIntent(BaseModel):
    """What the turn belongs to, and what decided it."""

    intent_id: str
    route: Literal["intent", "form", "cancel", "clarify", "fallback"]
    confidence: float | None = Field(description="Of the likeliest intent; null without a model's reading.")
    why: str = Field(description="What decided, as the log of turns has it.")
    options: tuple[str, ...] = Field(description="The intents the customer is asked to choose from.")
    decided_by: Literal["shortcut", "language model", "model", "form", "customer"]


class TriedSlot(BaseModel):
    """A value, and where it comes from."""

    name: str
    type: str
    value: JsonValue
    text: str | None = Field(description="The words it was read from.")
    role: str | None
    origin: Origin = Field(
        description="`tagger`, `lookup`, `pattern`, `system` or `llm` found it in this message; `answer`: it was read "
        "as the answer to the question; `whole text`: any text is taken; `earlier turn`: it was known."
    )


class TriedHeader(BaseModel):
    """A header of a tool call."""

    name: str
    value: str = Field(description="Secrets are `***`.")


class TriedCall(BaseModel):
    """A tool call."""

    intent_id: str
    method: str | None
    url: str | None = Field(description="Secrets are `***`.")
    headers: tuple[TriedHeader, ...]
    body: JsonValue
    is_called: bool = Field(description="Whether it was sent.")
    result: JsonValue = Field(description="What replies see of the answer.")
    context: dict[str, JsonValue] = Field(description="What the conversation remembers of the answer.")
    problem: str = Field(description="Why it cannot be sent, or why it failed; empty if all is well.")
    answer: str = Field(
        description="The beginning of an answer that cannot be used, such as one with status 422: at most 2,000 "
        "characters, secrets are `***`. Empty if all is well."
    )
    duration_ms: float | None

    @classmethod
    def of(cls, call: ShownCall, request: Request, *, bot: str) -> "TriedCall":
        """Convert a call, for who has sent the request."""
        shown = call.record.model_dump(include={"intent_id", "method", "url", "body", "result", "context"})
        return cls(
            **shown,
            headers=tuple(TriedHeader(name=name, value=value) for name, value in call.headers),
            is_called=call.is_called,
            problem=with_settings_place(call.problem, request, bot=bot),
            answer=call.answer,
            duration_ms=call.record.duration_ms,
        )


class Tried(BaseModel):
    """A message as it would be answered, and why. Nothing of it reaches the log, the figures or the labelling queue."""

    thread_id: str
    turn: int
    release: str = Field(description="The version that answered, or `draft`.")
    understanding: str = Field(description="The version whose model read the message.")
    replies: tuple[BotMessage, ...]
    needs_tool_answer: bool = Field(
        description="Whether the reply depends on a tool that was not called; then there are no replies. Send "
        "`tool_answer`, or `tools` as `called`."
    )
    decision: TriedIntent
    ranking: tuple[IntentScore, ...]
    out_of_scope_score: float | None
    entities: tuple[EntitySpan, ...] = Field(description="Found in the text, in characters `[start, end)`.")
    slots: tuple[TriedSlot, ...]
    form: FormStatus | None
    is_handed_over: bool
    tool: TriedCall | None
    llm: LlmReading | None = Field(description="What the language model made of it, if it was asked.")
    explanation: Explanation | None = Field(description="Why the model read it so; null for `/intent_id`.")
    problem: str | None = Field(description="Which text of the bot could not be rendered, and why.")
    left_out: tuple[str, ...] = Field(description="What the texts of the bot leave out of the reply.")
    unknown_intents: tuple[str, ...] = Field(
        description="Intents that the model has not learnt yet: only buttons and `/intent_id` reach them until the "
        "next training."
    )
    state: DialogueState = Field(description="What the conversation remembers now; may be sent back as `state`.")
    kept_until: datetime = Field(description="Until when the conversation can be gone on with by its `thread_id`.")
    timings_ms: dict[str, float]


@router.post("", summary="Try a message", dependencies=[allow(Role.AUTHOR)])
async def try_message(bot: Annotated[BotName, Path()], tried: TryIn, request: Request) -> Tried:
    """Answer a message as a release or the draft would, with everything that led to the answer.

    It is kept apart from customers: nothing is logged, counted or labelled, and the language model has a budget of its
    own. Tools are called only with `tools: called`; then they act for real.
    """
    services: Services = request.app.state.services
    thread_id, now = tried.thread_id or uuid.uuid4().hex, services.now()
    message = tried_message(bot, thread_id, tried.text, tried.context, services)
    release, understanding = await wanted_release(bot, tried.release, services)
    states = TryStates(services.database)
    turn, stored = await states.load(bot, thread_id, now=now) if tried.thread_id is not None else (0, "")
    state = tried.state or read_state(stored)
    tools = ToolUse(tried.tools == "called", "tool_answer" in tried.model_fields_set, tried.tool_answer)
    found = await try_turn(message, state, release, services, turn=turn + 1, tools=tools)
    after = found.outcome.decision.state
    await states.save(bot, thread_id, turn=turn + 1, state=after.model_dump_json(), now=now)
    return _shown(found, request, bot, thread_id, turn + 1, release, understanding, kept_until=now + KEPT)


def tried_message(bot: str, thread_id: str, text: str, context: Context, services: Services) -> UserMessage:
    """Return an author's message; raise `UserInputError` for a text that no customer may send."""
    if len(text) > services.max_message_chars:
        raise UserInputError(f"a text may have {services.max_message_chars} characters; send a shorter one")
    return UserMessage(
        bot=bot,
        thread_id=thread_id,
        message_id=new_message_id(),
        text=text,
        context=context,
        channel=_CHANNEL,
        is_trusted=True,
        sent_at=services.now(),
    )


async def wanted_release(bot: str, wanted: str, services: Services) -> tuple[Release, str]:
    """Return the release that answers, and the version whose model reads."""
    if wanted == "draft":
        draft = await read_definition(services.database, bot)
        trained = await services.releases.newest(bot)
        digest = hashlib.sha256(draft.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()[:12]
        # answers of a language model are kept by version: another draft is another version
        return draft_release(draft, trained, bot=bot, name=f"draft of {digest}"), trained.version
    if wanted != "live":
        live = await _live(bot, services)
        if live is None or live.version != wanted:
            return await services.releases.version(bot, str(int(wanted))), wanted
        return live, live.version
    live = await services.releases.ensure(bot)
    return live, live.version


async def _live(bot: str, services: Services) -> Release | None:
    """Return the release that answers if there is one, which need not be loaded a second time."""
    try:
        return await services.releases.ensure(bot)
    except (ModelNotLoaded, NotFound):
        return None


def read_state(stored: str) -> DialogueState:
    """Read a stored state; one that another version of the program has written is empty."""
    try:
        return DialogueState.model_validate_json(stored) if stored else DialogueState()
    except ValidationError:
        return DialogueState()


def _decided_by(found: TriedTurn) -> Literal["shortcut", "language model", "model", "form", "customer"]:
    read, decision = found.outcome.read, found.outcome.decision
    if decision.label is not None:
        return "customer"
    if decision.route.kind == "form":
        return "form"
    if read.nlu is None or decision.route.why == "shortcut":
        return "shortcut"
    is_llm = read.llm is not None and read.llm.outcome in ("understood", "none")
    return "language model" if is_llm else "model"


def _shown(
    found: TriedTurn,
    request: Request,
    bot: str,
    thread_id: str,
    turn: int,
    release: Release,
    understanding: str,
    *,
    kept_until: datetime,
) -> Tried:
    outcome, decision = found.outcome, found.outcome.decision
    nlu, route = outcome.read.nlu, decision.route
    slots = (
        TriedSlot(**filled.slot.model_dump(include={"name", "type", "value", "text", "role"}), origin=filled.origin)
        for filled in found.slots
    )
    return Tried(
        thread_id=thread_id,
        turn=turn,
        release="draft" if release.version.startswith("draft") else release.version,
        understanding=understanding,
        replies=() if found.needs_answer else outcome.reply.messages,
        needs_tool_answer=found.needs_answer,
        decision=TriedIntent(
            **route.model_dump(include={"intent_id", "confidence", "why", "options"}),
            route=route.kind,
            decided_by=_decided_by(found),
        ),
        ranking=nlu.ranking if nlu is not None else (),
        out_of_scope_score=nlu.out_of_scope_score if nlu is not None else None,
        entities=nlu.entities if nlu is not None else (),
        slots=tuple(slots),
        form=decision.form_status,
        is_handed_over=decision.is_handed_over,
        tool=TriedCall.of(found.call, request, bot=bot) if found.call is not None else None,
        llm=outcome.read.llm,
        explanation=found.explanation,
        problem=outcome.reply.problem,
        left_out=tuple(f"{gap.what}: {gap.name or 'everything'}" for gap in outcome.reply.gaps),
        unknown_intents=unknown_intents(release),
        state=decision.state,
        kept_until=kept_until,
        timings_ms=dict(found.timings_ms),
    )
