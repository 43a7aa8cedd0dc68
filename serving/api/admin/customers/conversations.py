"""Conversations in the log: search them, and read one with the reasons of every turn. They hold customers' words."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import Path, Query, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, JsonValue, ValidationError

from pipelines.errors import ModelNotLoaded, NotFound, UserInputError
from pipelines.nlu.explain import explain_text
from pipelines.registry.release import Release
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.keys import named_thread_keys, time_of_key, turn_time_range
from pipelines.schemas.labels import LabelItem
from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.turns import LabelRecord, LateAnswer, ToolRecord, TurnRecord
from pipelines.schemas.understanding import NluResult
from pipelines.templates.literal_secrets import masked_intent
from pipelines.templates.references import hidden
from serving.access.roles import Role
from serving.api.access import allow
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.channels.incoming import BotName, clean_text
from serving.dialogue.messages import BotMessage, FormStatus, TurnResponse, UserMessage
from serving.dialogue.services import Services
from serving.store.labelling.labels import Labels
from serving.store.threads.conversations import Conversations, FoundTurn, SearchPlace, TurnFilter

Shape = TypeVar("Shape", bound=BaseModel)
RouteKind = Literal["intent", "form", "cancel", "clarify", "fallback"]
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {
        "model": ErrorBody,
        "description": "There is no such bot, or the log has no such conversation, or none any more.",
    },
}

router = AdminRouter(prefix="/api/v1/bots/{bot}/conversations", tags=["conversations"], responses=_ERRORS)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such time in UTC") from error


Bot = Annotated[BotName, Path()]
Moment = Annotated[AwareDatetime | None, AfterValidator(lambda moment: moment and _in_utc(moment))]


class Conversation(BaseModel):
    """A conversation, by the newest of its turns that was searched for."""

    thread_id: str
    channel: str
    turn: int = Field(description="The number of that turn; 1 is the first of the conversation.")
    text: str = Field(description="What the customer wrote.")
    intent_id: str
    confidence: float | None
    route: RouteKind
    release: str
    said_at: datetime

    @classmethod
    def of(cls, found: FoundTurn) -> Self:
        """Convert a turn."""
        return cls.model_validate(found, from_attributes=True)


class ConversationPage(Page[Conversation]):
    """Conversations, the newest first, each once in all pages together."""

    searched_back_to: datetime | None = Field(
        description="A page looks at a bounded number of turns, so it may have few items, or none, although `next` is "
        "set: nothing older than this was looked at yet. Null once all was."
    )


class LoggedCall(BaseModel):
    """A tool call of a turn. Headers are not logged."""

    intent_id: str
    method: str | None
    url: str | None = Field(description="Secrets are `***`.")
    body: JsonValue
    result: JsonValue
    context: dict[str, JsonValue]
    failure: str | None
    has_acted: bool
    may_have_acted: bool
    late_answer: LateAnswer | None
    duration_ms: float | None

    @classmethod
    def of(cls, tool: ToolRecord) -> Self:
        """Convert a call, with its secrets masked."""
        body = None if tool.body is None else json.dumps(tool.body, ensure_ascii=False)
        spec = {"url": hidden(tool.url or ""), "jsonData": hidden(body or "")}
        masked = masked_intent({"apiDetails": spec})["apiDetails"]
        shown = tool.model_dump(exclude={"key", "url", "body"})
        body = json.loads(masked["jsonData"]) if body is not None else None
        return cls(**shown, url=masked["url"] if tool.url is not None else None, body=body)


class Correction(BaseModel):
    """What somebody decided about the text of a turn."""

    status: Literal["accepted", "rejected"] = Field(description="`rejected`: nothing is learnt from the text.")
    intent_id: str | None = Field(description="What it means, if accepted; `__oos__`: none of the intents.")
    decided_by: str | None
    decided_at: datetime | None


class ExplainedTurn(BaseModel):
    """A turn, and why it went as it did."""

    turn: int
    message_id: str
    said_at: datetime = Field(description="When it was answered.")
    text: str
    context: dict[str, JsonValue] = Field(description="What the caller said about the customer.")
    release: str
    intent_id: str
    route: RouteKind
    confidence: float | None
    why: str = Field(description="What decided.")
    nlu: NluResult | None = Field(description="The ranking of intents and the entities at the time.")
    llm: LlmReading | None = Field(description="The language model's reading, if it was asked.")
    form: FormStatus | None
    tool: LoggedCall | None
    replies: tuple[BotMessage, ...]
    is_handed_over: bool
    label: LabelRecord | None = Field(description="What the customer said that an earlier message meant.")
    correction: Correction | None = Field(description="The label of the text, once somebody has decided it.")
    explanation: Explanation | None = Field(
        description="Why the model read the text so; only if the release that answered is the one that answers now."
    )
    timings_ms: dict[str, float]
    trace_id: str | None = Field(description="The trace of the turn; null if it was answered without tracing.")


class ShownConversation(BaseModel):
    """Turns of a conversation, in order."""

    thread_id: str
    channel: str
    turns: tuple[ExplainedTurn, ...]
    next: str | None = Field(description="Cursor of the turns after these; null if there are none.")


@router.get("", summary="Search conversations", dependencies=[allow(Role.LABELLER), KNOWN_BOT])
async def list_conversations(
    bot: Bot,
    request: Request,
    text: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Words in a row, in any case and spacing.")
    ] = None,
    thread_id: Annotated[str | None, Query(min_length=1, max_length=210, description="A whole id.")] = None,
    intent: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Only what was understood as this intent.")
    ] = None,
    route: Annotated[RouteKind | None, Query(description="Only what was decided so.")] = None,
    min_confidence: Annotated[
        float | None,
        Query(ge=0.0, le=1.0, description="Only those read with at least this confidence, from 0 to 1."),
    ] = None,
    max_confidence: Annotated[
        float | None,
        Query(ge=0.0, le=1.0, description="Only those read with at most this confidence, from 0 to 1."),
    ] = None,
    channel: Annotated[
        str | None,
        Query(min_length=1, max_length=200, description="Only what came over this channel, such as `rest`."),
    ] = None,
    release: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Only what this version answered.")
    ] = None,
    since: Annotated[Moment, Query(description="From this time on.")] = None,
    until: Annotated[Moment, Query(description="Before this time.")] = None,
    having: Annotated[
        Literal["llm", "tool_failure"] | None,
        Query(description="`llm`: the language model was needed. `tool_failure`: a tool gave no usable answer."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ConversationPage:
    """Return conversations with a turn that fits every condition, by the newest such turn.

    Go on with `next` until it is null: a page looks at a bounded number of turns, however many the log holds.
    """
    wanted = TurnFilter(
        text=clean_text(text) if text is not None else None,
        thread_id=thread_id,
        intent_id=intent,
        route=route,
        channel=channel,
        release=release,
        at_least=min_confidence,
        at_most=max_confidence,
        since=since,
        until=until,
        having=having,
    )
    services: Services = request.app.state.services
    place = _place(bot, cursor) if cursor is not None else None
    found = await Conversations(services.database).search(bot, wanted, limit=limit, place=place)
    return ConversationPage(
        items=[Conversation.of(turn) for turn in found.turns],
        next=encode_cursor(found.place.before, found.place.began) if found.place is not None else None,
        searched_back_to=found.searched_back_to,
    )


@router.get("/{thread_id:path}", summary="Show a conversation", dependencies=[allow(Role.LABELLER)])
async def show_conversation(
    bot: Bot,
    thread_id: Annotated[str, Path(min_length=1, max_length=210)],
    request: Request,
    explain: Annotated[
        bool, Query(description="Whether to explain the readings of the release that answers now.")
    ] = True,
    cursor: Cursor = None,
    after: Annotated[int, Query(ge=0, lt=10**9, description="Only turns after this one, in place of `cursor`.")] = 0,
    limit: Limit = 50,
) -> ShownConversation:
    """Return the turns of a conversation, in order, each with what decided it.

    `rest/ID` names the REST thread of an id that is also a platform's.
    """
    services: Services = request.app.state.services
    after = int(decode_cursor(cursor, int)[0] or 0) if cursor is not None else after
    if not 0 <= after < 10**9:
        raise UserInputError("cursor: not one of this list; take `next` of the page before, or leave it out")
    records: list[TurnRecord] = []
    for key in named_thread_keys(bot, thread_id):
        records = records or await services.ledger.turns.some_of_thread(key, after=after, limit=limit + 1)
    if not records and not after:
        raise NotFound("conversation", thread_id, hint=f"the log of bot {bot!r} holds no turn of it, or none any more")
    release = _answering(bot, services) if explain else None
    decided = await Labels(services.database).decided_of(
        bot, {record.text for record in records[:limit] if record.text}
    )
    turns = [await _explained(record, release, decided.get(record.text)) for record in records[:limit]]
    return ShownConversation(
        thread_id=thread_id,
        channel=records[0].channel if records else "",
        turns=tuple(turns),
        next=encode_cursor(turns[-1].turn) if len(records) > limit else None,
    )


def _place(bot: str, cursor: str) -> SearchPlace:
    """Read a cursor; one that was made up must not lead to another bot's turns."""
    before, began = map(str, decode_cursor(cursor, str, str))
    try:
        times = [time_of_key(key) for key in (before, began)]
    except ValueError:
        times = []
    lowest, highest = turn_time_range(bot)
    if not times or not all(lowest <= key < highest for key in (before, began)):
        raise UserInputError("cursor: not one of this list; take `next` of the page before, or leave it out")
    return SearchPlace(before, began)


def _answering(bot: str, services: Services) -> Release | None:
    try:
        return services.releases.current(bot)
    except (ModelNotLoaded, NotFound):
        return None


async def _explained(record: TurnRecord, release: Release | None, decided: LabelItem | None) -> ExplainedTurn:
    explanation = None
    if release is not None and record.nlu is not None and record.release == release.version:
        intents, zone = release.definition.intent_by_id(), release.definition.zone
        said_at = record.created_at.astimezone(zone).replace(tzinfo=None)
        form = record.intent_id if record.route == "form" else None
        explanation = await asyncio.to_thread(
            explain_text, release.model, record.text, intent_by_id=intents, now=said_at, form=form
        )
    answer, message = _read(TurnResponse, record.answer), _read(UserMessage, record.message)
    return ExplainedTurn(
        **record.model_dump(
            include={"turn", "message_id", "text", "release", "intent_id", "route", "confidence", "why", "timings_ms"}
        ),
        said_at=record.created_at,
        trace_id=record.trace_id,
        context=message.context if message is not None else {},
        nlu=record.nlu,
        llm=record.llm,
        form=answer.form if answer is not None else None,
        tool=LoggedCall.of(record.tool) if record.tool is not None else None,
        replies=answer.replies if answer is not None else tuple(BotMessage(text=text) for text in record.replies),
        is_handed_over=answer is not None and answer.is_handed_over,
        label=record.label,
        correction=Correction.model_validate(decided, from_attributes=True) if decided is not None else None,
        explanation=explanation,
    )


def _read(kind: type[Shape], written: str) -> Shape | None:
    """Read a part of a turn; None if another version of the program has written it."""
    try:
        return kind.model_validate_json(written)
    except ValidationError:
        return None
