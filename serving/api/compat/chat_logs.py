"""ai-chatbot-framework's chat logs: the default bot's conversations."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import AfterValidator, BaseModel, Field, JsonValue, ValidationError

from pipelines.errors import NotFound
from pipelines.schemas.keys import named_thread_keys
from pipelines.schemas.turns import TurnRecord
from serving.access.roles import Role
from serving.api.access import Reach, allow
from serving.api.admin.route import AdminRouter
from serving.api.errors import ErrorBody
from serving.api.webhooks import DefaultBot
from serving.dialogue.messages import UserMessage
from serving.dialogue.services import Services
from serving.dialogue.state import DialogueState
from serving.store.threads.chat_logs import MOST_LISTED, list_conversations

_ERRORS: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "There is no such conversation."}}
_MOST_TURNS = 1000
_READ = [allow(Role.LABELLER, on=Reach.DEFAULT_BOT)]

router = AdminRouter(prefix="/admin/chatlogs", tags=["compatible"], responses=_ERRORS)


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time of the years 1 to 9999 in UTC") from error


Moment = Annotated[datetime | None, AfterValidator(_in_utc), Query(description="UTC if it names no time zone.")]


class CompatThread(BaseModel):
    """A conversation in a list."""

    thread_id: str
    date: datetime = Field(description="Of its latest turn in the span of time.")


class CompatThreads(BaseModel):
    """A page of conversations, the latest first."""

    total: int = Field(description=f"All of them; at most {MOST_LISTED} are counted.")
    page: int
    limit: int
    conversations: tuple[CompatThread, ...]


class CompatSaid(BaseModel):
    """What the customer said."""

    text: str
    context: dict[str, JsonValue]


class CompatReply(BaseModel):
    """One message of the bot."""

    text: str


class CompatTurn(BaseModel):
    """A turn of a conversation."""

    user_message: CompatSaid
    bot_message: tuple[CompatReply, ...]
    date: datetime
    context: dict[str, JsonValue] = Field(description="What the conversation remembers after it.")


@router.get("", summary="List conversations (compatible)", dependencies=_READ)
async def list_compat_chat_logs(
    request: Request,
    bot: DefaultBot,
    page: Annotated[int, Query(ge=1, le=MOST_LISTED, description="Counts from 1.")] = 1,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 10,
    start_date: Moment = None,
    end_date: Moment = None,
) -> CompatThreads:
    """Return the default bot's conversations, by their latest turn; `/api/v1/bots/{bot}/conversations` searches."""
    services: Services = request.app.state.services
    found = await list_conversations(services.database, bot, page=page, limit=limit, since=start_date, until=end_date)
    shown = tuple(CompatThread(thread_id=turn.thread_id, date=turn.said_at) for turn in found.conversations)
    return CompatThreads(total=found.total, page=page, limit=limit, conversations=shown)


@router.get("/{thread_id:path}", summary="Show a conversation (compatible)", dependencies=_READ)
async def show_compat_chat_log(
    thread_id: Annotated[str, Path(min_length=1, max_length=210)], request: Request, bot: DefaultBot
) -> list[CompatTurn]:
    """Return the turns of a conversation, in order."""
    turns = request.app.state.services.ledger.turns
    records: list[TurnRecord] = []
    for key in named_thread_keys(bot, thread_id):
        records = records or await turns.some_of_thread(key, after=0, limit=_MOST_TURNS)
    if not records:
        raise NotFound("conversation", thread_id, hint="the log holds no turn of it, or none any more")
    return [_turn(record) for record in records]


def _turn(record: TurnRecord) -> CompatTurn:
    try:
        said = UserMessage.model_validate_json(record.message).context
    except ValidationError:  # another version of the program has written it
        said = {}
    try:
        remembered = DialogueState.model_validate_json(record.state).context
    except ValidationError:
        remembered = {}
    return CompatTurn(
        user_message=CompatSaid(text=record.text, context=said),
        bot_message=tuple(CompatReply(text=text) for text in record.replies),
        date=record.created_at,
        context=remembered,
    )
